"""What tests of C code share: where the runtime is, tools that may be missing, warnings that are errors."""

import os
import shutil
from pathlib import Path

import pytest

RUNTIME = Path(__file__).parents[1] / "kernels" / "runtime"
WARNINGS = "-Wall -Wextra -Wpedantic -Wdouble-promotion -Wconversion -Werror".split()
STRICT = ["-std=c99", *WARNINGS]


def needed(tool, packages=""):
    """The name of a tool. Without it the test is skipped, and fails under CI. packages: of Debian, that have it."""
    if not shutil.which(tool):
        assert not os.environ.get("CI"), f"{tool} must be installed under CI"
        pytest.skip(f"needs {tool}" + (f": apt-get install {packages}" if packages else ""))
    return tool
