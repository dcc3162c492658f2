"""The figures are drawn, without Matplotlib's global state."""

import sys

import pytest

from comparison_helpers import record
from embdistill.comparison import figures
from embdistill.comparison.statistics import summarise


def test_figures(finished_comparison):
    pytest.importorskip("matplotlib")
    folder, _ = finished_comparison
    for name in ("accuracy_bytes", "learning_curves"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        image = (folder / f"{name}.svg").read_text()
        assert "encode" in image and image.rstrip().endswith("</svg>")
    assert (folder / "report.html").read_text().count("<svg") == 2
    assert "matplotlib.pyplot" not in sys.modules


def test_many_methods_and_a_single_run():
    pytest.importorskip("matplotlib")
    runs = [record(f"method{i}", 0, 50.0 + i) | {"history": [{"number": 1, "dev_accuracy": 50.0}]} for i in range(12)]
    for some in (runs, runs[:1]):
        assert len(figures.draw(summarise(some), some)) == 4


def test_a_dim_stands_at_the_size_of_a_table_without_codes():
    pytest.importorskip("matplotlib")
    runs = [record("encode", 0, 50.0), record("encode+pq", 0, 50.0) | {"bytes": {"table": 2, "total": 12}}]
    top = figures.accuracy_bytes(summarise(runs)).axes[0].child_axes[0]
    assert [(tick, label.get_text()) for tick, label in zip(top.get_xticks(), top.get_xticklabels(), strict=True)] == [
        (20, "d = 4")
    ]
