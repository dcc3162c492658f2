"""Images of every kind of model, damaged and as they were written, under the sanitizers of gcc and clang."""

import re
import subprocess
from pathlib import Path

import pytest

from c_helpers import RUNTIME, STRICT, needed, sanitized
from hostile.seed_images import write

HERE = Path(__file__).parent
DEBUG = ["-g", "-O1", "-fno-sanitize-recover=all"]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    return sorted(write(tmp_path_factory.mktemp("seeds")))


@pytest.mark.parametrize(("cc", "block"), [("gcc", 1), ("clang", 4)])
def test_damaged_images_are_refused_or_used_within_their_bounds(seeds, tmp_path, cc, block):
    program = tmp_path / "hostile"
    sources = [HERE / "hostile.c", HERE / "use.c", HERE / "runtime.c"]
    options = [f"-DEMBDISTILL_BLOCK={block}", f"-I{RUNTIME}", f"-I{HERE}"]
    options += sanitized(needed(cc), "-fsanitize=address,undefined")
    subprocess.run([cc, *STRICT, *DEBUG, *options, *sources, "-o", program], check=True)
    done = subprocess.run([program, *seeds], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tried, refused = map(int, re.findall(r"\d+", done.stdout))
    assert tried > 1_000_000 and 0.95 * tried < refused < tried  # altered values open, altered structure does not


def test_nothing_uninitialised_is_read(seeds, tmp_path):
    program = tmp_path / "hostile"
    sources = [HERE / "uses.c", HERE / "use.c", HERE / "runtime.c"]
    options = ["-std=c99", *DEBUG, *sanitized(needed("clang"), "-fsanitize=memory"), f"-I{RUNTIME}", f"-I{HERE}"]
    subprocess.run(["clang", *options, *sources, "-o", program], check=True)
    done = subprocess.run([program, *seeds], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
