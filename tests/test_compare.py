"""Comparisons: parallel, resumable, with statistics that were worked out by hand, and a report that is sound HTML."""

import csv
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from embdistill.comparison import compare as comparison
from embdistill.comparison import figures
from embdistill.comparison import statistics as summary
from embdistill.comparison.compare import RUNS, compare, hand_over, make_folder, plan, process_pool, run_job
from embdistill.data.dataset import prepare
from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.training import experiment

CONFIG = Config(dim=4, filters=5, hidden=6, epochs=2, batch=8, network="mean")
METHODS = ["direct", "encode"]
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def dataset(few_texts, few_vectors):
    return prepare(few_texts, None, few_texts, few_vectors, CONFIG)


def in_threads(workers, dataset):
    """An executor without processes, for tests of what does not need them."""
    hand_over(dataset)
    return ThreadPoolExecutor(1)


def quick(dataset, folder, methods=METHODS, dims=(4,), seeds=(0, 1), folds=None, config=CONFIG, **options):
    return compare(dataset, config, methods, dims, seeds, folds, folder, 1, in_threads, **options)


@pytest.fixture(scope="module")
def finished(dataset, tmp_path_factory):
    """The folder of a comparison with a dim that large does not have, and its records."""
    folder = tmp_path_factory.mktemp("compared")
    records = quick(dataset, folder, ["large", *METHODS], (4, 3), command="embdistill compare --out <here>")
    return folder, records


def lines_of(folder):
    return [json.loads(line) for line in (folder / RUNS).read_text().splitlines()]


def digests(records):
    return {(r["method"], r["dim"], r["seed"], r["fold"]): r["weights_sha256"] for r in records}


# ---- running


def test_records_are_in_order_and_are_those_of_single_runs(dataset, finished):
    folder, records = finished
    runs = [("large", 8)] + [(method, dim) for method in METHODS for dim in (4, 3)]
    assert [(r["method"], r["dim"], r["seed"]) for r in records] == [(*run, seed) for run in runs for seed in (0, 1)]
    single = experiment.run(dataset, replace(CONFIG, method="encode", dim=3, seed=1))
    assert records[-1]["weights_sha256"] == single.model.digest()
    assert records[-1]["test"] == single.record["test"]
    assert json.loads((folder / "results.json").read_text()) == records


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_same_weights_whatever_the_workers_and_how_they_start(dataset, tmp_path, start, finished):
    records = compare(
        dataset,
        CONFIG,
        METHODS,
        [4],
        [0, 1],
        None,
        tmp_path,
        2,
        lambda workers, dataset: process_pool(workers, dataset, start),
    )
    expected = digests(finished[1])
    assert all(expected[run] == digest for run, digest in digests(records).items())
    assert len(records) == 4


def test_workers_are_silent_and_the_parent_says_a_line_a_run(dataset, tmp_path, capfd):
    compare(dataset, CONFIG, METHODS, [4], [0], None, tmp_path, 2)
    out, err = capfd.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if "compil" not in line and "figures" not in line]
    assert len(lines) == 2
    assert lines[0].startswith("1/2 ") and lines[1].startswith("2/2 ") and "test" in lines[0]


def test_folds(dataset, tmp_path):
    records = quick(replace(dataset, test=None), tmp_path, seeds=(0,), folds=4)
    assert [record["fold"] for record in records] == [0, 1, 2, 3] * 2
    assert {tuple(record["sentences"].items()) for record in records} == {(("train", 30), ("test", 10))}
    assert summary.overlap(records) == pytest.approx(1 / 3)
    assert "Nadeau" in (tmp_path / "summary.md").read_text()
    assert "fold" in (tmp_path / "report.html").read_text()


def test_teachers_are_trained_once_and_small_vectors_are_for_direct_alone(dataset, tmp_path):
    small = np.zeros((len(dataset.vectors), 4), np.float32)
    small[1:] = np.random.default_rng(0).normal(size=(len(small) - 1, 4))
    plain = quick(dataset, tmp_path / "plain", ["direct", "encode+soft", "pca+soft"], seeds=(0,))
    assert len(list((tmp_path / "plain" / "teachers").glob("*.h5"))) == 1
    started = quick(replace(dataset, small_vectors=small), tmp_path / "started", ["direct", "encode+soft"], seeds=(0,))
    assert started[0]["weights_sha256"] != plain[0]["weights_sha256"]
    assert started[1]["weights_sha256"] == plain[1]["weights_sha256"]


# ---- resuming


def test_a_finished_comparison_is_not_repeated(dataset, tmp_path, monkeypatch):
    first = quick(dataset, tmp_path)
    monkeypatch.setattr(experiment, "run", None)
    assert quick(dataset, tmp_path) == first


def test_only_new_runs_are_made_and_others_stay(dataset, tmp_path, capsys):
    quick(dataset, tmp_path, ["direct"])
    before = (tmp_path / RUNS).read_text()
    records = quick(dataset, tmp_path, config=replace(CONFIG, rate=0.01))
    assert (tmp_path / RUNS).read_text().startswith(before)
    assert len(lines_of(tmp_path)) == 6 and len(records) == 4
    assert {record["config"]["rate"] for record in records} == {0.01}
    assert "2 runs of other settings or files stay there" in capsys.readouterr().err
    records = quick(dataset, tmp_path, seeds=(0, 1, 2))
    assert len(lines_of(tmp_path)) == 6 + 4  # encode, and the new seed of direct
    assert "2 of 6 runs are there already" in capsys.readouterr().err


def test_another_test_part_is_another_task(dataset, tmp_path):
    quick(dataset, tmp_path, ["direct"], seeds=(0,))
    other = replace(dataset, test=dataset.test.select(np.arange(10)))
    assert quick(other, tmp_path, ["direct"], seeds=(0,))[0]["sentences"]["test"] == 10
    assert len(lines_of(tmp_path)) == 2


def test_a_line_cut_off_is_removed_and_its_run_made_again(dataset, tmp_path, capsys):
    first = quick(dataset, tmp_path)
    whole = (tmp_path / RUNS).read_bytes()
    for cut in (1, 200):
        (tmp_path / RUNS).write_bytes(whole[:-cut])
        assert digests(quick(dataset, tmp_path)) == digests(first)
        assert "the last line was cut off" in capsys.readouterr().err
        assert len(lines_of(tmp_path)) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:-20],
        lambda line: b"[]",
        lambda line: b"\xff" + line,
        lambda line: b"[" * 100_000,
        lambda line: line.replace(b'"history": [', b'"history": [7, '),
        lambda line: line.replace(b'"test": {"accuracy": ', b'"test": {"accuracy": "x", "y": '),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(dataset, tmp_path, damage):
    quick(dataset, tmp_path)
    lines = (tmp_path / RUNS).read_bytes().splitlines()
    lines[1] = damage(lines[1])
    (tmp_path / RUNS).write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(UserError, match=rf"{RUNS}:2: is damaged; remove this line"):
        quick(dataset, tmp_path)


SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs with SIGINT ignored
from embdistill.model.config import Config
from embdistill.comparison.compare import compare
from embdistill.data.dataset import prepare
texts, vectors, folder = sys.argv[1:]
config = Config(dim=4, filters=5, hidden=6, epochs=2, batch=8, network="mean")
task = prepare(texts, None, texts, vectors, config)
compare(task, config, ["direct", "encode"], [4], range(200), None, folder, 2)
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_a_kill_and_leaves_no_worker(dataset, few_texts, few_vectors, tmp_path, blow):
    """The parent alone is hit: its workers must end by themselves."""
    words = [sys.executable, "-c", SCRIPT, str(few_texts), str(few_vectors), str(tmp_path)]
    process = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / RUNS).exists() or (tmp_path / RUNS).read_bytes().count(b"\n") < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(blow)
    err = process.communicate(timeout=30)[1]  # until the last worker has closed standard error too
    assert b"Traceback" not in err or blow == signal.SIGINT
    assert (b"the same command goes on from there" in err) == (blow == signal.SIGINT)
    made = (tmp_path / RUNS).read_bytes().count(b"\n")
    assert 3 <= made < 400
    assert len(compare(dataset, CONFIG, METHODS, [4], [0, 1], None, tmp_path, 2)) == 4


def test_a_second_comparison_in_the_same_folder_is_refused(dataset, tmp_path):
    held = f"import time; from embdistill.comparison.compare import RunsFile; f = RunsFile({str(tmp_path / RUNS)!r})"
    words = [sys.executable, "-c", f"{held}; print('held', flush=True); time.sleep(60)"]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            with pytest.raises(UserError, match="another comparison is going on there"):
                quick(dataset, tmp_path)
        finally:
            process.kill()


# ---- what goes wrong


def test_an_error_of_a_run_names_the_run(dataset, tmp_path):
    with pytest.raises(UserError, match=r"^encode d=4 seed 0: the loss is no longer finite"):
        compare(dataset, replace(CONFIG, rate=1e30), ["encode"], [4], [0], None, tmp_path, 1)


def die(job):
    if job.config.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_job(job)


def test_a_killed_worker_is_said_in_one_line_and_results_stay(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "run_job", die)
    with pytest.raises(UserError, match="a worker process died") as caught:
        compare(dataset, CONFIG, METHODS, [4], [0, 1], None, tmp_path, 1)
    assert "\n" not in str(caught.value)
    assert {line["seed"] for line in lines_of(tmp_path)} == {0}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([], [4], [0], None), "--methods is empty"),
        ((["direct"], [], [0], None), "--dims is empty"),
        ((["direct"], [4], [], None), "--seeds is empty"),
        ((["direct"], [4], [0], 1), "--folds 1: must be at least 2"),
        ((["direct", "direct"], [4], [0], None), "direct d=4 seed 0 is asked for 2 times"),
        ((["direct"], [0], [0], None), "--dim 0"),
        ((["sideways"], [4], [0], None), "--method sideways"),
    ],
)
def test_plan_refuses(arguments, message):
    with pytest.raises(UserError, match=message):
        plan(CONFIG, *arguments, large=8)


def test_refuses_a_file_as_folder_no_test_part_and_no_workers(dataset, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="is a file"):
            make_folder(folder)
    assert make_folder(tmp_path / "new" / "folders").is_dir()
    with pytest.raises(UserError, match="--test is missing"):
        quick(replace(dataset, test=None), tmp_path)
    with pytest.raises(UserError, match="--workers 0"):
        compare(dataset, CONFIG, METHODS, [4], [0], None, tmp_path, 0)


# ---- statistics


def record(method, seed, accuracy, fold=None, dim=4, **test):
    return {
        "method": method,
        "network": "mean",
        "dim": dim,
        "seed": seed,
        "fold": fold,
        "dev": {"accuracy": accuracy + 1},
        "test": {"accuracy": accuracy, "macro_f1": 0.0, **test},
        "bytes": {"table": 10, "network": 5, "total": 20},
        "seconds": {"train": 2.0 + seed},
        "microseconds": {"predict": float(seed)},
        "sentences": {"train": 90, "test": 10},
    }


OURS, THEIRS = [91.0, 92.5, 90.5, 93.0, 91.5], [90.0, 90.5, 90.0, 91.5, 91.0]


def both(**options):
    pairs = enumerate(zip(OURS, THEIRS, strict=True))
    return [record(m, i, v, **options) for i, pair in pairs for m, v in zip(("encode", "direct"), pair, strict=True)]


def test_a_row_is_what_scipy_says():
    encode, direct = summary.summarise(both())
    test = stats.ttest_rel(OURS, THEIRS)
    low, high = test.confidence_interval(0.95)
    difference = {"mean": 1.1, "low": low, "high": high, "sd": np.std(np.subtract(OURS, THEIRS), ddof=1)}
    assert encode["difference"] == pytest.approx(difference | {"p": test.pvalue, "pairs": 5, "unpaired": 0})
    low, high = stats.t.interval(0.95, 4, np.mean(OURS), stats.sem(OURS))
    assert encode["test"] == pytest.approx({"mean": 91.7, "low": low, "high": high, "sd": np.std(OURS, ddof=1)})
    assert (encode["runs"], encode["dev"], encode["seconds"]) == (5, {"mean": pytest.approx(92.7)}, {"train": 4.0})
    assert encode["microseconds"] == {"predict": 2.0}
    assert direct["difference"] is None


def test_by_hand():
    # 1, 2, 3: mean 2, sd 1; with 2 degrees of freedom P(|T| > t) = 1 - t / sqrt(2 + t^2), and t = 4.302653 at 95 %.
    assert summary.interval([1, 2, 3]) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), rel=1e-6)
    t = 2 * 3**0.5
    assert summary.p_value([1, 2, 3]) == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    corrected = 2 / (1 / 3 + 1 / 9) ** 0.5  # Nadeau & Bengio with n_test / n_train = 1/9
    assert summary.p_value([1, 2, 3], 1 / 9) == pytest.approx(1 - corrected / (2 + corrected**2) ** 0.5)
    half = 4.302653 * (1 / 3 + 1 / 9) ** 0.5
    assert summary.interval([1, 2, 3], 1 / 9) == pytest.approx((2 - half, 2 + half), rel=1e-6)


def test_folds_are_corrected():
    runs = [r | {"seed": 0, "fold": r["seed"]} for r in both()]
    difference = summary.summarise(runs)[0]["difference"]
    values = np.subtract(OURS, THEIRS)
    t = values.mean() / (values.var(ddof=1) * (1 / 5 + 10 / 90)) ** 0.5
    assert difference["p"] == pytest.approx(2 * stats.t.sf(t, 4))
    assert difference["p"] > summary.summarise(both())[0]["difference"]["p"]


def test_what_cannot_be_said_is_none():
    (one,) = summary.summarise([record("encode", 0, 90.0)])
    assert one["test"] == {"mean": 90.0, "low": None, "high": None, "sd": None}
    assert one["difference"] is None
    single = summary.summarise([record("encode", 0, 91.0), record("direct", 0, 90.0)])[0]["difference"]
    assert (single["mean"], single["low"], single["p"], single["pairs"]) == (1.0, None, None, 1)
    same = summary.summarise([record(m, s, s + (m == "encode") / 10) for m in METHODS for s in range(3)])[1][
        "difference"
    ]
    assert (same["low"], same["p"]) == (None, None)  # equal but for rounding: no spread to judge by
    assert same["mean"] == pytest.approx(0.1)


def test_missing_pairs_are_counted_and_left_out():
    runs = [r for r in both() if (r["method"], r["seed"]) not in (("direct", 0), ("encode", 4))]
    difference = summary.summarise(runs)[0]["difference"]
    assert (difference["pairs"], difference["unpaired"]) == (3, 2)
    assert difference["p"] == pytest.approx(stats.ttest_rel(OURS[1:4], THEIRS[1:4]).pvalue)
    assert any("without a partner, left out: 2" in line for line in summary.remarks(summary.summarise(runs), 0))
    apart = summary.summarise([record("encode", 0, 90.0), record("direct", 1, 90.0)])[0]["difference"]
    assert (apart["mean"], apart["p"], apart["pairs"], apart["unpaired"]) == (None, None, 0, 2)


def test_another_dim_is_no_partner_and_relations_have_their_own_score():
    rows = summary.summarise([*both(), record("large", 0, 95.0, dim=8, official_f1=80.0)])
    assert rows[-1]["difference"] is None
    assert (rows[-1]["test"]["mean"], rows[-1]["score"]) == (80.0, "official F1")


def test_markdown():
    text = summary.markdown(summary.summarise(both())).splitlines()
    assert len({len(line) for line in text}) == 1 and len(text) == 4
    assert [cell.strip() for cell in text[2].split("|")[1:6]] == ["encode", "mean", "4", "5", "91.7"]
    assert [summary.shown_p(p) for p in (None, 0.0009, 0.0312, 1.0)] == ["-", "<0.001", "0.031", "1.000"]


# ---- files


def test_tables(finished):
    folder, records = finished
    with open(folder / "results.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["test.accuracy"]) for row in rows] == [record["test"]["accuracy"] for record in records]
    assert rows[0]["config.network"] == "mean" and rows[0]["fold"] == ""
    summaries = json.loads((folder / "summary.json").read_text())
    with open(folder / "summary.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert "difference" not in rows[0] and rows[0]["difference.mean"] == ""
    assert [float(row["test.mean"]) for row in rows] == [row["test"]["mean"] for row in summaries]
    first = summaries[1]
    own = [r["test"]["accuracy"] for r in records if (r["method"], r["dim"]) == (first["method"], first["dim"])]
    assert first["test"]["mean"] == statistics.fmean(own)
    assert (folder / "summary.md").read_text().startswith(summary.markdown(summaries))


class Sound(HTMLParser):
    """Fails for a tag that is not closed in its turn, an id that is not the only one, and what the page would load."""

    VOID = ("meta", "br", "img", "link", "hr", "input")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text = [], set(), ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag not in ("script", "link", "img", "iframe")
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
        if "id" in attributes:
            assert attributes["id"] not in self.ids
            self.ids.add(attributes["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def check_html(page):
    sound = Sound()
    sound.feed(page)
    sound.close()
    assert not sound.open
    assert "http" not in page and "@import" not in page
    return sound


def test_report(finished, dataset):
    folder, records = finished
    page = (folder / "report.html").read_text()
    sound = check_html(page)
    assert "<here>" in sound.text and "&lt;here&gt;" in page
    for expected in (
        *dataset.labels,
        dataset.inputs[0]["sha256"],
        records[0]["weights_sha256"][:12],
        "encode",
        "numpy",
    ):
        assert expected in sound.text


def test_report_escapes(dataset, tmp_path):
    odd = replace(
        dataset, labels=["<b>&", '"two"'], notes=["<script>"], inputs=[{**dataset.inputs[0], "path": "a<b.csv"}]
    )
    quick(odd, tmp_path, ["direct"], seeds=(0,))
    text = check_html((tmp_path / "report.html").read_text()).text
    assert "<b>&" in text and "a<b.csv" in text and "<script>" in text


def test_figures(finished):
    pytest.importorskip("matplotlib")
    folder, _ = finished
    for name in ("accuracy_bytes", "learning_curves"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        picture = (folder / f"{name}.svg").read_text()
        assert "encode" in picture and picture.rstrip().endswith("</svg>")
    assert (folder / "report.html").read_text().count("<svg") == 2
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_figures_are_left_out(dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    quick(dataset, tmp_path, seeds=(0,))
    assert "pip install 'embdistill[plot]'" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.png"))
    page = (tmp_path / "report.html").read_text()
    check_html(page)
    assert "<svg" not in page


def test_figures_of_many_methods_and_one_run():
    pytest.importorskip("matplotlib")
    runs = [record(f"method{i}", 0, 50.0 + i) | {"history": [{"number": 1, "dev_accuracy": 50.0}]} for i in range(12)]
    for some in (runs, runs[:1]):
        assert len(figures.draw(summary.summarise(some), some)) == 4
