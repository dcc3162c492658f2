"""Users without a home folder, who cannot write the package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli_helpers import SMALL, TRAIN

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def _as_another_user(folder, *words):
    """A command of a user without a home folder, who can write neither the package nor Python's folders."""
    if not ROOT:
        pytest.skip("only root can become another user")
    program = (
        "import os, sys; os.setgroups([]); os.setgid(54321); os.setuid(54321); "
        "from embdistill.cli import main; sys.exit(main())"
    )
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder / "tmp")}
    words = [sys.executable, "-c", program, *words]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def open_folder(here):
    """The folder of `here`, where any user may write."""
    folder = here
    while folder != Path(folder.anchor) and folder.stat().st_uid == os.geteuid() and folder.name != "tmp":
        folder.chmod(folder.stat().st_mode | 0o055)
        folder = folder.parent
    here.chmod(0o777)
    (here / "tmp").mkdir()
    (here / "tmp").chmod(0o1777)
    checked = _as_another_user(here, "--version")
    if checked.returncode:
        pytest.skip(f"another user cannot run this Python: {checked.stderr.splitlines()[-1]}")
    return here


def test_a_user_without_a_home_folder(open_folder):
    private = open_folder / "tmp" / "embdistill-54321"
    said = f"compiled kernels are kept in {private}: neither the package nor a home folder can be written\n"
    first = _as_another_user(open_folder, *TRAIN, *SMALL, "--out", "new.h5")
    assert first.returncode == 0 and first.stderr.count(said) == 1, first.stderr
    for words in ([*TRAIN, *SMALL, "--out", "new.h5"], ["info", "new.h5"], ["evaluate", "new.h5", *TRAIN[1:3]]):
        again = _as_another_user(open_folder, *words)
        assert again.returncode == 0 and "compil" not in again.stderr, again.stderr
