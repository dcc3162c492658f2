"""What is said of the files that were read: rows of the table of cases, and more of the same kinds."""

import json
import shutil

import pytest

from cli_helpers import SMALL, command, process
from embdistill.data.prepare import prepare
from embdistill.errors import UserError
from embdistill.model.config import Config
from glove_helpers import FILES, WORDS, texts

GLOVE = FILES / "d00_glove.txt"


def dataset(data, test=None, vectors=GLOVE, dev=None, **settings):
    return prepare(data, dev, test, vectors, Config(**settings))


def warnings(found):
    return [note.removeprefix("warning: ").split(": ", 1)[1] for note in found.notes if note.startswith("warning: ")]


@pytest.fixture
def table(tmp_path):
    """Writes (text, label) rows to a CSV file."""

    def write(rows, name="table.csv"):
        path = tmp_path / name
        path.write_text("text,label\n" + "".join(f'"{text}","{label}"\n' for text, label in rows))
        return path

    return write


# ---- the files of the table ----


def test_a_sound_file_has_a_line_and_no_warning():
    found = dataset(FILES / "base.csv")
    line = f"{FILES / 'base.csv'}: 18 texts, 3 classes (lights 6, music 6, weather 6), 4.8 tokens a text"
    assert found.notes[0] == line and warnings(found) == []
    assert found.read == {
        "data": {
            "texts": 18,
            "classes": {"lights": 6, "music": 6, "weather": 6},
            "tokens": 86,
            "empty": 0,
            "without_known_word": 0,
            "unknown_tokens": 0.0,
            "unknown_words": {},
            "without_vector": None,
            "duplicates": 0,
            "in_training": None,
        }
    }


def test_b01_labels_glued_to_the_text():
    assert warnings(dataset(FILES / "b01_glued.txt")) == [
        "17 classes for 18 texts: labels are glued to their texts, as in 'weather,is'; put a space behind each label"
    ]


def test_b01_is_said_before_the_error_that_follows_from_it(tmp_path):
    words = ["train", "--data", FILES / "b01_glued.txt", "--test", FILES / "base.csv", "--vectors", GLOVE]
    ended = process(tmp_path, *words)
    *_, warning, error = ended.stderr.decode().splitlines()
    assert ended.returncode == 2 and "class 'lights' is not in" in error
    assert "17 classes for 18 texts: labels are glued" in warning


def test_b10_classes_that_differ_in_case():
    (warning,) = warnings(dataset(FILES / "b10_case.csv"))
    assert warning == (
        "classes that differ in case or spaces only ('lights' 3 and 'Lights' 3; 'music' 3 and 'Music' 3; 'weather' 3 "
        "and 'Weather' 3): if they are one, write them alike"
    )


def test_b11_empty_texts():
    found = dataset(FILES / "b11_empty.csv")
    assert found.read["data"]["empty"] == 4 and found.read["data"]["without_known_word"] == 2
    assert warnings(found) == ["4 texts without a word: fill them in or remove them"]


def test_the_test_part_is_among_the_training_texts(tmp_path):
    shutil.copy(FILES / "base.csv", tmp_path / "test.csv")
    found = dataset(FILES / "base.csv", tmp_path / "test.csv")
    assert found.read["test"]["in_training"] == 18 and found.read["data"]["in_training"] is None
    assert warnings(found) == [
        "18 of 18 texts are among the training texts, so its scores will be too high; remove them from one of the files"
    ]


# ---- more of the same kinds ----


def test_a_few_shared_and_repeated_texts_are_facts_and_no_warnings(table):
    train = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(40))])
    test = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(60)[38:])] + [(texts(60)[59], "a")], "test.csv")
    found = dataset(train, test)
    assert found.read["test"]["in_training"] == 2 and found.read["test"]["duplicates"] == 1
    assert warnings(found) == []
    assert found.notes[1].endswith("3.0 tokens a text; 1 text of them repeated; 2 are among the training texts")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (
            lambda i: f"{i * 1.37:.2f}",
            "40 classes for 40 texts, all of them numbers: a classifier takes them for names",
        ),
        (lambda i: f"the number {i} of all", "40 classes for 40 texts: the labels look like texts"),
        (lambda i: f"id{i}", "40 classes for 40 texts (such as id0, id1, id2, ...): is it the wrong column"),
        (lambda i: str(i % 25), "25 classes for 40 texts, all of them numbers"),
    ],
)
def test_as_many_classes_as_texts(table, label, said):
    # A class a text leaves nothing to hold out, so dev is the same file.
    path = table([(text, label(i)) for i, text in enumerate(texts(40))])
    warning = next(warning for warning in warnings(dataset(path, dev=path)) if "training texts" not in warning)
    assert warning.startswith(said)


def test_long_classes_are_shortened(table):
    path = table([(text, f"{'long ' * 50}{i % 30}") for i, text in enumerate(texts(40))])
    found = dataset(path)
    assert max(map(len, found.notes)) < len(str(path)) + 250 and max(map(len, found.read["data"]["classes"])) > 250


def test_texts_are_the_same_if_their_tokens_are(table):
    train = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(40))])
    test = table([(f" {text.upper()} ".replace(" ", "  "), "ab"[i % 2]) for i, text in enumerate(texts(40))], "t.csv")
    assert dataset(train, test).read["test"]["in_training"] == 40
    assert dataset(train, test, lowercase=False).read["test"]["in_training"] == 0


def test_relations_are_the_same_only_with_the_same_entities(table):
    rows = [(f"<e1>turn</e1> the <e2>lamp</e2> on {word}", "A(e1,e2)") for word in WORDS[:20]]
    rows += [(f"<e2>turn</e2> the <e1>lamp</e1> on {word}", "A(e2,e1)") for word in WORDS[:20]]
    assert dataset(table(rows)).read["data"]["duplicates"] == 0


def test_repeated_texts_of_training(table, write):
    path = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(20))] * 2)
    (warning,) = warnings(dataset(path))
    assert warning.startswith("20 of 40 texts are repeated, so those held out for dev are among the others")
    dev = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(60)[50:])], "dev.csv")
    assert warnings(prepare(path, dev, None, GLOVE, Config())) == []


def test_the_likely_cause_is_said_where_nothing_can_be_held_out(table, capsys):
    path = table([(text, f"id{i}") for i, text in enumerate(texts(40))])
    with pytest.raises(UserError, match="too few training examples to hold out a dev part"):
        dataset(path)
    assert "40 classes for 40 texts (such as id0, id1, id2, ...): is it the wrong column" in capsys.readouterr().err


def test_numbers_as_classes_are_sound_where_they_are_few(table):
    assert warnings(dataset(table([(text, i % 5 + 1) for i, text in enumerate(texts(40))]))) == []


def test_classes_with_one_text_and_one_class_for_nearly_all(table):
    rows = [(text, "usual") for text in texts(50)]
    rows[7], rows[9] = (rows[7][0], "rare"), (rows[9][0], "odd one")
    single, uneven = warnings(dataset(table(rows)))
    assert single.startswith("2 classes with one text (rare, odd one): too few to learn from")
    assert uneven.startswith("96 % of the texts are of class usual") and "--class-weights balanced" in uneven


@pytest.mark.parametrize("other", ["turn  on", "turn on ", "Turn On", "turnon", "ｔurn on"])
def test_classes_that_differ_in_spaces_or_width(tmp_path, other):
    rows = [{"text": text, "label": ["turn on", other, "off"][i % 3]} for i, text in enumerate(texts(30))]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = dataset(path)
    if other == "turn on ":  # read as the same class
        assert found.read["data"]["classes"] == {"turn on": 20, "off": 10} and warnings(found) == []
    else:
        assert warnings(found)[0].startswith(
            f"classes that differ in case or spaces only ('turn on' 10 and {other!r} 10)"
        )


def cased(vectors, known):
    """The lines of a vector file, all but the first words of it with a capital."""
    lines = vectors.read_text().splitlines(keepends=True)
    return "".join(line if i < known else line.capitalize() for i, line in enumerate(lines))


def test_many_unknown_words_and_their_cause(table, write):
    data = table([(text, "ab"[i % 2]) for i, text in enumerate(texts(40))])
    vectors = write(cased(GLOVE, known=1), "cased.txt")
    found = dataset(data, vectors=vectors)
    (warning,) = warnings(found)
    assert 33 < found.read["data"]["unknown_tokens"] < 100 and len(found.read["data"]["unknown_words"]) == 10
    assert "% of the tokens are unknown words; it has " in warning and "--lowercase false" in warning
    assert not any("no vector for" in note for note in found.notes)  # the cause is known
    prefixed = "".join("/c/en/" * (i > 0) + line for i, line in enumerate(GLOVE.open()))
    (warning,) = warnings(dataset(data, vectors=write(prefixed, "prefixed.txt")))
    assert "take '/c/en/' off its words" in warning


def test_words_without_a_vector_and_what_to_do(table):
    data = table([(f"{text} atm", "ab"[i % 2]) for i, text in enumerate(texts(40))])
    test = table([(f"{WORDS[1]} atm atm", "a"), (f"{WORDS[0]} dont", "b")], "test.csv")
    found = dataset(data, test)
    advice = f"{GLOVE}: no vector for 1 of the words of {data}, all trained as one unknown word; add one for each"
    assert any(note.startswith(advice) for note in found.notes)
    assert found.read["test"]["unknown_words"] == {"atm": 2, "dont": 1}
    assert found.read["test"]["without_vector"] == 2 and found.read["data"]["without_vector"] is None
    assert any(note.endswith("; 2 of these tokens are words of training that have no vector") for note in found.notes)


def test_another_script(table):
    path = table([(f"{text} включи свет на кухне {i}", "ab"[i % 2]) for i, text in enumerate(texts(40))])
    (warning,) = warnings(dataset(path))
    assert "its words are in Latin letters, and those of the texts in Cyrillic" in warning


def test_words_that_no_space_sets_apart_split_at_spaces(table, write):
    path = table([("打开厨房的灯 请播放一首歌 了", "ab"[i % 2]) for i in range(40)])
    vectors = write("".join(f"{word} {i} 1 2 3 4 5\n" for i, word in enumerate("打开 厨房 的 灯 播放 歌 了".split())))
    assert "omit --split whitespace" in warnings(dataset(path, vectors=vectors, split="whitespace"))[-1]
    assert not any("unknown" in line for line in warnings(dataset(path, vectors=vectors)))


# ---- the verbs ----


def test_train_json_and_the_run_file_have_the_account(tmp_path):
    words = ["--data", FILES / "base.csv", "--test", FILES / "base.csv", "--vectors", GLOVE, *SMALL]
    stdout, stderr = command("train", *words, "--out", "run.h5", "--json", cwd=tmp_path)
    read = json.loads(stdout.splitlines()[-1])["read"]
    assert read.keys() == {"data", "test"} and read["test"]["in_training"] == 18
    assert "18 texts, 3 classes" in stderr
    stdout, _ = command("info", "run.h5", "--json", cwd=tmp_path)
    about = json.loads(stdout)
    assert about["record"]["read"] == read
    assert any(note.startswith("warning: ") for note in about["notes"])


@pytest.mark.parametrize("kind", ["h5", "edm"])
def test_evaluate_has_the_account(tmp_path, kind):
    command("train", "--data", FILES / "base.csv", "--vectors", GLOVE, *SMALL, "--out", "run.h5", cwd=tmp_path)
    if kind == "edm":
        command("export", "run.h5", "--to", "edm", "--out", "run.edm", cwd=tmp_path)
    stdout, stderr = command("evaluate", f"run.{kind}", "--data", FILES / "b11_empty.csv", "--json", cwd=tmp_path)
    read = json.loads(stdout)["read"]["data"]
    assert (read["texts"], read["empty"], read["without_known_word"]) == (18, 4, 2)
    assert "4 texts without a word" in stderr
    (tmp_path / "other.csv").write_text("text,label\nxyzzy plugh,lights\nплюх,music\n")
    ended = process(tmp_path, "evaluate", f"run.{kind}", "--data", "other.csv")
    assert ended.returncode == 2
    assert ended.stderr.decode().splitlines()[-1] == (
        "embdistill: other.csv: the model knows no word of it; give texts of its language"
    )


def test_evaluate_says_that_the_model_was_trained_on_the_file(tmp_path):
    command("train", "--data", FILES / "base.csv", "--vectors", GLOVE, *SMALL, "--out", "run.h5", cwd=tmp_path)
    shutil.copy(FILES / "base.csv", tmp_path / "copy.csv")
    _, stderr = command("evaluate", "run.h5", "--data", "copy.csv", cwd=tmp_path)
    assert "warning: copy.csv: the model was trained on it; its scores say nothing of other texts" in stderr


def test_vectors_import_has_the_account(tmp_path):
    data = FILES / "b11_empty.csv"
    words = ["vectors", "import", GLOVE, "--data", data, "--out", "v.h5", "--json"]
    stdout, stderr = command(*words, cwd=tmp_path)
    assert json.loads(stdout)["read"][str(data)]["empty"] == 4
    assert f"{data}: 18 texts, 3 classes" in stderr and "4 texts without a word" in stderr


def test_compare_has_the_account(tmp_path):
    words = ["--data", FILES / "base.csv", "--test", FILES / "base.csv", "--vectors", GLOVE, *SMALL[2:]]
    command("compare", *words, "--methods", "direct", "--dims", "4", "--seeds", "1", "--out", "c", cwd=tmp_path)
    (record,) = json.loads((tmp_path / "c" / "results.json").read_text())
    assert record["read"]["test"]["in_training"] == 18
