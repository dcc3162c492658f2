"""How words become arguments and options: text stays text, mistakes are named in one line, help names everything."""

import re
from dataclasses import fields

import pytest

from cli_helpers import SMALL, TRAIN, command
from embdistill.cli import main
from embdistill.cli.arguments import call, names_of, short_forms
from embdistill.cli.train import train
from embdistill.model.config import Config, option


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "unknown command trian; did you mean train?"),
        (["Predict", "run.h5"], "unknown command Predict; did you mean predict?"),
        (["frobnicate"], "unknown command frobnicate"),
        (["vectors", "improt", "vectors.txt"], "unknown command vectors improt; did you mean import?"),
        ([*TRAIN, "--method", "encod"], "--method encod: 'encod' is none of large, large-frozen, direct, pca"),
        ([*TRAIN, "--method", "encod"], "; did you mean encode?"),
        ([*TRAIN, "--network", "cn"], "--network cn: must be one of mean, cnn, lstm; did you mean cnn?"),
        ([*TRAIN, "--network", "transformer"], "--network transformer: must be one of mean, cnn, lstm"),
        (
            [*TRAIN, "--split", "englisch"],
            "--split englisch: must be one of english, whitespace; did you mean english?",
        ),
        ([*TRAIN, "--epoch", "3"], "unknown option --epoch of train; did you mean --epochs?"),
        ([*TRAIN, "--vektors=x"], "unknown option --vektors of train; did you mean --vectors?"),
        ([*TRAIN, "--frobnicate", "3"], "unknown option --frobnicate of train; see train --help"),
        (["predict", "run.h5", "--inptu", "x"], "unknown option --inptu of predict; did you mean --input?"),
        (["evaluate", "run.h5", "--dim", "3"], "unknown option --dim of evaluate; see evaluate --help"),
        (["vectors", "import", "vectors.txt", "--dtpe", "x"], "unknown option --dtpe of vectors import; did you mean"),
        ([*TRAIN, "--format", "fastext"], "unknown format 'fastext'"),
        (["vectors", "import", "vectors.txt", "--out", "new.h5", "--dtype", "int9"], "--dtype int9: must be one of"),
        (["vectors", "neighbors", "vectors.txt", "the", "--count", "0"], "--count 0: must be"),
        (["vectors", "neighbors", "vectors.txt", "the", "--count", "²"], "--count ²: must be"),
        ([*TRAIN, "--threads", "0"], "--threads 0: must be"),
        ([*TRAIN, "--threads", "two"], "--threads two: must be"),
        ([*TRAIN, "--threads", "²"], "--threads ²: must be"),
    ],
)
def test_an_unknown_word_is_named_and_the_nearest_known_one(fails, words, said):
    assert said in fails(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "--seed", "1", "--seed", "2"], "--seed is given twice; give it once"),
        ([*TRAIN, "--text-column=a", "--text_column", "b"], "--text-column is given twice; give it once"),
        (["info", "run.h5", "--json", "--json=false"], "--json is given twice; give it once"),
        (["predict", "run.h5", "--input", "a", "--input", "b"], "--input is given twice; give it once"),
        (["vectors", "import", "vectors.txt", "-o", "a", "--out", "b"], "--out is given twice; give it once"),
    ],
)
def test_an_option_that_is_given_twice_is_named(fails, words, said):
    assert fails(*words) == said


@pytest.mark.parametrize("words", [["--frobnicate"], ["-x"], ["vectors", "--frobnicate"], ["--dim", "4"]])
def test_an_option_without_a_command_ends_in_one_line(fails, words):
    fails(*words)


@pytest.mark.parametrize("name", ["dim", "epochs", "patience", "batch", "filters", "hidden"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "many", "3.5", "nan", "1e3", "", " ", "4 5", "true", "None", "[4]", "0x4"]
)
def test_a_count_that_is_no_whole_number_from_one_on_is_named(fails, name, value):
    assert fails(*TRAIN, f"--{name}={value}").startswith(f"--{name}")


@pytest.mark.parametrize("name", ["dim", "epochs"])
def test_a_negative_count_is_named(fails, name):
    assert fails(*TRAIN, f"--{name}", "-1").startswith(f"--{name}")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", ["-1", "x", "0.5", str(2**63)]),
        ("rate", ["0", "-1", "nan", "inf", "fast", "true"]),
        ("dropout", ["1", "-0.1", "nan", "half"]),
        ("widths", ["0", "3,0", "3,-1", "3,x", "3,,4", "3.5", ""]),
        ("lowercase", ["maybe", "2", ""]),
    ],
)
def test_a_setting_out_of_range_is_named(fails, name, values):
    for value in values:
        assert fails(*TRAIN, f"--{name}={value}").startswith(f"--{name}")


@pytest.mark.parametrize(
    "words",
    [
        [*TRAIN, "--out"],
        [*TRAIN, "--dim"],
        [*TRAIN, "--dim", "--epochs", "2"],
        ["train", "--data", "--vectors", "vectors.txt"],
        ["predict", "run.h5", "--input"],
        ["evaluate", "run.h5", "--data"],
        ["vectors", "import", "vectors.txt", "--out"],
    ],
    ids=" ".join,
)
def test_an_option_without_value_is_named(fails, words):
    assert fails(*words).endswith(" needs a value")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "extra.txt"], "train: unexpected argument 'extra.txt'; it takes options only"),
        (["train", "texts.txt"], "train: unexpected argument 'texts.txt'"),
        (["predict", "run.h5", "texts.txt"], "predict: unexpected argument 'texts.txt'; it takes MODEL"),
        (["info", "run.h5", "run.h5"], "info: unexpected argument 'run.h5'"),
        (["vectors", "info", "vectors.txt", "the"], "vectors info: unexpected argument 'the'"),
        (["predict"], "predict needs MODEL"),
        (["evaluate"], "evaluate needs MODEL"),
        (["evaluate", "--data", "texts.txt"], "evaluate needs MODEL"),
        (["evaluate", "run.h5"], "--data is missing"),
        (["info"], "info needs FILE"),
        (["verify"], "verify needs FILE"),
        (["train", "--data", "texts.txt"], "--vectors is missing"),
        (["train", "--vectors", "vectors.txt"], "--vectors needs --data"),
        (["train", "--dev", "texts.txt"], "--dev needs --data"),
        (["train", "--resume"], "--resume needs --data"),
        (["vectors", "import"], "vectors import needs SRC"),
        (["vectors", "import", "vectors.txt"], "--out is missing"),
        (["vectors", "info"], "vectors info needs FILE"),
        (["vectors", "neighbors", "vectors.txt"], "vectors neighbors needs FILE WORD"),
    ],
)
def test_too_many_and_too_few_arguments_are_named(fails, words, said):
    assert fails(*words).startswith(said)


@pytest.mark.parametrize("switch", ["json", "resume"])
def test_a_switch_is_not_on_by_whatever_value(works, fails, here, switch):
    output = works(*TRAIN, *SMALL, f"--{switch}=false", "--out", "new.h5")
    assert output.endswith("saved: new.h5\n")
    assert fails(*TRAIN, *SMALL, f"--{switch}=perhaps").startswith(f"--{switch}")


def test_an_argument_may_be_given_by_its_name(works, here):
    assert works("verify", "--file", "run.h5") == works("verify", "run.h5")


def test_file_names_that_look_like_python_values(few_texts, few_vectors, tmp_path):
    (tmp_path / "2020").write_bytes(few_texts.read_bytes())
    (tmp_path / "None").write_bytes(few_vectors.read_bytes())
    words = ["--data", "2020", "--vectors", "None", "--out", "1e5", *SMALL]
    command("train", *words, cwd=tmp_path)
    assert command("verify", "1e5", cwd=tmp_path)[0] == "1e5: sound run file\n"


@pytest.mark.parametrize(("verb", "replaced"), [("train", ()), ("compare", ("method", "dim", "seed"))])
@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_every_option_and_setting_with_its_default(capsys, verb, replaced, word):
    assert main([verb, "--data", "none.txt", word]) == 0
    output, page = capsys.readouterr()
    assert output == ""
    for setting in fields(Config):
        entry = f"{option(setting.name)}={setting.name.upper()}\n        Default: {setting.default!r}\n"
        entry += f"        {setting.metadata['help']}.\n"
        assert (entry in page) == (setting.name not in replaced)
    for name in ("data", "vectors", "config", "out", "json", *(f"{name}s" for name in replaced)):
        assert f"--{name}={name.upper()}\n" in page


def test_help_tells_the_letters_that_work(capsys):
    main(["train", "--help"])
    page = capsys.readouterr().err
    letters = dict(re.findall(r"^    -(\w), --([a-z-]+)=", page, re.M))
    letters = {letter: name.replace("-", "_") for letter, name in letters.items()}
    assert letters == short_forms(*names_of(train)) and letters["o"] == "out" and letters["n"] == "network"
    assert "h" not in letters


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["vectors"], ["vectors", "--help"]])
def test_without_a_verb_the_verbs_are_listed(capsys, words):
    assert main(words) == 0
    page = "".join(capsys.readouterr())
    for verb in ["import", "neighbors"] if "vectors" in words else ["train", "predict", "vectors"]:
        assert f"\n     {verb}\n" in page


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["--json", "2020"], {"file": "2020", "json": True}),  # a switch does not swallow what follows
        (["true", "-j"], {"file": "true", "json": True}),
        (["None", "--json=false"], {"file": "None", "json": False}),
        (["--input", "-", "x"], {"file": "x", "input": "-"}),
        (["x", "-i", "1e5"], {"file": "x", "input": "1e5"}),
        (["x", "--input="], {"file": "x", "input": ""}),
        (["x", "--input=--json=a"], {"file": "x", "input": "--json=a"}),
        (["--input", "x", "--file=y"], {"file": "y", "input": "x"}),
        (["x", "-l", "3"], {"file": "x", "limit": 3}),
        (["x", "--sizes", "3, 4"], {"file": "x", "sizes": (3, 4)}),
        (["x", "--words", "a,b,"], {"file": "x", "words": ("a", "b")}),
        (["x", "--position-dim", "-1"], {"file": "x", "position_dim": "-1"}),
        (["x", "--position_dim=[1]"], {"file": "x", "position_dim": "[1]"}),
        (["x", "-n", "mean"], {"file": "x", "network": "mean"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_text_stays_text_unless_the_option_says_otherwise(words, given):
    def verb(
        file,
        *,
        input: str | None = None,
        limit: int | None = None,
        sizes: tuple[int, ...] = (),
        words: tuple[str, ...] = (),
        json: bool = False,
        **options,
    ):
        received.update(file=file, input=input, limit=limit, sizes=sizes, words=words, json=json, **options)

    received = {}
    call(verb, "verb", words)
    assert received == {"input": None, "limit": None, "sizes": (), "words": (), "json": False} | given
