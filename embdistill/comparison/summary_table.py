"""The summary of a comparison as text: the cells of a row, a Markdown table, and remarks on how to read it."""

from collections.abc import Sequence

from embdistill.data.typos import LEAST_LETTERS

SCORES = ("method", "network", "d", "runs", "test %", "95 %", "sd", "dev %")
TYPOS = ("typos %", "dev typos %")  # only where the runs were scored with typing errors
REST = ("vs direct", "95 %", "p", "table bytes", "bytes in all", "train s", "predict µs")
TEXT_COLUMNS = 2  # the first ones are text, the others numbers


def columns(rows: Sequence[dict]) -> tuple[str, ...]:
    """The titles over the cells() of rows of statistics.summarise()."""
    return (*SCORES, *(TYPOS if rows and "typos" in rows[0] else ()), *REST)


def cells(row: dict) -> list[str]:
    """A row of statistics.summarise() as text, in the order of columns(); - for what is undefined."""
    test, difference, typos = row["test"], row["difference"] or {}, row.get("typos")
    return [
        row["method"],
        row["network"],
        str(row["dim"]),
        str(row["runs"]),
        f"{test['mean']:.1f}",
        _bounds(test, ".1f"),
        _shown(test["sd"], ".2f"),
        f"{row['dev']['mean']:.1f}",
        *([f"{typos[split]['mean']:.1f}" for split in ("test", "dev")] if typos else []),
        _shown(difference.get("mean"), "+.1f"),
        _bounds(difference, "+.1f"),
        shown_p(difference.get("p")),
        f"{row['bytes']['table']:,.0f}",
        f"{row['bytes']['total']:,.0f}",
        f"{row['seconds']['train']:.1f}",
        _shown(row["microseconds"]["predict"], ".1f"),
    ]


def markdown(rows: Sequence[dict]) -> str:
    """The rows as a Markdown table, aligned for a terminal too."""
    aligned = []
    for i, (name, *texts) in enumerate(zip(columns(rows), *map(cells, rows), strict=True)):
        width = max(3, len(name), *map(len, texts))
        rule, align = ("-" * width, str.ljust) if i < TEXT_COLUMNS else ("-" * (width - 1) + ":", str.rjust)
        aligned.append([align(text, width) for text in (name, rule, *texts)])
    return "".join(f"| {' | '.join(line)} |\n" for line in zip(*aligned, strict=True))


def remarks(rows: Sequence[dict], overlap: float) -> list[str]:
    """How to read the table, a sentence or two each. overlap: of the runs, as of statistics.overlap()."""
    score = rows[0]["score"] if rows else "accuracy"
    lines = [
        f"test %: mean {score} over the runs; sd: their standard deviation. bytes in all: table, network and words. "
        "train s: including the teachers of a run."
    ]
    if rows and (typos := rows[0].get("typos")):
        lines.append(
            "typos %, dev typos %: the same scores with typing errors, one edit in a share of "
            f"{typos['rate']:g} of the words of {LEAST_LETTERS} letters and more."
        )
    if overlap:
        lines.append(
            "95 %, p: Student's t, two-sided, with the corrected variance of Nadeau and Bengio (2003), since the "
            f"training splits of the folds overlap (n_test / n_train = {overlap:.3f})."
        )
    else:
        lines.append(
            "95 %, p: Student's t, two-sided, over runs that differ in their seed: they cover the randomness of "
            "training, not the choice of the test sentences."
        )
    compared = [row["difference"] for row in rows if row["difference"]]
    if compared:
        lines.append(
            "vs direct: mean difference from direct with the same d, in percentage points, over pairs of runs with the "
            "same seed and fold."
        )
    if len(compared) > 1:
        lines.append(f"The {len(compared)} p values are not corrected for multiple comparisons.")
    unpaired = sum(difference["unpaired"] for difference in compared)
    if unpaired:
        lines.append(f"Runs without a partner, omitted: {unpaired}.")
    if rows:
        lines.append(_protocol(rows[0]["words"], rows[0]["transductive"]))
    return lines


def _protocol(words, transductive):
    """Which words were known, since scores of one protocol do not compare with those of the other."""
    known = f", and the {words:,} most frequent ones besides" if words else ""
    if transductive:
        return f"Transductive: the table has the words of all texts{known}; a device would not know those of the test."
    return f"The table has the words of the training and dev texts{known}; those of the test texts do not enter it."


def shown_p(p: float | None) -> str:
    """Three decimals, `<0.001` below that, - for None."""
    return "<0.001" if p is not None and p < 0.001 else _shown(p, ".3f")


def _shown(value, form):
    return "-" if value is None else format(value, form)


def _bounds(spread, form):
    return f"{spread['low']:{form}} to {spread['high']:{form}}" if spread.get("low") is not None else "-"
