"""The figures of a comparison. Matplotlib (extra `plot`) is imported when something is drawn."""

import io
import math
import statistics
from collections import Counter
from collections.abc import Sequence

from embdistill.drawing.style import COLOURS, INK, MARKERS, STYLE

LINES = ("-", "--", ":")


def draw(rows: Sequence[dict], runs: Sequence[dict]) -> dict[str, bytes]:
    """PNG and SVG files by name. rows: of statistics.summarise(); runs: entries of runs.jsonl, for their histories.

    Raises ImportError without Matplotlib.
    """
    import matplotlib

    images = {}
    with matplotlib.rc_context(STYLE):
        for name, figure in (("accuracy_bytes", accuracy_bytes(rows)), ("learning_curves", learning_curves(runs))):
            for form in ("png", "svg"):
                stream = io.BytesIO()
                no_date = {"Date": None} if form == "svg" else {}
                figure.savefig(stream, format=form, dpi=200, facecolor="white", metadata=no_date)
                images[f"{name}.{form}"] = stream.getvalue()
    return images


def accuracy_bytes(rows):
    """Test score against total bytes: a marker per row, a line per method, bars for the 95 % interval; hollow markers
    for the scores with typing errors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    _plot_means(axes, rows)
    _set_limits(axes, rows)
    axes.set_xlabel("bytes in all, log scale")
    axes.set_ylabel(f"test {rows[0]['score']}, %")
    axes.grid()
    _label_dims(axes, rows)
    figure.legend(loc="outside right center", title="method", alignment="left")
    return figure


def _plot_means(axes, rows):
    from matplotlib.transforms import ScaledTranslation

    methods = list(dict.fromkeys(row["method"] for row in rows))
    shared = {dim for dim, count in Counter(row["dim"] for row in rows).items() if count > 1}
    beside = [method for method in methods if any(row["method"] == method and row["dim"] in shared for row in rows)]
    for i, method in enumerate(methods):
        own = sorted((row for row in rows if row["method"] == method), key=lambda row: row["bytes"]["total"])
        # Methods of the same d mostly have the same bytes: a few points apart, their bars do not hide each other.
        place = beside.index(method) - (len(beside) - 1) / 2 if method in beside else 0
        offset = ScaledTranslation(place * 5 / 72, 0, axes.figure.dpi_scale_trans)
        look = {"transform": axes.transData + offset, **_look(i)}
        _plot_scores(axes, own, [row["test"] for row in own], label=method, **look)
        if "typos" in own[0]:
            _plot_scores(axes, own, [row["typos"]["test"] for row in own], fillstyle="none", **look)
    if "typos" in rows[0]:
        axes.errorbar([], [], fmt="o", color=INK, fillstyle="none", label="with typing\nerrors")


def _plot_scores(axes, rows, scores, **look):
    bars = [_half(score) for score in scores]
    axes.errorbar(
        [row["bytes"]["total"] for row in rows],
        [score["mean"] for score in scores],
        yerr=bars if any(bars) else None,
        capsize=2.5,
        markersize=6,
        linewidth=1.4,
        elinewidth=1.1,
        **look,
    )


def _set_limits(axes, rows):
    """Matplotlib ignores artists with an offset when it sets the limits."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    scores = [row["test"] for row in rows] + [row["typos"]["test"] for row in rows if "typos" in row]
    ends = [score["mean"] + sign * _half(score) for score in scores for sign in (-1, 1)]
    margin = 0.06 * (max(ends) - min(ends) + 1)
    axes.set_ylim(min(ends) - margin, max(ends) + margin)
    sizes = [row["bytes"]["total"] for row in rows]
    axes.set_xlim(min(sizes) / 1.4, max(sizes) * 1.4)
    wide = math.log10(max(sizes) / min(sizes)) > 2
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axes.xaxis.set_major_formatter(EngFormatter("B"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _label_dims(axes, rows):
    """An axis at the top with the dim of each size, that of a table without codes."""
    sizes = {row["dim"]: row["bytes"]["total"] for row in sorted(rows, key=lambda row: row["bytes"]["total"])}
    top = axes.secondary_xaxis("top")
    top.set_ticks(list(sizes.values()), [f"d = {dim}" for dim in sizes], minor=False)
    top.set_ticks([], minor=True)
    top.tick_params(length=3, rotation=0 if len(sizes) < 6 else 40)


def learning_curves(runs):
    """Dev accuracy against the epoch, a panel per dim.

    Thin: single runs. Bold: the mean of a method's runs, up to where the first of them stopped; beyond, it would be the
    mean of other runs.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    dims = sorted({run["dim"] for run in runs})
    methods = list(dict.fromkeys(run["method"] for run in runs))
    columns = 2 if len(dims) == 4 else min(3, len(dims))
    rows = math.ceil(len(dims) / columns)
    figure = Figure(figsize=(2.0 + 2.9 * columns, 0.7 + 2.5 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    handles = {}
    for panel, dim in zip(panels.flat, dims, strict=False):
        panel.set_title(f"d = {dim}")
        panel.grid()
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        for i, method in enumerate(methods):
            own = [run["history"] for run in runs if (run["method"], run["dim"]) == (method, dim)]
            if own:
                handles[method] = _plot_curves(panel, own, _look(i))
    for panel in panels.flat[len(dims) :]:
        panel.set_visible(False)
    figure.supxlabel("epoch")
    figure.supylabel("dev accuracy, %")
    lines = [handles[method] for method in methods]
    figure.legend(lines, methods, loc="outside right center", title="method", alignment="left")
    return figure


def _plot_curves(panel, histories, look):
    """The single runs and the mean of a method; returns the line of the mean."""
    curves = [[epoch["dev_accuracy"] for epoch in history] for history in histories]
    for curve in curves:
        faint = max(0.1, 0.6 / len(curves) ** 0.5)
        panel.plot(range(1, len(curve) + 1), curve, color=look["color"], linewidth=0.8, alpha=faint)
    mean = [statistics.fmean(column) for column in zip(*curves, strict=False)]
    every = max(1, len(mean) // 5)
    return panel.plot(range(1, len(mean) + 1), mean, markersize=4.5, markevery=every, linewidth=1.8, **look)[0]


def _look(i):
    """Colour, marker and line style of method i."""
    style = LINES[i // len(COLOURS) % len(LINES)]
    return {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)], "linestyle": style}


def _half(spread):
    return 0.0 if spread["low"] is None else (spread["high"] - spread["low"]) / 2
