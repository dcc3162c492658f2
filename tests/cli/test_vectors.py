"""The verbs vectors import, info and neighbors."""

import json

from embdistill.cli import main


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
