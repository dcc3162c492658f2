"""What int8 and int4 images lose against float32 ones on the test texts; writes results/dtypes.json and the table of
docs/results/dtypes.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/dtypes.py [CORPUS ...] [--seeds 5] \
         [--network cnn] [--work FOLDER]
The runs are those of open_vocabulary.py with default settings, in the same folder, and trained unless they are there.
"""

import json
import statistics
from pathlib import Path

import fire
from open_vocabulary import CORPORA, WORK, given_parts, ours, parts, score

from corpora import check_data
from embdistill.export.edm import DTYPES, edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import load_run
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "dtypes.json"
PAGE = "docs/results/dtypes.md"


def measure(*corpora, seeds=5, network="cnn", work=WORK):
    """Score the images of all dtypes, on corpora, by default all, with seeds from 0."""
    check_data()
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for corpus in corpora or CORPORA:
        row = {dtype: {"score": [], "bytes": [], "other labels": 0} for dtype in DTYPES} | {"texts": 0}
        for seed in range(seeds):
            texts, gold = parts(given_parts(corpus), seed)["test"]
            ours(corpus, f"--network {network}", work, parts(given_parts(corpus), seed), seed)
            run = load_run(work / f"{corpus}-{seed}-network-{network}.h5")
            answers = {dtype: _answers(edm_bytes(run, dtype), texts, gold, row[dtype]) for dtype in DTYPES}
            row["texts"] += len(texts)
            for dtype in DTYPES:
                row[dtype]["other labels"] += sum(map(str.__ne__, answers["float32"], answers[dtype]))
        results.setdefault(corpus, {})[network] = row
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        fill("dtypes", table(results), PAGE)


def _answers(image, texts, gold, row):
    labels = EdmModel(image).predict(texts)
    row["score"].append(score(gold, labels))
    row["bytes"].append(len(image))
    return labels


def table(results: dict) -> str:
    """The means over the seeds as Markdown."""
    lines = [
        "| corpus | network | float32 | dtype | accuracy | lost | other labels | bytes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for corpus in filter(results.get, CORPORA):
        for network, row in results[corpus].items():
            floats = statistics.mean(row["float32"]["score"])
            for dtype in DTYPES[1:]:
                found = row[dtype]
                accuracy, size = statistics.mean(found["score"]), statistics.mean(found["bytes"])
                share = 100 * found["other labels"] / row["texts"]
                cells = [f"{floats:.2f}", dtype, f"{accuracy:.2f}", f"{floats - accuracy:.2f}", f"{share:.2f} %"]
                lines.append(f"| {' | '.join([corpus, network, *cells, f'{size:,.0f}'])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
