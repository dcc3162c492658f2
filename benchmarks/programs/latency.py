"""Microseconds from one text to its label, ours beside fastText and ONNX Runtime, and the start of `predict`.

TREC, d = 50; fills results/latency.json and docs/runtime.md. Needs pip install '.[bench]'.
Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/latency.py
"""

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np

import embdistill
from corpora import DATA, FILES, check_data, options
from embdistill.data.corpora import read_corpus
from embdistill.export import write
from embdistill.export.onnx import onnx_inputs
from embdistill.model.choices import NETWORKS
from embdistill.model.run_file import load_run
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "latency.json"
ROUNDS = 7  # over all texts
STARTS = 21
PRECOMPUTED = (1_000, 10_000)  # words; the second is all of TREC's
PAGE = "docs/runtime.md"


def train(network: str, folder: Path) -> Path:
    """A run file of TREC with default settings."""
    out = folder / f"{network}.h5"
    words = [sys.executable, "-m", "embdistill", "train", *options("TREC"), "--network", network, "--out", str(out)]
    if not out.exists():
        subprocess.run(words, cwd=DATA, check=True, stdout=subprocess.DEVNULL)
    return out


def ours(run: Path, folder: Path) -> dict:
    """By name: a function from a text to its answer, which is timed, and one from the answer to the label."""
    functions = {}
    for dtype in ("float32", "int8"):
        path = folder / f"{run.stem}_{dtype}.edm"
        write(run, "edm", path, dtype)
        functions[f"{run.stem} {dtype}"] = embdistill.load(path).classify
        for words in PRECOMPUTED:
            name = f"{run.stem} {dtype}, {words:,} words precomputed"
            functions[name] = embdistill.load(path, precompute=words).classify
    return {name: (function, itemgetter(0)) for name, function in functions.items()}


def onnx_runtime(run: Path, folder: Path) -> dict:
    """As `ours`, from the words of a text as the graph takes them, on one thread."""
    import onnxruntime

    path = folder / f"{run.stem}.onnx"
    write(run, "onnx", path)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    labels = load_run(run).labels
    name, answer = f"onnxruntime {run.stem}", partial(session.run, None)
    return {name: (answer, lambda outputs: labels[outputs[0].argmax()])}


def fasttext_model(folder: Path, examples: list):
    """A .ftz classifier with vectors of 50 numbers, of lower-case tokens with spaces between, as fastText wants."""
    import fasttext

    path = folder / "train.txt"
    path.write_text("".join(f"__label__{example.label} {spaced(example.text)}\n" for example in examples))
    for attempt in range(10):  # now and then it reads memory that nothing was written to, and says "Encountered NaN"
        try:
            model = fasttext.train_supervised(str(path), dim=50, epoch=25, lr=0.5, thread=1, verbose=0)
            break
        except RuntimeError:
            if attempt == 9:
                raise
    model.quantize(str(path), retrain=True)
    model.save_model(str(folder / "model.ftz"))
    return fasttext.load_model(str(folder / "model.ftz"))


def spaced(text: str) -> str:
    return " ".join(text.lower().split())


def measure(work=None):
    """Measure and write; work: a folder where the trained models are kept."""
    check_data()
    folder = Path(work or tempfile.mkdtemp()).resolve()
    folder.mkdir(exist_ok=True)
    train_split, test = (read_corpus(DATA / FILES["TREC"][split]).examples for split in ("data", "test"))
    contestants, inputs = contest(folder, train_split, [example.text for example in test])
    accuracy = check(contestants, inputs, [example.label for example in test])
    record = {
        "command": "EMBDISTILL_DATA=FOLDER python benchmarks/programs/latency.py",
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "texts": len(test),
        "microseconds": {
            name: {
                "median": statistics.median(t) / 1e3,
                "quartiles": [q / 1e3 for q in statistics.quantiles(t, n=4)[::2]],
                "accuracy": accuracy[name],
            }
            for name, t in in_turns(contestants, inputs).items()
        },
        "start": starts(folder / "mean_float32.edm"),
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("latency", table(record), PAGE)
    fill("start", start_line(record), PAGE)


def contest(folder: Path, train_split: list, texts: list[str]) -> tuple[dict, dict]:
    """By name: the functions as of `ours`, and their inputs for the texts."""
    contestants, inputs = {}, {}
    for run in (train(network, folder) for network in NETWORKS):
        model, theirs = load_run(run), onnx_runtime(run, folder)
        contestants |= ours(run, folder) | theirs
        inputs |= {name: [onnx_inputs(model.pack([text])) for text in texts] for name in theirs}
    fasttext = fasttext_model(folder, train_split)
    contestants["fastText .ftz"] = fasttext.predict, lambda answer: answer[0][0].removeprefix("__label__")
    inputs["fastText .ftz"] = [spaced(text) for text in texts]
    return contestants, dict.fromkeys(contestants, texts) | inputs


def check(contestants: dict, inputs: dict, gold: list[str]) -> dict:
    """The accuracies by name; each must be high enough for its times to mean anything."""
    accuracy = {}
    for name, (function, label) in contestants.items():
        right = [label(function(given)) == wanted for given, wanted in zip(inputs[name], gold, strict=True)]
        accuracy[name] = 100 * float(np.mean(right))
        assert accuracy[name] > 70, f"{name} is right in only {accuracy[name]} %: nothing to time"
    return accuracy


def in_turns(contestants: dict, inputs: dict) -> dict:
    """Nanoseconds of every call by name, over ROUNDS rounds in which all take turns."""
    times = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, (function, _) in contestants.items():
            for given in inputs[name]:
                begun = time.perf_counter_ns()
                function(given)
                times[name].append(time.perf_counter_ns() - begun)
    return times


def starts(path: Path) -> dict:
    """Median seconds of whole processes, in turns: `predict` on one text, and Python that imports NumPy."""
    commands = {
        "predict": [sys.executable, "-m", "embdistill", "predict", str(path)],
        "import numpy": [sys.executable, "-c", "import numpy"],
    }
    seconds = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, words in commands.items():
            begun = time.perf_counter()
            subprocess.run(words, input=b"what is the capital of france ?\n", check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def table(record: dict) -> str:
    """Medians as Markdown, with the ratios to the peers."""
    found = record["microseconds"]
    lines = [
        "| | microseconds a text: median (quartiles) | share of fastText | share of onnxruntime, same network "
        "| accuracy |",
        "|---|---|---|---|---|",
    ]
    for name, row in found.items():
        peer = found.get(f"onnxruntime {name.split()[0]}")
        shares = [f"{row['median'] / other['median']:.2f}" if other else "" for other in (found["fastText .ftz"], peer)]
        low, high = row["quartiles"]
        lines.append(
            f"| {name} | {row['median']:.1f} ({low:.1f} to {high:.1f}) | {shares[0]} | {shares[1]} "
            f"| {row['accuracy']:.1f} % |"
        )
    return "\n".join(lines)


def start_line(record: dict) -> str:
    predict, numpy = record["start"]["predict"], record["start"]["import numpy"]
    return (
        f"`python -m embdistill predict model.edm` on one text takes {1000 * predict:.0f} ms from start to exit, "
        f'`python -c "import numpy"` {1000 * numpy:.0f} ms: {predict / numpy:.2f} times as long.'
    )


if __name__ == "__main__":
    import fire

    fire.Fire(measure)
