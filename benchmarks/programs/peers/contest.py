"""Contestants in processes of their own, that take turns at the same work.

So no pool of threads disturbs another: who has no turn waits for a line on a pipe. A contestant is a function that gets
ready, and returns (facts, work): what is known of it, such as its accuracy, and a call that does its work once. What
work returns, if anything, is a dict that goes before what is measured here.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib import import_module

THREADS = 2
LEAST = 0.3  # seconds of a turn: short work is done again until they are over
PAUSE = 0.1  # seconds before a turn, in which the threads of the one before fall asleep


class Worker:
    """The process of one contestant, from its start to its last turn."""

    def __init__(self, module, function, given):
        words = [sys.executable, __file__, module, function, json.dumps(given)]
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": str(THREADS)}  # before any library is imported
        self.process = subprocess.Popen(words, stdin=-1, stdout=-1, text=True, env={**os.environ, **threads})
        self.facts = self.answer()

    def turn(self):
        time.sleep(PAUSE)
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else sys.exit(f"{self.process.args[2:]} stopped")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def serve(module, function, given):
    """The other end of Worker: a line when ready, and one a turn, with its seconds and the most memory ever had."""
    import resource

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    facts, work = getattr(import_module(module), function)(**json.loads(given))
    print(json.dumps(facts), file=answers, flush=True)
    for _ in sys.stdin:
        count, begun = 0, time.perf_counter()
        while not count or time.perf_counter() - begun < LEAST:
            found = work()
            count += 1
        seconds = (time.perf_counter() - begun) / count
        memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "memory": memory} | (found or {})), file=answers, flush=True)


def race(about: dict, contestants: dict, contest, rounds: int) -> dict:
    """contestants: name to function of the contest, and arguments. contest.check asserts of the facts by name that they
    may be compared, before anything is timed. The first round, to warm up, does not count."""
    print(contest.__name__, *about.values(), file=sys.stderr)
    with ExitStack() as stack:
        workers, turns = {}, {name: [] for name in contestants}
        for name, (function, given) in contestants.items():
            workers[name] = Worker(contest.__name__, function, given)
            stack.callback(workers[name].end)
        contest.check({name: worker.facts for name, worker in workers.items()})
        for number in range(rounds + 1):
            first = number % len(turns)
            for name in [*turns, *turns][first : first + len(turns)]:
                turns[name].append(workers[name].turn())
    measured = {name: {key: [turn[key] for turn in turns[name][1:]] for key in turns[name][0]} for name in turns}
    return {**about, "contestants": {name: workers[name].facts | measured[name] for name in turns}}


def table(races: list, ratios: dict, known: dict) -> str:
    """Markdown. ratios: title of a column to a function that says with whom a contestant is compared there, if at all:
    their seconds over its own, round by round. known: title to a fact, and how it is written."""
    titles = [*list(races[0])[:-1], "contestant", *ratios, *known, "seconds", "peak MB"]
    lines = [titles, ["---"] * len(titles)]
    for race in races:
        *about, contestants = race.values()
        for name, found in contestants.items():
            cells = [_ratio(contestants.get(rival(name)), found) for rival in ratios.values()]
            facts = [form.format(found[fact]) if fact in found else "" for fact, form in known.values()]
            seconds, memory = statistics.median(found["seconds"]), max(found["memory"])
            lines.append([*about, name, *cells, *facts, f"{seconds:.3g}", f"{memory / 1e6:.0f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def circumstances(machine: dict, races: list) -> str:
    """A line below the table."""
    rounds = min(len(found["seconds"]) for race in races for found in race["contestants"].values())
    return f"{rounds} rounds, {machine['threads']} threads where nothing else is said, {machine['processor']}."


def _ratio(other, found):
    """The median, the lowest and the highest."""
    if other in (None, found):
        return ""
    ratios = [theirs / own for theirs, own in zip(other["seconds"], found["seconds"], strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    serve(*sys.argv[1:])
