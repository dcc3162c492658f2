"""Accuracy on dev by bytes: the candidates that no smaller one beats, as a list and as a figure.

Matplotlib (extra `plot`) is imported when the figure is drawn.
"""

import io
from collections.abc import Iterable

from embdistill.drawing.style import COLOURS, INK, STYLE
from embdistill.export.budget import Candidate
from embdistill.searching.search import Found

FLASH_LABEL = "flash, program and model"  # by which a figure of ours is known


def frontier(considered: Iterable[Candidate], chosen: Candidate) -> list[Candidate]:
    """By flash, each candidate that has a higher score than all smaller ones; and the chosen one."""
    best, found = float("-inf"), []
    for candidate in sorted(considered, key=lambda each: (each.flash, -each.score)):
        if candidate.score > best or candidate == chosen:
            found.append(candidate)
        best = max(best, candidate.score)
    return found


def figure(found: Found, flash: int) -> bytes:
    """The curve as SVG: dev accuracy by flash, hollow markers with typing errors, all candidates as dots. flash: the
    limit. ImportError without Matplotlib."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        drawn, stream = _drawn(found, flash), io.BytesIO()
        drawn.savefig(stream, format="svg", facecolor="white", metadata={"Date": None})
    return stream.getvalue()


def _drawn(found, flash):
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    drawn = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = drawn.subplots()
    axes.set_xscale("log")
    curve = frontier(found.considered, found.chosen)
    flashes = [candidate.flash for candidate in curve]
    axes.plot([c.flash for c in found.considered], [c.dev for c in found.considered], ".", color=COLOURS[-1], ms=3)
    axes.plot(flashes, [candidate.dev for candidate in curve], "o-", color=COLOURS[0], label="clean")
    if found.chosen.dev_typos is not None:
        typos = [candidate.dev_typos for candidate in curve]
        axes.plot(flashes, typos, "o--", color=COLOURS[1], fillstyle="none", label="with typing errors")
    axes.plot(found.chosen.flash, found.chosen.dev, "*", color=COLOURS[0], markersize=14, label="chosen")
    axes.axvline(flash, color=INK, linewidth=1, linestyle=":", label="--flash")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(EngFormatter("B"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{FLASH_LABEL}, log scale")
    axes.set_ylabel("dev accuracy, %")
    axes.grid()
    axes.legend()
    return drawn
