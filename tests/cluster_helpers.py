"""A dask cluster on this machine, each scheduler and worker a process of its own; what comparisons there come to."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60  # seconds, on a machine that is busy


@contextlib.contextmanager
def dask(program: str, *words, folder, **environment):
    """`dask scheduler` or `dask worker` with words; what they say is in a file in the folder."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *map(str, words), "--no-dashboard"]
    with open(folder / f"{program}.log", "ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextlib.contextmanager
def scheduler(folder, **environment):
    """A scheduler on a free port of this machine: its address and its process."""
    file = folder / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", 0, "--scheduler-file", file]
    with dask("scheduler", *words, folder=folder, **environment) as process:
        yield wait_until(lambda: _address(file)), process


def _address(file):
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):  # not written yet, or in part
        return json.loads(file.read_text())["address"]


def worker(address, folder, threads=1, **environment):
    """A worker, which its nanny starts again when it dies."""
    return dask("worker", address, "--nworkers", 1, "--nthreads", threads, folder=folder, **environment)


def wait_until(found: Callable[[], Any]) -> Any:
    """What is found, once it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def installed(folder, package, version) -> dict[str, str]:
    """The environment of a process that finds another version of a package installed."""
    about = folder / f"{package}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    return {"PYTHONPATH": str(folder)}


def results(folder):
    """results.json of a comparison, but for what takes how long."""
    records = json.loads((folder / "results.json").read_text())
    return [{name: value for name, value in r.items() if name not in ("seconds", "microseconds")} for r in records]
