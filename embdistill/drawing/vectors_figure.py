"""Tables of vectors side by side, their words in colours. Matplotlib (extra `plot`) is imported when it is drawn."""

import io
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embdistill.drawing.style import COLOURS, GRID, MARKERS, STYLE

NAMED = 4  # words of a class that are written out, the strongest for which there is room
TRIED = 12
LETTER, LINE = 0.016, 0.03  # room that a letter and a line take, as shares of the axes
MOST_CLASSES = 10  # that have a colour; the words of the others are grey
OTHER = "other classes"
NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


class Panel(NamedTuple):
    """vectors (n, D) of the words, in one order in all panels."""

    title: str
    vectors: np.ndarray


def draw(panels: Sequence[Panel], words: Sequence[str], classes: Sequence[str], form: str) -> bytes:
    """A figure as `svg`, `png` or `pdf`, the same bytes for the same input.

    classes: of each word the name of the class that it speaks for; the words of a class are in the order in which they
    are written out. ImportError without Matplotlib.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "text.parse_math": False}), warnings.catch_warnings():
        figure = Figure(figsize=(1.6 + 5.0 * len(panels), 5.2), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        groups = _groups(classes)
        for panel, on in zip(panels, axes, strict=True):
            _draw_panel(on, panel, words, groups)
        if len(groups) > 1:
            handles, names = axes[0].get_legend_handles_labels()
            figure.legend(handles, names, loc="outside right center", title="speaks for", alignment="left")
        stream = io.BytesIO()
        if form == "svg":  # whose text stays text, in fonts of the reader's
            warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(stream, format=form, dpi=200, facecolor="white", metadata=NO_DATE.get(form, {}))
    return stream.getvalue()


def principal_components(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two principal components (n, 2) of vectors (n, D), and the shares (2,) of the variance that they have.

    The sign of a component, which is free, is such that its largest entry is positive. Source: Pearson 1901, "On lines
    and planes of closest fit to systems of points in space"; by the singular value decomposition.
    """
    centred = vectors - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(np.asarray(centred, np.float64), full_matrices=False)
    left, sizes = (np.concatenate([part, np.zeros((*part.shape[:-1], 2))], axis=-1) for part in (left, sizes))
    components, total = left[:, :2] * sizes[:2], float((sizes**2).sum())
    signs = np.sign(components[np.abs(components).argmax(axis=0), [0, 1]])
    return components * np.where(signs == 0, 1, signs), sizes[:2] ** 2 / (total or 1)


def _groups(classes):
    """The rows of the words of each class, the largest classes first; those without a colour are one group."""
    rows = {}
    for row, name in enumerate(classes):
        rows.setdefault(name, []).append(row)
    by_size = sorted(rows.items(), key=lambda item: -len(item[1]))
    groups = dict(sorted(by_size[:MOST_CLASSES]))
    if rest := [row for _, found in by_size[MOST_CLASSES:] for row in found]:
        groups[OTHER] = sorted(rest)
    return groups


def _draw_panel(axes, panel, words, groups):
    points, shares = principal_components(panel.vectors)
    placed = []
    for i, (name, rows) in enumerate(groups.items()):
        is_other = len(groups) > MOST_CLASSES and name == OTHER
        colour = "#AAAAAA" if is_other else COLOURS[i % len(COLOURS)]
        marker = "." if is_other else MARKERS[i % len(MARKERS)]
        axes.scatter(*points[rows].T, s=14, c=colour, marker=marker, linewidths=0, alpha=0.75, label=name)
        for row in [] if is_other else _with_room(rows[:TRIED], points, words, placed):
            axes.annotate(words[row], points[row], (3, 2), textcoords="offset points", color=colour, fontsize=8)
    axes.set_title(panel.title)
    axes.set_xlabel(f"first component, {shares[0]:.0%} of the variance")
    axes.set_ylabel(f"second component, {shares[1]:.0%}")
    axes.tick_params(labelbottom=False, labelleft=False, length=0)
    axes.grid(color=GRID)


def _room(point, word, points):
    """Left, right, lower and upper end of what a word takes that is written at a point, as shares of the axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = ((point - low) / np.where(high > low, high - low, 1)).tolist()
    return x, x + LETTER * len(word), y, y + LINE


def _with_room(rows, points, words, placed):
    """The first rows, NAMED at most, whose words overlap none that are placed, nor each other; they are placed then."""
    found = []
    for row in rows:
        left, right, lower, upper = room = _room(points[row], words[row], points)
        if len(found) < NAMED and not any(
            left < p[1] and right > p[0] and lower < p[3] and upper > p[2] for p in placed
        ):
            placed.append(room)
            found.append(row)
    return found
