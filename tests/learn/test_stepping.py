"""The session with pdb in docs/learn/stepping.md is what a terminal shows; line numbers may have moved since."""

import re

from learn_helpers import LEARN, ROOT, load


def without_lines(text: str) -> str:
    return re.sub(r"(?<=\.py)(\(\d+\)|:\d+)", "", text)


def test_the_session_is_a_real_one(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks" / "programs")
    session = load(ROOT / "benchmarks" / "programs" / "stepping.py").session()
    page = (LEARN / "stepping.md").read_text()
    assert without_lines(session) in without_lines(page), "run benchmarks/programs/stepping.py"


def test_the_debugger_shows_the_numbers_of_the_walkthrough():
    walkthrough, page = ((LEARN / name).read_text() for name in ("walkthrough.md", "stepping.md"))
    for printed, name in (("dencoded", "de"), ("da", "da"), ("dweight", "dW")):
        array = re.search(rf"p {printed}\narray\((.*?)\)", page, re.DOTALL)[1]
        block = re.search(rf"^{name} = +((?:\w+ +)?-?\d.*?)^(?:\w|`)", walkthrough, re.DOTALL | re.MULTILINE)[1]
        assert re.findall(r"-?\d\.\d+", array) == re.findall(r"-?\d\.\d+", block)
