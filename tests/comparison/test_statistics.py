"""Statistics, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import stats

from comparison_helpers import DIRECT, ENCODE, METHODS, paired_records, record
from embdistill.comparison.statistics import interval, p_value, summarise


def test_a_row_is_what_scipy_says():
    encode, direct = summarise(paired_records())
    test = stats.ttest_rel(ENCODE, DIRECT)
    low, high = test.confidence_interval(0.95)
    difference = {"mean": 1.1, "low": low, "high": high, "sd": np.std(np.subtract(ENCODE, DIRECT), ddof=1)}
    assert encode["difference"] == pytest.approx(difference | {"p": test.pvalue, "pairs": 5, "unpaired": 0})
    low, high = stats.t.interval(0.95, 4, np.mean(ENCODE), stats.sem(ENCODE))
    assert encode["test"] == pytest.approx({"mean": 91.7, "low": low, "high": high, "sd": np.std(ENCODE, ddof=1)})
    assert (encode["runs"], encode["dev"], encode["seconds"]) == (5, {"mean": pytest.approx(92.7)}, {"train": 4.0})
    assert encode["microseconds"] == {"predict": 2.0}
    assert direct["difference"] is None


def test_by_hand():
    # 1, 2, 3: mean 2, sd 1; with 2 degrees of freedom P(|T| > t) = 1 - t / sqrt(2 + t^2), and t = 4.302653 at 95 %.
    assert interval([1, 2, 3]) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), rel=1e-6)
    t = 2 * 3**0.5
    assert p_value([1, 2, 3]) == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    corrected = 2 / (1 / 3 + 1 / 9) ** 0.5  # Nadeau & Bengio with n_test / n_train = 1/9
    assert p_value([1, 2, 3], 1 / 9) == pytest.approx(1 - corrected / (2 + corrected**2) ** 0.5)
    half = 4.302653 * (1 / 3 + 1 / 9) ** 0.5
    assert interval([1, 2, 3], 1 / 9) == pytest.approx((2 - half, 2 + half), rel=1e-6)


def test_folds_are_corrected():
    runs = [r | {"seed": 0, "fold": r["seed"]} for r in paired_records()]
    difference = summarise(runs)[0]["difference"]
    values = np.subtract(ENCODE, DIRECT)
    t = values.mean() / (values.var(ddof=1) * (1 / 5 + 10 / 90)) ** 0.5
    assert difference["p"] == pytest.approx(2 * stats.t.sf(t, 4))
    assert difference["p"] > summarise(paired_records())[0]["difference"]["p"]


def test_what_is_undefined_is_none():
    (one,) = summarise([record("encode", 0, 90.0)])
    assert one["test"] == {"mean": 90.0, "low": None, "high": None, "sd": None}
    assert one["difference"] is None
    single = summarise([record("encode", 0, 91.0), record("direct", 0, 90.0)])[0]["difference"]
    assert (single["mean"], single["low"], single["p"], single["pairs"]) == (1.0, None, None, 1)
    encode = summarise([record(m, s, s + (m == "encode") / 10) for m in METHODS for s in range(3)])[1]
    same = encode["difference"]
    assert (same["low"], same["p"]) == (None, None)  # the same except for round-off: no spread to judge by
    assert same["mean"] == pytest.approx(0.1)


def test_missing_pairs_are_counted_and_omitted():
    runs = [r for r in paired_records() if (r["method"], r["seed"]) not in (("direct", 0), ("encode", 4))]
    difference = summarise(runs)[0]["difference"]
    assert (difference["pairs"], difference["unpaired"]) == (3, 2)
    assert difference["p"] == pytest.approx(stats.ttest_rel(ENCODE[1:4], DIRECT[1:4]).pvalue)
    apart = summarise([record("encode", 0, 90.0), record("direct", 1, 90.0)])[0]["difference"]
    assert (apart["mean"], apart["p"], apart["pairs"], apart["unpaired"]) == (None, None, 0, 2)


def test_another_dim_is_no_partner_and_relations_have_their_own_score():
    rows = summarise([*paired_records(), record("large", 0, 95.0, dim=8, official_f1=80.0)])
    assert rows[-1]["difference"] is None
    assert (rows[-1]["test"]["mean"], rows[-1]["score"]) == (80.0, "official F1")
