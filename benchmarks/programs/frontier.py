"""Accuracy by bytes of the model, 16 to 512 KB, of our images, fastText's .ftz and TF-IDF.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/frontier.py [CORPUS ...] \
         [--contestants ours,fasttext,tfidf] [--seeds 3] [--workers 2] [--work FOLDER]
Writes results/frontier.json, the tables of docs/results/frontier.md and its figure. At each size settings are chosen on
the dev part; what was chosen is then scored on the test part, with each seed. The rows of a contestant on a corpus take
the place of those before; others stay. Our teachers and images are kept below --work (default: frontier-work in the
temporary folder), and trained unless they are there. Needs pip install 'embdistill[bench,plot]', and glibc.
"""

import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import fire
from frontier_ours import Ours
from frontier_rivals import FastText, TfIdf
from open_vocabulary import CORPORA, given_parts, parts, score, spread
from open_vocabulary import RESULTS as OPEN_VOCABULARY

from corpora import check_data
from embdistill.comparison.workers import handed_over
from embdistill.drawing.style import COLOURS, MARKERS, STYLE
from embdistill.searching.pool import run_jobs
from readme_table import ROOT, fill

RESULTS = Path(__file__).parents[1] / "results" / "frontier.json"
COMMAND = "OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/frontier.py"
PAGE = "docs/results/frontier.md"
FIGURE = ROOT / "docs" / "figures" / "frontier.svg"
WORK = Path(tempfile.gettempdir()) / "frontier-work"
SIZES = [1024 * each for each in (16, 32, 64, 128, 256, 512)]
TITLES = [contestant.title for contestant in (Ours, FastText, TfIdf)]
FINALISTS = 2  # at each size, of which the mean over the seeds decides
SHOWN = 5  # at each size, of what was tried


class Entry(NamedTuple):
    """What each process of a pool has: a contestant, and the parts of a corpus by name."""

    contestant: Ours | FastText | TfIdf
    task: dict


class Scored(NamedTuple):
    """A model of some settings, written as text, made for a size: how many words, terms or rows it has, its bytes, and
    its score on a part in percent."""

    settings: str
    size: int
    kept: int
    bytes: int
    score: float


def measure(*corpora, contestants=("ours", "fasttext", "tfidf"), seeds=3, workers=2, work=WORK):
    """Choose, score and write, one corpus after the other, by default all."""
    check_data()
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    chosen = [contestants] if isinstance(contestants, str) else contestants
    for corpus in corpora or CORPORA:
        task = parts(given_parts(corpus), 0)
        for name in chosen:
            entry = Entry(_contestant(name, corpus, task, work, workers), task)
            rows = compete(entry, range(seeds if entry.contestant.seeded else 1), workers)
            keep(corpus, entry.contestant.title, rows)
            results = json.loads(RESULTS.read_text())
            fill("frontier", table(results), PAGE)
            fill("frontier_settings", settings_table(results), PAGE)
            draw(results)


def _contestant(name, corpus, task, work, workers):
    if name == "ours":
        return Ours(corpus, task, work, workers)
    return TfIdf(task["data"]) if name == "tfidf" else FastText(task["data"], _large(corpus))


def _large(corpus):
    """The settings of fastText that open_vocabulary.py chose."""
    chosen = json.loads(OPEN_VOCABULARY.read_text())["corpora"][corpus]["fastText, n-grams of characters"]["settings"]
    return {name: value for name, value in chosen.items() if name != "bucket"}


def compete(entry: Entry, seeds: Sequence[int], workers: int) -> list[dict]:
    """What is best on dev at each size, with its scores on dev and test for each seed. A size that has room for no
    model has no row; a smaller model than the size is as good as any."""

    def scored(part, jobs):
        found = run_jobs([(scores, part, *job) for job in jobs], entry, workers)
        return [each for several in found for each in several]

    tried = scored("dev", [(settings, SIZES, seeds[0]) for settings in entry.contestant.settings()])
    best = {size: sorted((each for each in tried if each.bytes <= size), key=_rank)[:SHOWN] for size in SIZES}
    finalists = list(dict.fromkeys(each[:2] for several in best.values() for each in several[:FINALISTS]))
    on_dev = _by_model(scored("dev", [(json.loads(of), [size], seed) for of, size in finalists for seed in seeds]))
    rows, smaller = {}, []
    for size, several in best.items():
        of_size = [each[:2] for each in several[:FINALISTS] if len(on_dev[each[:2]]) == len(seeds)]
        if of_size or smaller:
            rows[size] = max(
                [*smaller, *of_size], key=lambda model: statistics.mean(each.score for each in on_dev[model])
            )
            smaller = [rows[size]]
    winners = list(dict.fromkeys(rows.values()))
    on_test = _by_model(scored("test", [(json.loads(of), [size], seed) for of, size in winners for seed in seeds]))
    return [
        {
            "size": size,
            "settings": json.loads(model[0]),
            "kept": [each.kept for each in on_test[model]],
            "bytes": [each.bytes for each in on_test[model]],
            "dev": [each.score for each in on_dev[model]],
            "test": [each.score for each in on_test[model]],
            "tried": len(tried),
            "best on dev, seed 0": [each._asdict() for each in best[size]],
        }
        for size, model in rows.items()
    ]


def _rank(found):
    """The best one first: by its score, then the smaller one."""
    return -found.score, found.bytes


def _by_model(found):
    several = defaultdict(list)
    for each in found:
        several[each[:2]].append(each)
    return several


def scores(part: str, settings: dict, sizes: Sequence[int], seed: int) -> list[Scored]:
    """A job: the scores of the models of these settings on a part."""
    contestant, task = handed_over()
    texts, gold = task[part]
    return [
        Scored(json.dumps(settings), found.size, found.kept, found.bytes, score(gold, found.label(texts)))
        for found in contestant.fitted(settings, sizes, seed)
    ]


def keep(corpus: str, title: str, rows: list[dict]) -> None:
    """Write the rows of a contestant on a corpus."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"command": COMMAND, "corpora": {}}
    results["corpora"].setdefault(corpus, {})[title] = rows
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def table(results: dict) -> str:
    """Test scores by size as Markdown, the best of each corpus and size in bold."""
    lines = [
        f"| corpus | model | {' | '.join(f'{size // 1024} KB' for size in SIZES)} |",
        f"|---|---|{'---|' * len(SIZES)}",
    ]
    for corpus, models in _in_order(results):
        found = {title: {row["size"]: row["test"] for row in rows} for title, rows in models.items()}
        best = {
            size: max((statistics.mean(of[size]) for of in found.values() if size in of), default=0) for size in SIZES
        }
        for title, of in found.items():
            cells = [_cell(of.get(size), best[size]) for size in SIZES]
            lines.append(f"| {' | '.join([corpus, title, *cells])} |")
    return "\n".join(lines)


def _cell(scores, best):
    if not scores:
        return ""
    return f"**{spread(scores)}**" if statistics.mean(scores) == best else spread(scores)


def _in_order(results):
    """The corpora with their models, in the order of CORPORA and TITLES."""
    for corpus in filter(results["corpora"].get, CORPORA):
        models = results["corpora"][corpus]
        yield corpus, {title: models[title] for title in filter(models.get, TITLES)}


def settings_table(results: dict) -> str:
    """What was chosen, as Markdown."""
    lines = ["| corpus | model | size | settings | words, terms, rows | bytes | dev | test |", f"|{'---|' * 8}"]
    for corpus, models in _in_order(results):
        for title, rows in models.items():
            for row in rows:
                settings = ", ".join(f"{name} {value}" for name, value in row["settings"].items())
                numbers = (f"{statistics.mean(row[name]):,.0f}" for name in ("kept", "bytes"))
                cells = [f"{row['size'] // 1024} KB", settings, *numbers, spread(row["dev"]), spread(row["test"])]
                lines.append(f"| {' | '.join([corpus, title, *cells])} |")
    return "\n".join(lines)


def draw(results: dict) -> None:
    """Test scores by size, a panel for each corpus; bars are standard deviations over the seeds."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 6.0), layout="constrained")
        panels = figure.subplots(2, 3).flat
        looks = dict(zip(TITLES, zip(COLOURS, MARKERS, strict=False), strict=False))
        for (corpus, models), axes in zip(_in_order(results), panels, strict=False):  # one panel is left
            for title, rows in models.items():
                colour, marker = looks[title]
                means = [statistics.mean(row["test"]) for row in rows]
                errors = [statistics.stdev(row["test"]) if len(row["test"]) > 1 else 0 for row in rows]
                sizes = [row["size"] / 1024 for row in rows]
                axes.errorbar(sizes, means, errors, marker=marker, color=colour, markersize=4, label=title)
            axes.set_xscale("log", base=2)
            axes.set_xticks([size // 1024 for size in SIZES], [size // 1024 for size in SIZES])
            axes.set_title(f"{corpus}, {'F1' if corpus.startswith('SemEval') else 'accuracy'} in %")
            axes.grid()
        legend = next(panels)
        legend.axis("off")
        legend.legend(*axes.get_legend_handles_labels(), loc="center")
        figure.supxlabel("KB of model, log scale")
        figure.savefig(FIGURE, format="svg", facecolor="white", metadata={"Date": None})


if __name__ == "__main__":
    fire.Fire(measure)
