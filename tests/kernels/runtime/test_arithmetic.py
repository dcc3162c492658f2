"""How exact the tanh, the exponential and the logistic function of the C runtime are."""

import subprocess
from pathlib import Path

import pytest

from c_helpers import RUNTIME, STRICT, needed
from processors.targets import LINUX

HERE = Path(__file__).parent


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_tanh_and_exponential_are_as_exact_as_arithmetic_c_says(tmp_path, cc):
    program = tmp_path / "errors"
    options = [*STRICT, "-O2", f"-I{RUNTIME}"]
    subprocess.run([needed(cc), *options, HERE / "arithmetic_errors.c", "-lm", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    tanh, exponential = map(float, done.stdout.split())  # largest relative errors over a dense grid, in units of 1e-9
    assert 60 < tanh <= 400 and 60 < exponential <= 250


@pytest.mark.parametrize("name", ["x86-64 gcc", "x86-64 sse2"])
def test_tanh_of_whole_numbers_is_as_exact_as_tanh_c_says(tmp_path, name):
    """By vectors where the processor has them, and number by number."""
    target, program = LINUX[name], tmp_path / "errors"
    for tool in target.tools:
        needed(tool, target.packages)
    options = [*STRICT, "-O2", target.link, f"-I{RUNTIME}"]
    subprocess.run([target.compiler, *options, HERE / "integer_tanh.c", "-lm", "-o", program], check=True)
    words = [*target.emulator.split(), program]
    tanh, sigmoid = map(float, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert 2 < tanh <= 4 and 2 < sigmoid <= 4  # in steps of 2^-15
