"""The report of a comparison: one HTML file that needs nothing besides itself, for screen and paper."""

import json
import re
import statistics
from collections.abc import Sequence
from html import escape

from embdistill.comparison import statistics as summary
from embdistill.comparison.figures import GRID, INK

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
STYLE = """
:root { color-scheme: light dark; --ink: #1d2128; --soft: #5b6470; --line: #d9dde3; --page: #ffffff; --band: #f4f6f8 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a3abb6; --line: #3a414b; --page: #16191e; --band: #1f242b }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2 }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.2rem }
p { max-width: 48rem }
.lead, .remarks, figcaption { color: var(--soft) }
.remarks, figcaption { font-size: .875rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums }
th, td { padding: .35rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
th { font-weight: 600 }
thead th { vertical-align: bottom; border-bottom: 2px solid var(--soft) }
tbody tr:nth-child(even) { background: var(--band) }
.w { text-align: left }
.long { white-space: normal; overflow-wrap: anywhere; text-align: left }
code, pre, .code { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .85em }
pre { padding: .75rem 1rem; background: var(--band); border: 1px solid var(--line); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere }
figure { margin: 1rem 0 }
figure svg { display: block; max-width: 100%; height: auto }
@media (prefers-color-scheme: dark) { figure svg { filter: brightness(1.3) } }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --band: #f4f4f4 }
  @page { size: A4 landscape; margin: 14mm }
  body { max-width: none; padding: 0; font-size: 10pt }
  table { font-size: 7.5pt }
  th, td { padding: 1.5pt 4pt }
  .scroll { overflow: visible }
  figure svg { filter: none }
  thead { display: table-header-group }
  tr, figure { break-inside: avoid }
  h2 { break-after: avoid }
}
"""


def page(
    rows: Sequence[dict],
    remarks: Sequence[str],
    lines: Sequence[dict],
    pictures: dict[str, bytes],
    dataset,
    command: str,
) -> str:
    """The whole report. rows: of summary.summarise(); remarks: on how to read them; lines: of runs.jsonl; pictures:
    files by name, of which the SVG ones are shown; dataset: for its inputs and
    notes; command: the command line, or nothing.
    """
    methods = ", ".join(dict.fromkeys(row["method"] for row in rows))
    seeds = len({line["seed"] for line in lines})
    folds = len({line["fold"] for line in lines})
    crossed = f" on {folds} folds" if lines[0]["fold"] is not None else ""
    lead = (
        f"{len(lines)} runs: {methods}; {_count(seeds, 'seed')}{crossed}; {_count(len(dataset.labels), 'class', 'es')}."
    )
    parts = [
        f'<p class="lead">{escape(lead)}</p>',
        "<h2>Summary</h2>",
        _table(summary.COLUMNS, map(summary.cells, rows), words=summary.WORDS),
        '<p class="remarks">' + "<br>\n".join(map(escape, remarks)) + "</p>",
        *[_figure(name, pictures[f"{name}.svg"]) for name in CAPTIONS if f"{name}.svg" in pictures],
        "<h2>Classes</h2>",
        '<p class="remarks">F1 of each class on the test part in percent, mean over the runs.</p>',
        _classes(rows, lines),
        "<h2>Runs</h2>",
        _runs(lines),
        *(["<h2>Command</h2>", f"<pre>{escape(command)}</pre>"] if command else []),
        "<h2>Settings of all runs</h2>",
        _facts(_shared(lines)),
        "<h2>Inputs</h2>",
        _table(("role", "path", "SHA-256"), [(i["role"], i["path"], i["sha256"]) for i in dataset.inputs], words=3),
        *(["<h2>Notes</h2>", *[f"<p>{escape(note)}</p>" for note in dataset.notes]] if dataset.notes else []),
        "<h2>Versions</h2>",
        _versions(lines),
    ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>embdistill: comparison</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>Comparison of methods</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _count(number, noun, plural="s"):
    return f"{number} {noun}{'' if number == 1 else plural}"


def _table(header, rows, words, code=()):
    """words: so many of the first columns are words, and stand left; code: numbers of columns in fixed width."""

    def row(cells, tag):
        marks = [("w " if i < words else "") + ("code" if i in code and tag == "td" else "") for i in range(len(cells))]
        shown = [f'<{tag} class="{m.strip()}">' if m.strip() else f"<{tag}>" for m in marks]
        return "<tr>" + "".join(f"{s}{escape(cell)}</{tag}>" for s, cell in zip(shown, cells, strict=True)) + "</tr>"

    lines = "\n".join(row(list(cells), "td") for cells in rows)
    head = row(list(header), "th").replace("<th", '<th scope="col"')
    return f'<div class="scroll"><table>\n<thead>\n{head}\n</thead>\n<tbody>\n{lines}\n</tbody>\n</table></div>'


def _facts(facts):
    rows = "\n".join(
        f'<tr><th scope="row" class="w">{escape(name)}</th><td class="long">{escape(value)}</td></tr>'
        for name, value in facts.items()
    )
    return f'<div class="scroll"><table>\n<tbody>\n{rows}\n</tbody>\n</table></div>'


def _runs(lines):
    crossed = lines[0]["fold"] is not None
    header = [
        "method",
        "d",
        "seed",
        *(["fold"] if crossed else []),
        "test %",
        "macro-F1 %",
        "dev %",
        "epochs",
        "train s",
    ]
    cells = [
        [
            line["method"],
            str(line["dim"]),
            str(line["seed"]),
            *([str(line["fold"] + 1)] if crossed else []),
            f"{summary.headline(line):.2f}",
            f"{line['test']['macro_f1']:.2f}",
            f"{line['dev']['accuracy']:.2f}",
            str(line["epochs"]),
            f"{line['seconds']['train']:.1f}",
            line["weights_sha256"][:12],
        ]
        for line in lines
    ]
    return _table([*header, "weights"], cells, words=1, code=[len(header)])


def _classes(rows, lines):
    """A line a class, a column a row of the summary. Without folds all runs have the same examples; with folds the
    examples of a class are those of all folds of a seed.
    """
    names = list(dict.fromkeys(name for line in lines for name in line["test"]["per_class"]))
    columns = []
    for row in rows:
        key = (row["method"], row["network"], row["dim"])
        columns.append([line["test"]["per_class"] for line in lines if _key(line) == key])
    one = [line for line in lines if (*_key(line), line["seed"]) == (*_key(lines[0]), lines[0]["seed"])]
    header = ["class", "examples", *[f"{row['method']} {row['dim']}" for row in rows]]
    cells = [
        [
            name,
            f"{sum(line['test']['per_class'][name]['support'] for line in one):,}",
            *[f"{statistics.fmean(run[name]['f1'] for run in runs):.1f}" for runs in columns],
        ]
        for name in names
    ]
    return _table(header, cells, words=1)


def _key(line):
    return line["method"], line["network"], line["dim"]


def _shared(lines):
    """The settings that are the same in all runs, as text."""
    first = lines[0]["config"]
    shared = {name: v for name, v in first.items() if all(line["config"].get(name) == v for line in lines)}
    return {name: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for name, v in shared.items()}


def _versions(lines):
    found = dict.fromkeys(", ".join(f"{name} {v}" for name, v in line["versions"].items()) for line in lines)
    mixed = ["<p>The runs were made with different versions:</p>"] if len(found) > 1 else []
    return "\n".join([*mixed, *[f"<p>{escape(versions)}</p>" for versions in found]])


def _figure(name, svg):
    title, caption = CAPTIONS[name]
    drawing = inline_svg(svg.decode(), name, title)
    return f"<h2>{escape(title)}</h2>\n<figure>\n{drawing}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def inline_svg(svg: str, prefix: str, label: str) -> str:
    """An SVG file of Matplotlib's as part of a page: no prologue, no metadata, ids of its own, the colours of the page.

    label: what it is called for those who cannot see it.
    """
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'xlink:href="#', f'href="#{prefix}-', svg)
    sizes = " ".join(re.search(rf'\b{name}="[^"]*"', svg)[0] for name in ("width", "height", "viewBox"))
    svg = re.sub(r"^<svg[^>]*>", f'<svg {sizes} role="img" aria-label="{escape(label)}">', svg)
    svg = svg.replace("*{stroke-linejoin", f"svg [id^={prefix}] *{{stroke-linejoin")
    # The sheet takes the colour of the page, so that ink and grid may follow it into the dark.
    svg = re.sub(r"fill: (#ffffff|white)", "fill: none", svg)
    svg = re.sub(INK, "currentColor", svg, flags=re.IGNORECASE)
    return re.sub(GRID, "var(--line)", svg, flags=re.IGNORECASE)
