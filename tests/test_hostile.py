"""The C runtime by itself: damaged images of every kind of model under sanitizers, and the errors of its functions."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
C = TESTS / "c"
RUNTIME = TESTS.parent / "kernels" / "runtime"
STRICT = "-std=c99 -Wall -Wextra -Wpedantic -Wdouble-promotion -Wconversion -Werror".split()
SANITIZED = [*STRICT, "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def compiler(name):
    if shutil.which(name) is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    subprocess.run([sys.executable, C / "seed_images.py", folder], check=True, capture_output=True)
    return sorted(folder.glob("*.edm"))


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("block", [1, 4])
def test_damaged_images_are_refused_or_used_within_their_bounds(seeds, tmp_path, cc, block):
    program = tmp_path / "hostile"
    sources = [C / "hostile.c", C / "use.c", RUNTIME / "embdistill.c"]
    options = [f"-DEMBDISTILL_BLOCK={block}", f"-I{RUNTIME}", f"-I{C}"]
    subprocess.run([compiler(cc), *SANITIZED, *options, *sources, "-o", program], check=True)
    done = subprocess.run([program, *seeds], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tried, refused = map(int, re.findall(r"\d+", done.stdout))
    assert tried > 1_000_000 and 0.95 * tried < refused < tried  # altered values open, altered structure does not


def test_nothing_uninitialised_is_read(seeds, tmp_path):
    program = tmp_path / "hostile"
    sources = [C / "uses.c", C / "use.c", RUNTIME / "embdistill.c"]
    options = ["-std=c99", "-g", "-O1", "-fsanitize=memory", "-fno-sanitize-recover=all", f"-I{RUNTIME}", f"-I{C}"]
    subprocess.run([compiler("clang"), *options, *sources, "-o", program], check=True)
    done = subprocess.run([program, *seeds], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_tanh_and_exponential_are_as_exact_as_arithmetic_c_says(tmp_path, cc):
    program = tmp_path / "functions"
    command = [compiler(cc), *STRICT, "-O2", f"-I{RUNTIME}", C / "functions.c", "-lm", "-o", program]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    tanh, exponential = map(float, done.stdout.split())  # largest relative errors over a dense grid, in units of 1e-9
    assert 60 < tanh <= 400 and 60 < exponential <= 250
