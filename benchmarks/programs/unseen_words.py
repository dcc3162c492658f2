"""Where words land that training never saw: the figure and the table of docs/learn/unseen_words.md.

The demo with three of its classes and d = 2, so that small vectors can be drawn as they are.
Run: python benchmarks/programs/unseen_words.py    (some seconds; needs pip install '.[plot]')
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.demo import FOLDER, VECTORS
from embdistill.model.config import Config
from embdistill.training.experiment import run
from readme_table import ROOT, fill

RESULTS = Path(__file__).parents[1] / "results" / "unseen_words.json"
FIGURE = ROOT / "docs" / "figures" / "unseen_words.svg"
CLASSES = ("cooking", "lights", "weather")
OFTEN, SURE = 4, 0.7  # a word of training speaks for a class: occurrences, and the share of them in that class
FREQUENT = 1000  # so many of the most frequent words are left out of those that training never saw, as they say little
SEEDS = 5
DRAWN = 12  # words of a class that training never saw: the first of the test texts
NAMED = ("salmon", "chandelier", "lanterns", "thunder", "drizzle")
COLOURS = ("#c1440e", "#8a6d00", "#1f6fb4")


def dataset(folder: Path):
    """The demo with the lines of CLASSES only, over all words that have a vector."""
    for part in ("train", "dev", "test"):
        lines = (FOLDER / f"{part}.txt").read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.split()[0].removeprefix("__label__") in CLASSES]
        (folder / f"{part}.txt").write_text("".join(kept))
    words = frozenset(load_vectors(open_vectors(VECTORS))[0])
    files = (folder / f"{part}.txt" for part in ("train", "dev", "test"))
    return prepare(*files, VECTORS, config("encode", 0), "fasttext", words)


def config(method: str, seed: int) -> Config:
    return Config(method=method, network="mean", dim=2, seed=seed, subwords=0, correct=False)


def classes_of(split, often: int, sure: float) -> dict[int, int]:
    """Class of each word that stands in it in a share of at least `sure` of at least `often` occurrences."""
    labels = np.repeat(split.labels, np.diff(split.packed.offsets))
    counts = Counter(zip(split.packed.ids.tolist(), labels.tolist(), strict=True))
    totals = Counter(split.packed.ids.tolist())
    return {i: c for (i, c), n in counts.items() if i and totals[i] >= often and n >= sure * totals[i]}


def near_their_class(vectors: np.ndarray, seen: dict, unseen: dict) -> float:
    """Percent of the unseen words that are nearest to the mean of their own class, by the angle."""
    means = np.stack([np.mean([vectors[i] for i, c in seen.items() if c == k], axis=0) for k in range(len(CLASSES))])
    means = means / np.linalg.norm(means, axis=1, keepdims=True)
    return float(100 * np.mean([(means @ vectors[i]).argmax() == c for i, c in unseen.items()]))


def measure() -> tuple[dict, dict]:
    """What is kept, and what is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        given = dataset(Path(folder))
    in_training = set(given.train.packed.ids.tolist())
    seen = classes_of(given.train, OFTEN, SURE)
    frequent = {given.vocabulary.index.get(word) for word in load_vectors(open_vectors(VECTORS))[0][:FREQUENT]}
    unseen = {i: c for i, c in classes_of(given.test, 1, 1).items() if i not in in_training | frequent}
    tables = {m: [run(given, config(m, s), None).model.table for s in range(SEEDS)] for m in ("encode", "direct")}
    rows = {"large": [near_their_class(given.vectors, seen, unseen)]}
    rows |= {method: [near_their_class(t, seen, unseen) for t in found] for method, found in tables.items()}
    sizes = {m: [float(np.mean(np.linalg.norm(t[list(unseen)], axis=1))) for t in found] for m, found in tables.items()}
    record = {
        "command": "python benchmarks/programs/unseen_words.py",
        "classes": CLASSES,
        "words": {"seen": len(seen), "unseen": len(unseen)},
        "near_their_class": rows,
        "length": sizes,
    }
    shown = {"large": _plane(given.vectors, seen), **{method: found[0] for method, found in tables.items()}}
    return record, {"vectors": shown, "seen": seen, "unseen": unseen, "words": given.vocabulary.words}


def _plane(vectors, seen):
    """Large vectors (V, D) as seen on the two axes along which the seen words vary most (V, 2)."""
    rows = vectors[list(seen)]
    return (vectors - rows.mean(axis=0)) @ np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:2].T


def table(record: dict) -> str:
    lines = ["| vectors | d | nearest to the words of their own class | length |", "|---|---|---|---|"]
    for name, values in record["near_their_class"].items():
        spread = f"{np.mean(values):.0f} %" + (f" ± {np.std(values, ddof=1):.0f}" if len(values) > 1 else "")
        length = f"{np.mean(record['length'][name]):.2f}" if name in record["length"] else ""
        lines.append(f"| `{name}` | {300 if name == 'large' else 2} | {spread} | {length} |")
    seen, unseen = record["words"].values()
    return "\n".join(
        [*lines, "", f"{seen} words of training, {unseen} that it never saw; `encode` and `direct`: {SEEDS} seeds."]
    )


def draw(vectors: dict, seen: dict, unseen: dict, words: list[str]) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "embdistill", "svg.fonttype": "none", "font.size": 9})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(10.5, 4), layout="constrained")
    titles = ("large vectors, D = 300, along two axes", "encode, d = 2", "direct, d = 2")
    for axis, title, (name, points) in zip(axes, titles, vectors.items(), strict=True):
        axis.set_title(title, fontsize=9)
        for k, colour in enumerate(COLOURS):
            dots = points[[i for i, c in seen.items() if c == k]]
            stars = points[[i for i, c in unseen.items() if c == k][:DRAWN]]
            axis.plot(*dots.T, "o", color=colour, ms=4, mew=0, alpha=0.45, label=f"{CLASSES[k]}, in training")
            axis.plot(*stars.T, "*", color=colour, ms=8, mec="white", mew=0.5, label=f"{CLASSES[k]}, never seen")
        if name == "direct":
            axis.annotate(
                "all stars", (0, 0), xytext=(6, -50), textcoords="offset points", arrowprops={"arrowstyle": "-"}
            )
        for i, k in unseen.items():
            if words[i] in NAMED and name != "direct":
                left = points[i, 0] > 0.5 * np.abs(points).max()
                place = {"xytext": (-5 if left else 5, 3), "ha": "right" if left else "left"}
                axis.annotate(words[i], points[i], textcoords="offset points", color=COLOURS[k], **place)
        axis.axhline(0, color="#bbb", lw=0.6, zorder=0)
        axis.axvline(0, color="#bbb", lw=0.6, zorder=0)
        axis.set(xticks=[], yticks=[])
        if name != "large":
            axis.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(FIGURE, metadata={"Date": None})


if __name__ == "__main__":
    record, drawn = measure()
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("unseen_words", table(record), "docs/learn/unseen_words.md")
    draw(**drawn)
