"""Products of whole numbers by the instructions of each processor, for every small shape."""

import subprocess
from pathlib import Path

import pytest

from c_helpers import RUNTIME, STRICT, needed, sanitized
from processors.targets import LINUX

SOURCE = Path(__file__).parent / "products.c"


def compared(compiler, options, program, emulator=()) -> int:
    """How many sums were compared by a program that is made with the compiler; it fails if one is wrong."""
    subprocess.run([compiler, *STRICT, *options, f"-I{RUNTIME}", SOURCE, "-o", program], check=True)
    done = subprocess.run([*emulator, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("level", ["-O2", "-O3"])
@pytest.mark.parametrize("name", LINUX)
def test_products_on_every_processor_of_linux(tmp_path, name, level):
    target = LINUX[name]
    for tool in target.tools:
        needed(tool, target.packages)
    options = [*target.options.split(), level, target.link]
    assert compared(target.compiler, options, tmp_path / "products", target.emulator.split()) > 1_000_000


@pytest.mark.parametrize("block", [1, 4])
def test_nothing_beyond_the_inputs_and_weights_is_read(tmp_path, block):
    options = ["-O1", *sanitized(needed("gcc"), "-fsanitize=address,undefined"), "-fno-sanitize-recover=all"]
    assert compared("gcc", [*options, f"-DEMBDISTILL_BLOCK={block}"], tmp_path / "products") > 500_000
