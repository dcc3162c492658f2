"""Statistics of a comparison: a row per method, network and dim, with confidence intervals and paired tests.

docs/compare.md says which test is used and why.
"""

import statistics
from collections.abc import Sequence

import numpy as np
from scipy import stats

from embdistill.model.metrics import headline

CONFIDENCE = 0.95
BASELINE = "direct"
SAME = 1e-9  # percent: scores closer than this differ by round-off only


def summarise(records: Sequence[dict]) -> list[dict]:
    """A JSON-compatible row for each (method, network, dim), in the order of the records.

    Scores in percent, differences in percentage points, times in seconds and microseconds. A pair is two runs of the
    same network, dim, seed and fold, one of the row's method and one of `direct`; `unpaired` counts the runs of either
    without a partner. "typos", where the runs have them: the scores with typing errors, and their rate. None stands for
    what is undefined: no pair, a single run, or no spread among the runs.
    """
    groups: dict[tuple, list[dict]] = {}
    for record in records:
        groups.setdefault((record["method"], record["network"], record["dim"]), []).append(record)
    return [_row(key, runs, groups.get((BASELINE, *key[1:]))) for key, runs in groups.items()]


def overlap(records: Sequence[dict]) -> float:
    """n_test / n_train of cross-validation folds, whose training splits overlap; 0 without folds."""
    shares = [r["sentences"]["test"] / r["sentences"]["train"] for r in records if r["fold"] is not None]
    return statistics.fmean(shares) if shares else 0.0


def standard_error(values: Sequence[float], overlap: float = 0.0) -> float | None:
    """Of the mean of values (n,): sd * sqrt(1 / n + overlap); None for n < 2, or if all values are the same.

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


def _row(key, runs, baseline):
    share = overlap(runs)
    # With the teachers of a run, even if they were trained for another one.
    seconds = [run["seconds"]["train"] + run["seconds"].get("teachers", 0.0) for run in runs]
    microseconds = [run["microseconds"]["predict"] for run in runs if run.get("microseconds")]
    return {
        **dict(zip(("method", "network", "dim"), key, strict=True)),
        "runs": len(runs),
        "words": runs[0]["config"]["words"],
        "transductive": runs[0]["config"]["transductive"],
        "score": "official F1" if any("official_f1" in run["test"] for run in runs) else "accuracy",
        "test": _spread([headline(run["test"]) for run in runs], share),
        "dev": {"mean": statistics.fmean(headline(run["dev"]) for run in runs)},
        **_typos(runs, share),
        "difference": None if baseline is None or key[0] == BASELINE else _difference(runs, baseline, share),
        "bytes": {name: statistics.fmean(run["bytes"][name] for run in runs) for name in ("table", "total")},
        "seconds": {"train": statistics.fmean(seconds)},
        "microseconds": {"predict": statistics.median(microseconds) if microseconds else None},
    }


def _typos(runs, share):
    if not all("typos" in run for run in runs):
        return {}
    dev = {"mean": statistics.fmean(headline(run["dev_typos"]) for run in runs)}
    test = _spread([headline(run["test_typos"]) for run in runs], share)
    return {"typos": {**runs[0]["typos"], "test": test, "dev": dev}}


def _spread(values, share):
    low, high = interval(values, share) or (None, None)
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "low": low, "high": high, "sd": sd}


def _difference(runs, baseline, share):
    ours, theirs = ({(run["seed"], run["fold"]): headline(run["test"]) for run in group} for group in (runs, baseline))
    pairs = sorted(ours.keys() & theirs.keys(), key=str)
    counts = {"pairs": len(pairs), "unpaired": len(ours.keys() ^ theirs.keys())}
    if not pairs:
        return {"mean": None, "low": None, "high": None, "sd": None, "p": None, **counts}
    differences = [ours[pair] - theirs[pair] for pair in pairs]
    return {**_spread(differences, share), "p": p_value(differences, share), **counts}
