"""Compiled kernels on disk that are cut off, altered or gone are compiled again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import JIT_DISABLED

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing is compiled")

PROGRAM = """
from embdistill.kernels.machine.compiling import kernel

@kernel
def twice(x):
    return 2 * x

print(twice(3), twice(1.5), sum(twice.stats.cache_hits.values()))
"""


@pytest.fixture
def compiled(tmp_path):
    """Runs a program with a kernel of two signatures; gives what it prints, the last being how many it found."""
    (tmp_path / "program.py").write_text(PROGRAM)

    def compiled():
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        finished = subprocess.run(
            [sys.executable, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stderr
        return finished.stdout.split()

    assert compiled() == ["6", "3.0", "0"]
    assert compiled() == ["6", "3.0", "2"]
    return compiled


def _files(folder, ending):
    found = sorted((folder / "cache").rglob(f"program.twice*{ending}"))
    assert found
    return found


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", ["empty", "cut off", "garbled", "gone"])
def test_a_damaged_file_is_made_again(compiled, tmp_path, ending, damage):
    for path in _files(tmp_path, ending):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes({"empty": b"", "cut off": content[: len(content) // 2]}.get(damage, bytes(content)))
        if damage == "gone":
            path.unlink()
    assert compiled() == ["6", "3.0", "0"]
    assert compiled() == ["6", "3.0", "2"]


def test_a_folder_that_can_no_longer_be_written_does_no_harm(compiled, tmp_path):
    for path in _files(tmp_path, ""):
        path.unlink()
        path.mkdir()  # in the way of a new file
    assert compiled() == ["6", "3.0", "0"]


def test_numba_reads_no_more_than_it_wrote(compiled, tmp_path):
    """The checksum stands behind what Numba wrote, which must therefore be all that it reads."""
    from embdistill.kernels.machine import cache

    for path in _files(tmp_path, "nb?"):
        assert cache._is_sound(path)
    assert not cache._is_sound(Path(__file__))
