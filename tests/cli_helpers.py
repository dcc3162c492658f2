"""What tests of the command line share: words, whole processes, what is in a folder."""

import subprocess
import sys

TRAIN = ["train", "--data", "texts.txt", "--vectors", "vectors.txt"]  # in the folder of `here`
COMPARE = ["compare", *TRAIN[1:], "--test", "texts.txt", "--out", "results"]
SMALL = ["--dim", "4", "--filters", "5", "--epochs", "2", "--batch", "8"]  # trains in a moment


def process(folder, *words, **more):
    """`python -m embdistill WORDS`, run in a folder to its end."""
    words = [sys.executable, "-m", "embdistill", *map(str, words)]
    return subprocess.run(words, cwd=folder, capture_output=True, **more)


def command(*words, cwd, stdin=b""):
    """Standard output and standard error of `python -m embdistill WORDS`, which must end well."""
    finished = process(cwd, *words, input=stdin)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode(), finished.stderr.decode()
