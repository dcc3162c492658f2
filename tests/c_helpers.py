"""What tests of C code share: where the runtime is, tools that may be missing, warnings that are errors."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
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


def sanitized(compiler, *options):
    """The options, if the compiler has what they need: -fsanitize is linked with libraries that may not be installed.

    Without them the test is skipped, and fails under CI.
    """
    if problem := _cannot_run(compiler, options):
        assert not os.environ.get("CI"), f"{compiler} must have its sanitizers under CI: {problem}"
        pytest.skip(f"{compiler} cannot make a program with {' '.join(options)}: {problem}")
    return options


@cache
def _cannot_run(compiler, options) -> str:
    """Why a program with these options cannot be made or does not run; "" if it does."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "empty.c"), Path(folder, "empty")
        source.write_text("int main(void) { return 0; }\n")
        for words in ([compiler, *options, source, "-o", program], [program]):
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode:
                return (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
    return ""
