"""The session with pdb in docs/learn/stepping.md, by running it.

Run: python benchmarks/programs/stepping.py
"""

import os
import re
import subprocess
import sys

from readme_table import ROOT, fill

PAGE = "docs/learn/stepping.md"
SCRIPT = "docs/learn/step.py"
COMMANDS = [
    "from embdistill.kernels.encode import encode_backward",
    "break encode_backward.__wrapped__",
    "continue",
    "where",
    "p dencoded",
    "next",
    "next",
    "p da",
    "next",
    "next",
    "p dweight",
    "quit",
]


def session() -> str:
    """What a terminal shows, with paths from the root of the repository."""
    words = [sys.executable, "-m", "pdb", SCRIPT]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    text = "".join(f"{command}\n" for command in COMMANDS)
    finished = subprocess.run(words, input=text, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    start, *answers = finished.stdout.split("(Pdb) ")
    shown = [f"{start}(Pdb) {COMMANDS[0]}\n"]
    for answer, command in zip(answers, COMMANDS[1:], strict=False):
        shown.append(f"{answer}(Pdb) {command}\n")
    # The frames of pdb itself, below those of the script.
    frames = re.sub(
        r"^  \S*/bdb\.py\(\d+\)run\(\)\n-> .*\n  <string>\(1\)<module>\(\)\n", "", "".join(shown), flags=re.M
    )
    return f"$ NUMBA_DISABLE_JIT=1 python -m pdb {SCRIPT}\n" + frames.replace(f"{ROOT}/", "").rstrip()


if __name__ == "__main__":
    fill("stepping", f"```text\n{session()}\n```", PAGE)
