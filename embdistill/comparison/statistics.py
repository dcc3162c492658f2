"""What the runs of a comparison come to: a row a method, network and dimension, with intervals and paired tests.

Which test, and why: docs/compare.md.
"""

import statistics
from collections.abc import Sequence

import numpy as np
from scipy import stats

from embdistill.model import metrics

CONFIDENCE = 0.95
BASELINE = "direct"
SAME = 1e-9  # percent: scores nearer than this differ by rounding only


def headline(record: dict) -> float:
    """The score of a run's test part, in percent: the official F1 of a relation task, else the accuracy."""
    return metrics.headline(record["test"])


def score_name(records: Sequence[dict]) -> str:
    """What headline() gives for these runs."""
    return "official F1" if any("official_f1" in record["test"] for record in records) else "accuracy"


def overlap(records: Sequence[dict]) -> float:
    """n_test / n_train of the folds that the runs were made on, whose training parts overlap; 0 without folds."""
    shares = [r["sentences"]["test"] / r["sentences"]["train"] for r in records if r["fold"] is not None]
    return statistics.fmean(shares) if shares else 0.0


def standard_error(values: Sequence[float], overlap: float = 0.0) -> float | None:
    """Of the mean of values (n,): sd * sqrt(1 / n + overlap); None for n < 2, or where the values are all the same.

    With overlap n_test / n_train > 0 it is that of the corrected resampled t test. Source: Nadeau & Bengio 2003,
    Inference for the generalization error; for folds over several seeds Bouckaert & Frank 2004.
    """
    if len(values) < 2 or np.ptp(values) < SAME:
        return None
    return float(np.std(values, ddof=1) * (1 / len(values) + overlap) ** 0.5)


def interval(values: Sequence[float], overlap: float = 0.0) -> tuple[float, float] | None:
    """The 95 % interval of the mean by Student's t with n - 1 degrees of freedom; None as in standard_error."""
    error = standard_error(values, overlap)
    if error is None:
        return None
    mean, half = statistics.fmean(values), float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
    return mean - half, mean + half


def p_value(differences: Sequence[float], overlap: float = 0.0) -> float | None:
    """Two-sided p of the paired t test that the mean difference is 0; None as in standard_error."""
    error = standard_error(differences, overlap)
    if error is None:
        return None
    return float(2 * stats.t.sf(abs(statistics.fmean(differences)) / error, len(differences) - 1))


def summarise(records: Sequence[dict]) -> list[dict]:
    """A row for each (method, network, dim), in the order of the records, as JSON can hold it.

    Scores in percent, differences in percentage points, times in seconds and microseconds. A pair is two runs of the
    same network, dim, seed and fold, of the row's method and of `direct`; `unpaired` counts the runs of both that have
    no partner. None stands for what cannot be said: no pair, one run only, or no spread between runs to judge by.
    """
    groups: dict[tuple, list[dict]] = {}
    for record in records:
        groups.setdefault((record["method"], record["network"], record["dim"]), []).append(record)
    return [_row(key, runs, groups.get((BASELINE, *key[1:]))) for key, runs in groups.items()]


def _row(key, runs, baseline):
    scores = [headline(run) for run in runs]
    share = overlap(runs)
    microseconds = [run["microseconds"]["predict"] for run in runs if run.get("microseconds")]
    return {
        **dict(zip(("method", "network", "dim"), key, strict=True)),
        "runs": len(runs),
        "score": score_name(runs),
        "test": _spread(scores, share),
        "dev": {"mean": statistics.fmean(metrics.headline(run["dev"]) for run in runs)},
        "difference": None if baseline is None or key[0] == BASELINE else _difference(runs, baseline, share),
        "bytes": {name: statistics.fmean(run["bytes"][name] for run in runs) for name in ("table", "total")},
        "seconds": {"train": statistics.fmean(_seconds(run) for run in runs)},
        "microseconds": {"predict": statistics.median(microseconds) if microseconds else None},
    }


def _seconds(run):
    """Of training, with that of its teachers, whether they were trained for this run or for another before."""
    return run["seconds"]["train"] + run["seconds"].get("teachers", 0.0)


def _spread(values, share):
    low, high = interval(values, share) or (None, None)
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "low": low, "high": high, "sd": sd}


def _difference(runs, baseline, share):
    ours, theirs = ({(run["seed"], run["fold"]): headline(run) for run in group} for group in (runs, baseline))
    pairs = sorted(ours.keys() & theirs.keys(), key=str)
    counts = {"pairs": len(pairs), "unpaired": len(ours.keys() ^ theirs.keys())}
    if not pairs:
        return {"mean": None, "low": None, "high": None, "sd": None, "p": None, **counts}
    differences = [ours[pair] - theirs[pair] for pair in pairs]
    return {**_spread(differences, share), "p": p_value(differences, share), **counts}


COLUMNS = ("method", "network", "d", "runs", "test %", "95 %", "sd", "dev %", "vs direct", "95 %", "p")
COLUMNS += ("table bytes", "bytes in all", "train s", "predict µs")
WORDS = 2  # so many of the columns are words, the others numbers


def cells(row: dict) -> list[str]:
    """A row of summarise() as text, in the order of COLUMNS; - for what cannot be said."""
    test, difference = row["test"], row["difference"] or {}
    return [
        row["method"],
        row["network"],
        str(row["dim"]),
        str(row["runs"]),
        f"{test['mean']:.1f}",
        _bounds(test, ".1f"),
        _shown(test["sd"], ".2f"),
        f"{row['dev']['mean']:.1f}",
        _shown(difference.get("mean"), "+.1f"),
        _bounds(difference, "+.1f"),
        shown_p(difference.get("p")),
        f"{row['bytes']['table']:,.0f}",
        f"{row['bytes']['total']:,.0f}",
        f"{row['seconds']['train']:.1f}",
        _shown(row["microseconds"]["predict"], ".1f"),
    ]


def shown_p(p: float | None) -> str:
    """Three decimals, `<0.001` below that, - for None."""
    return "<0.001" if p is not None and p < 0.001 else _shown(p, ".3f")


def _shown(value, form):
    return "-" if value is None else format(value, form)


def _bounds(spread, form):
    return f"{spread['low']:{form}} to {spread['high']:{form}}" if spread.get("low") is not None else "-"


def remarks(rows: Sequence[dict], share: float) -> list[str]:
    """How to read the table, a sentence or two a line. share: overlap() of the runs."""
    score = rows[0]["score"] if rows else "accuracy"
    lines = [
        f"test %: mean {score} over the runs; sd: their standard deviation. bytes in all: table, network, words. "
        "train s: with the teachers of a run."
    ]
    if share:
        lines.append(
            "95 %, p: Student's t, two-sided, with the corrected variance of Nadeau and Bengio (2003), since the "
            f"training parts of the folds overlap (n_test / n_train = {share:.3f})."
        )
    else:
        lines.append(
            "95 %, p: Student's t over runs that differ in their seed, two-sided: what training leaves to chance, not "
            "the choice of the test sentences."
        )
    compared = [row["difference"] for row in rows if row["difference"]]
    if compared:
        lines.append(
            "vs direct: mean difference in percentage points to direct of the same d, over pairs of runs with the same "
            "seed and fold."
        )
    if len(compared) > 1:
        lines.append(f"The {len(compared)} values of p are not corrected for their number.")
    if any(difference["unpaired"] for difference in compared):
        lines.append(f"Runs without a partner, left out: {sum(d['unpaired'] for d in compared)}.")
    return lines


def markdown(rows: Sequence[dict]) -> str:
    """The rows as a Markdown table that can be read on a terminal too."""
    table = [list(COLUMNS), *map(cells, rows)]
    widths = [max(3, *map(len, column)) for column in zip(*table, strict=True)]
    rule = ["-" * width if i < WORDS else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    lines = [
        [f"{text:<{w}}" if i < WORDS else f"{text:>{w}}" for i, (text, w) in enumerate(zip(r, widths, strict=True))]
        for r in table
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in (lines[0], rule, *lines[1:]))


def flat(record: dict, without: Sequence[str] = (), prefix: str = "") -> dict:
    """A nested record with one level of names, joined by dots: what a line of a CSV file can hold. Lists as words.

    without: names that are left out, at any level.
    """
    values = {}
    for name, value in record.items():
        if name in without:
            continue
        if isinstance(value, dict):
            values |= flat(value, without, f"{prefix}{name}.")
        else:
            values[prefix + name] = " ".join(map(str, value)) if isinstance(value, list) else value
    return values
