"""The verbs vectors import, info and neighbors."""

import json

import numpy as np

import embdistill
from cli_helpers import SMALL
from embdistill.cli import main
from embdistill.data.vectors import load_vectors, open_vectors
from static_helpers import saved


def test_vectors(few_vectors, tmp_path, capsys):
    out = str(tmp_path / "few.h5")
    assert main(["vectors", "import", str(few_vectors), "--out", out, "--licence", "CC0", "--note", "made up"]) == 0
    assert "60 words x 8, float32" in capsys.readouterr().out
    assert main(["vectors", "info", out, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["words"], facts["dim"], facts["about"]["licence"], facts["about"]["note"]) == (
        60,
        8,
        "CC0",
        "made up",
    )
    assert main(["vectors", "neighbors", out, "lamp", "--count", "3"]) == 0
    from_hdf5 = capsys.readouterr().out
    assert main(["vectors", "neighbors", str(few_vectors), "lamp", "--count", "3"]) == 0
    assert capsys.readouterr().out == from_hdf5 and from_hdf5.count("\n") == 3
    assert main(["info", out]) == 0 and "made up" in capsys.readouterr().out
    assert main(["verify", out]) == 0 and "sound vectors file" in capsys.readouterr().out


def test_static_models_are_imported_and_trained_on(works, here, capsys):
    model, folder = saved(here / "model")
    (here / "words.txt").write_text("Lamp lampshades\n🦄 zero\n")
    words = ["vectors", "import", "--from", "model2vec", "model", "--vocab", "words.txt", "--out", "made.h5"]
    capsys.readouterr()
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.out.startswith("made.h5: 2 words x 6, float32") and said.err.splitlines()[:6] == [
        "model: words of one piece: 1",
        "model: words whose vector is zero, left out: 1",
        "model: words of several pieces: 1",
        "model: words of unknown pieces alone, which have no vector: 1",
        "model: without a vector: 🦄",
        "2 of the 4 words asked for have no vector",
    ]
    made, values = load_vectors(open_vectors("made.h5"))
    np.testing.assert_allclose(values, model.encode(made), rtol=1e-6)
    facts = json.loads(works("vectors", "info", "made.h5", "--json"))["about"]
    assert facts["format"] == "model2vec" and facts["sha256"] == open_vectors(folder).sha256()
    assert "lamp" in works("vectors", "neighbors", "model/model.safetensors", "music")
    # Trained on directly, and on what was imported for the same texts.
    (here / "own.csv").write_text("text,label\n" + "the lamp,a\nthe lamps,a\nmusic,b\nparis music,b\n" * 5)
    train = ["train", "--data", "own.csv", *SMALL, "--threads", "1", "--subwords", "0", "--out"]
    works("vectors", "import", "model/", "--data", "own.csv", "--out", "own.h5")
    tables = []
    for vectors, out in [("model/", "direct.h5"), ("own.h5", "imported.h5")]:
        works(*train, out, "--vectors", vectors)
        tables.append(embdistill.load(out).predict_proba(["lamps and music", "paris"]))
    np.testing.assert_array_equal(*tables)


def test_mistakes_with_static_models(fails, here):
    saved(here / "model")
    words = ["vectors", "import", "model", "--out", "new.h5"]
    assert fails(*words) == "model: makes a vector for any word; say for which, with --data, --vocab or --words"
    problem = "model: its format is model2vec, not wordllama; omit --from, or name another file"
    assert fails(*words, "--words", "5", "--from", "wordllama") == problem
    assert fails(*words, "--words", "5", "--tensor", "none").startswith("model/model.safetensors: no tensor 'none', ")
    problem = "vectors.txt: a safetensors file without a tokenizer.json beside it"
    assert fails("vectors", "import", "vectors.txt", "--tensor", "x", "--out", "new.h5").startswith(problem)
    assert fails("vectors", "import", "model", "--words", "5", "--out", "model/new.h5").startswith(
        "model/new.h5: is inside"
    )
    assert fails("vectors", "neighbors", "model", "quartz").startswith("model: no vector for 'quartz'")
