"""The files of a finished comparison, besides report and figures."""

import csv
import json
import statistics
import sys

import pytest

from comparison_helpers import quick
from embdistill.comparison.results import make_folder
from embdistill.comparison.summary_table import markdown
from embdistill.errors import UserError


def test_tables(finished_comparison):
    folder, records = finished_comparison
    with open(folder / "results.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["test.accuracy"]) for row in rows] == [record["test"]["accuracy"] for record in records]
    assert rows[0]["config.network"] == "mean" and rows[0]["fold"] == ""
    summaries = json.loads((folder / "summary.json").read_text())
    with open(folder / "summary.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert "difference" not in rows[0] and rows[0]["difference.mean"] == ""
    assert [float(row["test.mean"]) for row in rows] == [row["test"]["mean"] for row in summaries]
    first = summaries[1]
    own = [r["test"]["accuracy"] for r in records if (r["method"], r["dim"]) == (first["method"], first["dim"])]
    assert first["test"]["mean"] == statistics.fmean(own)
    assert (folder / "summary.md").read_text().startswith(markdown(summaries))


def test_without_matplotlib_figures_are_omitted(few_dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    quick(few_dataset, tmp_path, seeds=(0,))
    assert "pip install matplotlib" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.png"))
    assert "<svg" not in (tmp_path / "report.html").read_text()


def test_make_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="is a file"):
            make_folder(folder)
    assert make_folder(tmp_path / "new" / "folders").is_dir()
