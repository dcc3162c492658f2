"""The report of a comparison: one self-contained HTML page, for screen and paper; its style is report.css."""

import json
import re
import statistics
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from embdistill.comparison.summary_table import TEXT_COLUMNS, cells, columns
from embdistill.data.dataset import Dataset
from embdistill.drawing.style import GRID, INK
from embdistill.model.metrics import headline

CAPTIONS = {
    "accuracy_bytes": (
        "Test score and size",
        "Bars: the 95 % interval of the mean. Methods of the same d have the same size and stand side by side.",
    ),
    "learning_curves": (
        "Learning curves",
        "Thin: single runs. Bold: the mean of a method, up to where the first of its runs stopped.",
    ),
}


def page(
    rows: Sequence[dict],
    remarks: Sequence[str],
    runs: Sequence[dict],
    images: dict[str, bytes],
    dataset: Dataset,
    command: str,
) -> str:
    """The whole report.

    rows: of statistics.summarise(); remarks: on how to read them; runs: entries of runs.jsonl; images: by file name, of
    which the SVG ones are shown; dataset: for its inputs and notes; command: the command line, or nothing.
    """
    inputs = [(source["role"], source["path"], source["sha256"]) for source in dataset.inputs]
    body = "\n".join(
        [
            f'<p class="lead">{escape(_lead(runs, dataset))}</p>',
            "<h2>Summary</h2>",
            _table(columns(rows), map(cells, rows), text_columns=TEXT_COLUMNS),
            '<p class="remarks">' + "<br>\n".join(map(escape, remarks)) + "</p>",
            *[_figure(name, images[f"{name}.svg"]) for name in CAPTIONS if f"{name}.svg" in images],
            "<h2>Classes</h2>",
            '<p class="remarks">F1 of each class on the test split in percent, mean over the runs.</p>',
            _classes(rows, runs),
            "<h2>Runs</h2>",
            _runs(runs),
            *(["<h2>Command</h2>", f"<pre>{escape(command)}</pre>"] if command else []),
            "<h2>Settings of all runs</h2>",
            _table(("setting", "value"), _shared_settings(runs), text_columns=2),
            "<h2>Inputs</h2>",
            _table(("role", "path", "SHA-256"), inputs, text_columns=3),
            *(["<h2>Notes</h2>", *[f"<p>{escape(note)}</p>" for note in dataset.notes]] if dataset.notes else []),
            "<h2>Versions</h2>",
            _versions(runs),
        ]
    )
    style = (files("embdistill.comparison") / "report.css").read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>embdistill: comparison</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>Comparison of methods</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def inline_svg(svg: str, prefix: str, label: str) -> str:
    """An SVG file of Matplotlib's as part of a page: without prologue and metadata, in the colours of the page.

    prefix: makes its ids unique in the page. label: its name for screen readers.
    """
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'xlink:href="#', f'href="#{prefix}-', svg)
    sizes = " ".join(re.search(rf'\b{name}="[^"]*"', svg)[0] for name in ("width", "height", "viewBox"))
    svg = re.sub(r"^<svg[^>]*>", f'<svg {sizes} role="img" aria-label="{escape(label)}">', svg)
    svg = svg.replace("*{stroke-linejoin", f"svg [id^={prefix}] *{{stroke-linejoin")
    # No background, and ink and grid in the colours of the page, so that the figure follows it into dark mode.
    svg = re.sub(r"fill: (#ffffff|white)", "fill: none", svg)
    svg = re.sub(INK, "currentColor", svg, flags=re.IGNORECASE)
    return re.sub(GRID, "var(--line)", svg, flags=re.IGNORECASE)


def _lead(runs, dataset):
    methods = ", ".join(dict.fromkeys(run["method"] for run in runs))
    seeds = _count(len({run["seed"] for run in runs}), "seed")
    folds = f" on {runs[0]['folds']} folds" if runs[0]["folds"] else ""
    return f"{len(runs)} runs: {methods}; {seeds}{folds}; {_count(len(dataset.labels), 'class', 'es')}."


def _count(count, noun, plural="s"):
    return f"{count} {noun}{'' if count == 1 else plural}"


def _figure(name, svg):
    title, caption = CAPTIONS[name]
    drawing = inline_svg(svg.decode(), name, title)
    return f"<h2>{escape(title)}</h2>\n<figure>\n{drawing}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def _classes(rows, runs):
    """The F1 of each class: a line per class, a column per row of the summary."""
    key = ("method", "network", "dim")
    groups = [[run["test"]["per_class"] for run in runs if all(run[k] == row[k] for k in key)] for row in rows]
    # The examples of a class are those of one method and seed; with folds, of all folds together.
    one = [run["test"]["per_class"] for run in runs if all(run[k] == runs[0][k] for k in (*key, "seed"))]
    lines = [
        [
            name,
            f"{sum(scores[name]['support'] for scores in one):,}",
            *[f"{statistics.fmean(scores[name]['f1'] for scores in group):.1f}" for group in groups],
        ]
        for name in dict.fromkeys(name for run in runs for name in run["test"]["per_class"])
    ]
    return _table(["class", "examples", *[f"{row['method']} {row['dim']}" for row in rows]], lines, text_columns=1)


def _runs(runs):
    shown = {
        "method": lambda run: run["method"],
        "d": lambda run: str(run["dim"]),
        "seed": lambda run: str(run["seed"]),
        "fold": lambda run: str(run["fold"] + 1),
        "test %": lambda run: f"{headline(run['test']):.2f}",
        "macro-F1 %": lambda run: f"{run['test']['macro_f1']:.2f}",
        "dev %": lambda run: f"{run['dev']['accuracy']:.2f}",
        "typos %": lambda run: f"{headline(run['test_typos']):.2f}",
        "dev typos %": lambda run: f"{headline(run['dev_typos']):.2f}",
        "epochs": lambda run: str(run["epochs"]),
        "train s": lambda run: f"{run['seconds']['train']:.1f}",
        "weights": lambda run: run["weights_sha256"][:12],
    }
    if not runs[0]["folds"]:
        del shown["fold"]
    if "typos" not in runs[0]:
        del shown["typos %"], shown["dev typos %"]
    lines = [[text(run) for text in shown.values()] for run in runs]
    return _table(shown, lines, text_columns=1, code_column=len(shown) - 1)


def _table(header, lines, text_columns, code_column=None):
    """An HTML table: the first `text_columns` are aligned to the left, code_column is in a fixed-width font."""

    def opening(tag, i):
        classes = ["w"] * (i < text_columns) + ["code"] * (i == code_column and tag == "td")
        scope = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{scope} class="{" ".join(classes)}">' if classes else f"<{tag}{scope}>"

    def line(tag, cells):
        return f"<tr>{''.join(f'{opening(tag, i)}{escape(cell)}</{tag}>' for i, cell in enumerate(cells))}</tr>"

    body = "\n".join(line("td", cells) for cells in lines)
    head = f"<thead>\n{line('th', header)}\n</thead>"
    return f'<div class="scroll"><table>\n{head}\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _shared_settings(runs):
    """(name, value as text) of the settings that are the same in all runs."""
    for name, value in runs[0]["config"].items():
        if all(run["config"].get(name) == value for run in runs):
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _versions(runs):
    found = dict.fromkeys(", ".join(f"{name} {v}" for name, v in run["versions"].items()) for run in runs)
    mixed = ["<p>The runs were made with different versions:</p>"] if len(found) > 1 else []
    return "\n".join([*mixed, *[f"<p>{escape(versions)}</p>" for versions in found]])
