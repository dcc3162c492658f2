"""embdistill beside what else one would take: one table, in results/peers.json and docs/performance.md.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/peers [--only epoch] [--rounds 5] [--work FOLDER]
Needs pip install 'embdistill[peers]'. Nothing else should run on the machine.

Every contestant lives in a process of its own, so that no pool of threads disturbs another, and does its work when it
is told to: first for its accuracy, then once a round in turn with its rivals.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import fire  # noqa: E402

from readme_table import fill  # noqa: E402

RESULTS = HERE.parent / "results" / "peers.json"
PAGE = "docs/performance.md"
CONTESTS = {
    "epoch": [
        (corpus, network, ["embdistill", "pytorch"])
        for corpus in ("TREC", "SST-2")
        for network in ("mean", "cnn", "lstm")
    ],
    "training": [("SST-2", "mean", ["embdistill", "fasttext"])],
    "batch": [(corpus, "mean", ["edm", "fasttext", "sklearn"]) for corpus in ("TREC", "SST-2")],
    "loading": [("", "", ["embdistill", "gensim"])],
}
WORK = {
    "epoch": "one epoch, `encode`, d = 50",
    "training": "whole training, vectors read",
    "batch": "a text of a batch",
    "loading": "a vector read, all from .gz",
}


class Contestant:
    """A process that readied one contestant, and waits."""

    def __init__(self, contest, name, corpus, network, work):
        words = [sys.executable, __file__, "contest", contest, name, corpus or "-", network or "-", str(work)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}
        self.name = name
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} stopped with exit code {self.process.wait()}")
        return float(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def contest(contest, name, corpus, network, work):
    """The process of one contestant: answers `quality` and `time`, a line each."""
    import contestants

    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    action, quality = getattr(contestants, f"{contest}_{name}")(corpus, network, Path(work))
    for line in sys.stdin:
        if line.strip() == "quality":
            answer = quality()
        else:
            begun = time.perf_counter()
            count = action()
            answer = (time.perf_counter() - begun) / count
        print(repr(answer), file=answers, flush=True)


def race(kind, corpus, network, names, rounds, work):
    """Quality and seconds of each contestant, in turn, round after round."""
    contestants = [Contestant(kind, name, corpus, network, work) for name in names]
    qualities = {contestant.name: contestant.ask("quality") for contestant in contestants}
    seconds = {name: [] for name in names}
    for number in range(-1, rounds):
        for contestant in contestants:
            taken = contestant.ask("time")
            if number >= 0:  # the first round is to warm up
                seconds[contestant.name].append(taken)
    for contestant in contestants:
        contestant.end()
    return {"corpus": corpus, "network": network, "quality": qualities, "seconds": seconds}


def table(found):
    """Medians as Markdown: the first of each contest is ours; ratios are of rivals to it."""
    lines = [
        "| what | corpus | network | contestant | accuracy | median | range | times ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, races in found["contests"].items():
        for race in races:
            ours = statistics.median(next(iter(race["seconds"].values())))
            for name, seconds in race["seconds"].items():
                median = statistics.median(seconds)
                accuracy = f"{race['quality'][name]:.1f}" if race["corpus"] else ""
                lines.append(
                    f"| {WORK[kind]} | {race['corpus']} | {race['network']} | {name} | {accuracy} | {shown(median)} "
                    f"| {shown(min(seconds))} to {shown(max(seconds))} | {median / ours:.2f} |"
                )
    return "\n".join(lines)


def shown(seconds):
    if seconds < 1e-3:
        return f"{1e6 * seconds:.1f} us"
    return f"{1e3 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main(only="epoch,training,batch,loading", rounds=5, work=None):
    """Run the contests.

    Args:
        only: which, of epoch, training, batch and loading, with commas between.
        rounds: how often each contestant is timed.
        work: a folder for files made on the way; a temporary one unless given.
    """
    work = Path(work or tempfile.mkdtemp(prefix="peers-"))
    work.mkdir(parents=True, exist_ok=True)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"contests": {}}
    for kind in only if isinstance(only, (list, tuple)) else only.split(","):
        found["contests"][kind] = [race(kind, *contest, rounds, work) for contest in CONTESTS[kind]]
        found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
        found["command"] = "python benchmarks/peers"
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))
    fill("peers", table(found), PAGE)


if __name__ == "__main__":
    if "EMBDISTILL_DATA" not in os.environ:
        sys.exit("set EMBDISTILL_DATA to the folder of the corpora and vectors")
    if sys.argv[1:2] == ["contest"]:
        contest(*["" if word == "-" else word for word in sys.argv[2:]])
    else:
        fire.Fire(main)
