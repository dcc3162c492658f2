"""Every exercise of docs/learn fails as it is given, passes with its solution, and fails with the usual mistakes."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from learn_helpers import LEARN, ROOT, load

SOLUTIONS = Path(__file__).parent / "solutions"
EXERCISES = sorted((LEARN / "exercises").glob("e*.py"))


def functions(module):
    return {name: value for name, value in vars(module).items() if inspect.isfunction(value)}


def checks(exercise):
    return [test for name, test in functions(exercise).items() if name.startswith("test_")]


def run_tests(exercise):
    for test in checks(exercise):
        test()


def test_there_are_twelve():
    assert len(EXERCISES) == 12
    assert [path.name for path in EXERCISES] == sorted(path.name for path in SOLUTIONS.glob("*.py"))
    page = (LEARN / "exercises" / "README.md").read_text()
    assert all(f"]({path.name})" in page for path in EXERCISES)


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_exercise(path):
    exercise, solution = load(path), load(SOLUTIONS / path.name)
    (name,) = functions(exercise).keys() & functions(solution).keys()  # the one that is to be written
    for test in checks(exercise):
        with pytest.raises(NotImplementedError):
            test()
    setattr(exercise, name, getattr(solution, name))
    run_tests(exercise)
    assert solution.MISTAKES
    for mistake in solution.MISTAKES:
        setattr(exercise, name, mistake)
        with pytest.raises((AssertionError, ValueError)):
            run_tests(exercise)


def test_pytest_collects_them_only_by_name():
    def collected(place):
        words = [sys.executable, "-m", "pytest", "--collect-only", place]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout

    assert EXERCISES[0].name not in collected("docs")
    assert EXERCISES[0].name in collected(str(EXERCISES[0].relative_to(ROOT)))
