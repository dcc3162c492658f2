"""The summary as text."""

from comparison_helpers import paired_records
from embdistill.comparison.statistics import summarise
from embdistill.comparison.summary_table import markdown, remarks, shown_p


def test_markdown():
    text = markdown(summarise(paired_records())).splitlines()
    assert len({len(line) for line in text}) == 1 and len(text) == 4
    assert [cell.strip() for cell in text[2].split("|")[1:6]] == ["encode", "mean", "4", "5", "91.7"]
    assert [shown_p(p) for p in (None, 0.0009, 0.0312, 1.0)] == ["-", "<0.001", "0.031", "1.000"]


def test_remarks_count_the_runs_without_a_partner():
    runs = [r for r in paired_records() if (r["method"], r["seed"]) not in (("direct", 0), ("encode", 4))]
    assert any("without a partner, omitted: 2" in line for line in remarks(summarise(runs), 0))


def test_remarks_say_which_words_were_known():
    said = {}
    for config in ({"words": 0, "transductive": False}, {"words": 5000, "transductive": True}):
        runs = [run | {"config": config} for run in paired_records()]
        *_, said[config["transductive"]] = remarks(summarise(runs), 0)
    assert said[False] == (
        "The table has the words of the training and dev texts; those of the test texts do not enter it."
    )
    assert said[True].startswith("Transductive: the table has the words of all texts, and the 5,000 most frequent ones")
