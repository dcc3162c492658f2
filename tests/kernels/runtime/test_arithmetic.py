"""How exact the tanh and the exponential of the C runtime are."""

import subprocess
from pathlib import Path

import pytest

from c_helpers import RUNTIME, STRICT, needed

SOURCE = Path(__file__).parent / "arithmetic_errors.c"


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_tanh_and_exponential_are_as_exact_as_arithmetic_c_says(tmp_path, cc):
    program = tmp_path / "errors"
    subprocess.run([needed(cc), *STRICT, "-O2", f"-I{RUNTIME}", SOURCE, "-lm", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    tanh, exponential = map(float, done.stdout.split())  # largest relative errors over a dense grid, in units of 1e-9
    assert 60 < tanh <= 400 and 60 < exponential <= 250
