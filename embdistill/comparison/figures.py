"""The figures of a comparison, with Matplotlib (extra `plot`), which is imported when something is drawn."""

import io
import math
import statistics
from collections import Counter
from collections.abc import Sequence

# Colours that colour-blind readers tell apart (Okabe & Ito 2008), dark enough for white paper.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
MARKS = "osD^vPX*"
LINES = ("-", "--", ":")
INK, GRID = "#222222", "#DDDDDD"
STYLE = {
    "font.size": 10,
    "font.family": ["DejaVu Sans"],
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "embdistill",  # the same figure, the same bytes
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
}


def draw(rows: Sequence[dict], lines: Sequence[dict]) -> dict[str, bytes]:
    """PNG and SVG files by name. rows: of summary.summarise(); lines: of runs.jsonl, with their histories.

    Raises ImportError without Matplotlib.
    """
    import matplotlib

    files = {}
    with matplotlib.rc_context(STYLE):
        for name, figure in (("accuracy_bytes", accuracy_bytes(rows)), ("learning_curves", learning_curves(lines))):
            for form in ("png", "svg"):
                stream = io.BytesIO()
                date = {"Date": None} if form == "svg" else {}
                figure.savefig(stream, format=form, dpi=200, facecolor="white", metadata=date)
                files[f"{name}.{form}"] = stream.getvalue()
    return files


def accuracy_bytes(rows):
    """Test score against bytes in all: a mark a row, the dims of a method joined by a line, bars the 95 % interval."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
    from matplotlib.transforms import ScaledTranslation

    figure = Figure(figsize=(7.5, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    methods = list(dict.fromkeys(row["method"] for row in rows))
    shared = {dim for dim, count in Counter(row["dim"] for row in rows).items() if count > 1}
    beside = [method for method in methods if any(row["method"] == method and row["dim"] in shared for row in rows)]
    for i, method in enumerate(methods):
        own = sorted((row for row in rows if row["method"] == method), key=lambda row: row["bytes"]["total"])
        means = [row["test"]["mean"] for row in own]
        bars = [_half(row["test"]) for row in own]
        # Methods of one d have the same bytes: side by side by some points, so that their bars do not hide each other.
        place = beside.index(method) - (len(beside) - 1) / 2 if method in beside else 0
        moved = ScaledTranslation(place * 5 / 72, 0, figure.dpi_scale_trans)
        axes.errorbar(
            [row["bytes"]["total"] for row in own],
            means,
            yerr=bars if any(bars) else None,
            transform=axes.transData + moved,
            label=method,
            capsize=2.5,
            markersize=6,
            linewidth=1.4,
            elinewidth=1.1,
            **_look(i),
        )
    # The offset drawings above are not counted in the limits of the axes.
    ends = [row["test"]["mean"] + sign * _half(row["test"]) for row in rows for sign in (-1, 1)]
    sizes = [row["bytes"]["total"] for row in rows]
    axes.set_ylim(min(ends) - 0.06 * (max(ends) - min(ends) + 1), max(ends) + 0.06 * (max(ends) - min(ends) + 1))
    axes.set_xlim(min(sizes) / 1.4, max(sizes) * 1.4)
    wide = math.log10(max(sizes) / min(sizes)) > 2
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _bytes(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("bytes in all, log scale")
    axes.set_ylabel(f"test {rows[0]['score']}, %")
    axes.grid()

    places = {}
    for row in rows:
        places.setdefault(row["dim"], row["bytes"]["total"])
    top = axes.secondary_xaxis("top")
    top.set_ticks(list(places.values()), [f"d = {dim}" for dim in places], minor=False)
    top.set_ticks([], minor=True)
    top.tick_params(length=3, rotation=0 if len(places) < 6 else 40)
    figure.legend(loc="outside right center", title="method", alignment="left")
    return figure


def learning_curves(lines):
    """Dev accuracy against the epoch, a panel a dim.

    Thin: single runs. Bold: the mean of a method's runs, up to where the first of them stopped; a mean over those that
    go on would be one over other runs.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    dims = sorted({line["dim"] for line in lines})
    methods = list(dict.fromkeys(line["method"] for line in lines))
    columns = 2 if len(dims) == 4 else min(3, len(dims))
    down = math.ceil(len(dims) / columns)
    figure = Figure(figsize=(2.0 + 2.9 * columns, 0.7 + 2.5 * down), layout="constrained")
    panels = figure.subplots(down, columns, sharey=True, squeeze=False)
    handles = {}
    for panel, dim in zip(panels.flat, dims, strict=False):
        panel.set_title(f"d = {dim}")
        panel.grid()
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        for i, method in enumerate(methods):
            curves = [
                [epoch["dev_accuracy"] for epoch in line["history"]]
                for line in lines
                if (line["method"], line["dim"]) == (method, dim)
            ]
            if not curves:
                continue
            look = _look(i)
            for curve in curves:
                faint = max(0.1, 0.6 / len(curves) ** 0.5)
                panel.plot(range(1, len(curve) + 1), curve, color=look["color"], linewidth=0.8, alpha=faint)
            mean = [statistics.fmean(column) for column in zip(*curves, strict=False)]
            every = max(1, len(mean) // 5)
            handles[method] = panel.plot(
                range(1, len(mean) + 1), mean, markersize=4.5, markevery=every, linewidth=1.8, **look
            )[0]
    for panel in panels.flat[len(dims) :]:
        panel.set_visible(False)
    figure.supxlabel("epoch", fontsize=10)
    figure.supylabel("dev accuracy, %", fontsize=10)
    order = [method for method in methods if method in handles]
    figure.legend(
        [handles[method] for method in order], order, loc="outside right center", title="method", alignment="left"
    )
    return figure


def _look(number):
    """Colour, mark and line of the method of that number."""
    line = LINES[number // len(COLOURS) % len(LINES)]
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKS[number % len(MARKS)], "linestyle": line}


def _half(spread):
    return 0.0 if spread["low"] is None else (spread["high"] - spread["low"]) / 2


def _bytes(value):
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} B"
