"""The verbs info and verify."""

import json
from dataclasses import replace

import numpy as np

from cli_helpers import command
from embdistill import load
from embdistill.cli import main
from embdistill.demo import VECTORS as DEMO_VECTORS
from embdistill.export.edm import edm_bytes
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from open_words_helpers import open_model


def test_info_and_verify(trained, tmp_path):
    stdout, _ = command("info", trained[0], "--json", cwd=tmp_path)
    facts = json.loads(stdout)
    assert facts["labels"] == ["light", "music"] and facts["config"]["filters"] == 5
    assert facts["weights"]["table"] == [trained[1]["vocabulary"], 4]
    assert facts["weights_sha256"] == load(trained[0]).digest()
    assert {len(file["sha256"]) for file in facts["inputs"]} == {64}
    assert len(facts["history"]) == 2
    stdout, _ = command("info", trained[0], cwd=tmp_path)
    assert "config:" in stdout and "vocabulary:" in stdout
    assert command("verify", trained[0], cwd=tmp_path)[0] == f"{trained[0]}: sound run file\n"


def _told(path, word, folder):
    return json.loads(command("info", path, "--word", word, "--json", cwd=folder)[0])["words"]


def test_info_of_words(tmp_path):
    model = open_model(Mean(7, 3, 9))
    model.correction = replace(model.correction, spellings=["lampe", *(f"kitch{i}x" for i in "abcdefghij")])
    save_run(tmp_path / "run.h5", model)
    known, corrected, other, spelt = _told("run.h5", "Lamp kitchne zzz lampe", tmp_path)
    assert (spelt["read"], spelt["spelling"]) == ("subwords", True) and "spelling" not in other
    assert (known["word"], known["read"]) == ("lamp", "known") and len(known["nearest"]) == 10
    assert (corrected["read"], corrected["as"]) == ("corrected", "kitchen")
    assert other["read"] == "subwords" and list(other["ngrams"]) == "<zz <zzz zzz zzz> zz> <zzz>".split()
    nearest = max(other["nearest"], key=other["nearest"].get)
    cosines = model.table[1:] @ model.subwords.vectors(["zzz"])[0] / np.linalg.norm(model.table[1:], axis=1)
    assert nearest == model.vocabulary.words[1 + cosines.argmax()]
    stdout, _ = command("info", "run.h5", "--word", "kitchne", cwd=tmp_path)
    assert stdout.startswith("kitchne: corrected to kitchen\n")


def test_info_says_why_a_word_is_not_corrected(tmp_path):
    """As one of the spellings, or taken for one by their filter, as kitcheo is here."""
    model = open_model(Mean(7, 3, 9))
    near = [f"kitche{letter}" for letter in "abcdefghijklmopqrstuvwxyz"] + [
        f"kitch{a}{b}" for a in "oiua" for b in "nrs"
    ]
    spellings = ["lampe", *(f"right{letter}" for letter in "abcdefghij")]
    model.correction = replace(model.correction, spellings=spellings)
    mistaken = next(word for word in near if model.words.is_spelling(word))
    save_run(tmp_path / "run.h5", model)
    (tmp_path / "model.edm").write_bytes(edm_bytes(model))
    asked = f"lampe {mistaken} zzzz lam"
    facts, of_image = (_told(name, asked, tmp_path) for name in ("run.h5", "model.edm"))
    assert [fact.get("spelling") for fact in facts] == [True, "mistaken", None, None]
    assert [fact.get("spelling") for fact in of_image] == ["held", "held", None, None]
    stdout, _ = command("info", "run.h5", "--word", mistaken, cwd=tmp_path)
    assert (
        f"{mistaken}: subwords, not corrected, as the filter of the spellings takes it for one by mistake\n" in stdout
    )
    stdout, _ = command("info", "model.edm", "--word", "lampe", cwd=tmp_path)
    assert stdout == "lampe: subwords, not corrected, as the filter of the spellings holds it\n"


def test_info_tells_the_words_that_training_had_without_a_vector(tmp_path):
    model = open_model(Mean(7, 3, 9))
    model.correction = replace(model.correction, spellings=["lampe", "songe", *(f"right{i}" for i in "abcdefghij")])
    model.unknown_words = ["songe", "atm"]
    save_run(tmp_path / "run.h5", model)
    facts = _told("run.h5", "lampe songe atm zzz", tmp_path)
    assert [fact.get("unknown_in_training") for fact in facts] == [None, True, True, None]
    assert [fact.get("spelling") for fact in facts] == [True, True, None, None]
    stdout, _ = command("info", "run.h5", "--word", "lampe songe atm", cwd=tmp_path)
    lines = [line for line in stdout.splitlines() if line[0] != " "]
    assert lines == [
        "lampe: subwords, not corrected, as one of the spellings",
        "songe: subwords, a word of the training texts that had no vector",
        "atm: subwords, a word of the training texts that had no vector",
    ]
    model.about["record"] = {"search": {}}  # then it may have had no room
    save_run(tmp_path / "searched.h5", model)
    assert not any("unknown_in_training" in fact for fact in _told("searched.h5", "songe atm", tmp_path))


def test_info_of_words_of_an_image(tmp_path):
    (tmp_path / "model.edm").write_bytes(edm_bytes(open_model(Mean(7, 3, 9))))
    known, corrected, other = _told("model.edm", "kitchen kitchne zzz", tmp_path)
    assert (known["read"], corrected["read"], other["read"]) == ("known", "corrected", "subwords")
    assert known["row"] == corrected["row"] > 0 and corrected["as"] == "kitchen"
    facts = json.loads(command("info", "model.edm", "--json", cwd=tmp_path)[0])
    assert facts["bytes"]["subwords"] == facts["sections"]["SUBW"] > 0 < facts["bytes"]["correction"]
    (tmp_path / "closed.edm").write_bytes(edm_bytes(open_model(Mean(7, 3, 9), correct=False, subwords=False)))
    assert [fact["read"] for fact in _told("closed.edm", "kitchne zzz", tmp_path)] == ["unknown", "unknown"]


def test_info_says_what_reads_other_words(tmp_path):
    save_run(tmp_path / "run.h5", open_model(Mean(7, 3, 9)))
    facts = json.loads(command("info", "run.h5", "--json", cwd=tmp_path)[0])
    assert facts["bytes"]["subwords"] == 50 * 7 * 4
    assert set(facts["microseconds of an unknown word"]) == {"correction", "subwords"}


def test_words_that_info_cannot_tell(trained, capsys):
    assert main(["info", str(trained[0]), "--word", " "]) == 2
    assert "has no word in it" in capsys.readouterr().err
    assert main(["info", str(DEMO_VECTORS), "--word", "lamp"]) == 2
    assert "a vector file reads no words" in capsys.readouterr().err
