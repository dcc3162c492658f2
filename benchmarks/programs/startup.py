"""Start-up, first training with a cold kernel cache, and memory: whole processes, as a user starts them.

Fills results/startup.json and docs/results/speed.md. Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/startup.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fire

from corpora import DATA, check_data, options
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "startup.json"
NETWORKS = ("mean", "cnn", "lstm")
STARTS, COLD = 21, 3  # processes of each kind
QUESTION = b"what is the capital of france ?\n"


def seconds(words: list[str], given=b"", **environment) -> float:
    """Of one process `python WORDS`, from start to exit."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, *words],
        input=given,
        cwd=DATA,
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
    )
    return time.perf_counter() - begun


def train(network: str, out: Path, *more: str) -> list[str]:
    return ["-m", "embdistill", "train", *options("TREC"), "--network", network, "--out", str(out), *more]


def compiling(network: str, folder: Path) -> float:
    """Seconds that training takes longer for want of compiled kernels: one epoch, cold less warm, median."""
    words, found = train(network, folder / "cold.h5", "--epochs", "1"), []
    for number in range(COLD):
        cache = str(folder / f"{network}{number}")
        cold, warm = (seconds(words, NUMBA_CACHE_DIR=cache) for _ in range(2))
        found.append(cold - warm)
    return statistics.median(found)


def peak_megabytes(network: str, folder: Path) -> list[float]:
    """Most memory that training on TREC has at once: the first time, when it compiles, and the second."""
    return [_peak_megabytes(network, folder, str(folder / network)) for _ in range(2)]


def _peak_megabytes(network, folder, cache):
    """Maximum resident set, in MB of 2^20 bytes."""
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, *train(network, folder / f"{network}.h5")],
        {**os.environ, "NUMBA_CACHE_DIR": cache},
        file_actions=[(os.POSIX_SPAWN_OPEN, out, os.devnull, os.O_WRONLY, 0) for out in (1, 2)],
    )
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, f"training of {network} failed"
    return usage.ru_maxrss / 1024


def measure():
    """Measure and write."""
    check_data()
    os.chdir(DATA)
    folder = Path(tempfile.mkdtemp())
    memory = {network: peak_megabytes(network, folder) for network in NETWORKS}
    edm = folder / "mean.edm"
    seconds(["-m", "embdistill", "export", str(folder / "mean.h5"), "--to", "edm", "--out", str(edm)])
    commands = {
        "import numpy": (["-c", "import numpy"], b""),
        "import embdistill": (["-c", "import numpy, embdistill"], b""),
        "predict": (["-m", "embdistill", "predict", str(edm)], QUESTION),
        "--help": (["-m", "embdistill", "--help"], b""),
    }
    found = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, (words, given) in commands.items():
            found[name].append(seconds(words, given))
    record = {
        "command": "EMBDISTILL_DATA=FOLDER python benchmarks/programs/startup.py",
        "seconds": {name: statistics.median(taken) for name, taken in found.items()},
        "compiling": {network: compiling(network, folder) for network in NETWORKS},
        "megabytes": memory,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("startup", table(record), "docs/results/speed.md")


def table(record: dict) -> str:
    taken = record["seconds"]
    numpy = taken["import numpy"]
    lines = [
        "| | measured | against `import numpy` |",
        "|---|---|---|",
        f"| `import embdistill`, beyond NumPy | {1000 * (taken['import embdistill'] - numpy):.0f} ms | |",
        f"| `python -m embdistill predict model.edm`, one text | {1000 * taken['predict']:.0f} ms "
        f"| {taken['predict'] / numpy:.2f} times |",
        f"| `python -m embdistill --help` | {1000 * taken['--help']:.0f} ms | {taken['--help'] / numpy:.2f} times |",
    ]
    for network in NETWORKS:
        lines.append(f"| compiling before the first training, `{network}` | {record['compiling'][network]:.1f} s | |")
    for network in NETWORKS:
        first, later = record["megabytes"][network]
        lines.append(
            f"| most memory while training on TREC, `{network}` | {later:.0f} MB, the first time {first:.0f} MB | |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
