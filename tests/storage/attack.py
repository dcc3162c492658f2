"""Files of every kind whose contents were altered and whose checksums are right, each read as its owner would.

Whatever was altered, the outcome is a UserError of one line or a right answer, in bounded time and memory: so no file
can stop, crash or fill the machine of whoever is given it. tests/storage/test_attack.py tries a few hundred.

Run more: PYTHONPATH=tests python tests/storage/attack.py 10000 [SEED]
"""

import contextlib
import faulthandler
import io
import json
import math
import os
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from storage.alterations import altered

from comparison_helpers import CONFIG, quick
from conftest import write_few_texts, write_few_vectors
from embdistill.cli.info import info
from embdistill.cli.verify import verify
from embdistill.comparison.plan import Grid, plan
from embdistill.comparison.runs_file import RUNS, RunsFile, dataset_digest
from embdistill.comparison.statistics import summarise
from embdistill.comparison.summary_table import cells
from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.errors import UserError
from embdistill.export.edm import edm_bytes
from embdistill.export.splits import splits_of
from embdistill.model.edm import load_edm
from embdistill.model.evaluation import evaluate
from embdistill.model.run_file import load_run
from embdistill.storage import userblock
from embdistill.training import checkpoint, experiment
from embdistill.training.teacher_cache import TeacherCache
from embdistill.training.teachers import teacher_configs
from training_helpers import config

SECONDS, MEGABYTES = 20, 1000  # that one file may take; the libraries themselves need most of the memory
TEXTS = ["turn the lamp on", "", "nothing known", "play that song"]
SETTINGS = config("encode+soft", network="cnn")
OLD = Path(__file__).parent / "files"  # written by embdistill with schema 2


class Samples:
    """Sound files of each kind: contents by name, and how each is read and used."""

    def __init__(self, folder: Path, texts, vectors):
        """folder: where they, and then the altered ones, are written."""
        self.folder, self.texts = folder, texts
        self.dataset = prepare(texts, None, texts, vectors, SETTINGS)
        self.contents = {path.name: path.read_bytes() for path in OLD.iterdir()} | self._trained() | self._made()
        self.uses = {
            "run.h5": self.use_run,
            "run_schema_2.h5": self.use_run,
            "vectors.h5": use_vectors,
            "vectors_schema_2.h5": use_vectors,
            "many_vectors.h5": use_vectors,
            "run.h5.checkpoint": self.use_checkpoint,
            "teacher.h5": self.use_teacher,
            "model.edm": use_edm,
            "small.edm": use_edm,
            "tiny.edm": use_edm,
            RUNS: self.use_runs,
        }

    def _trained(self):
        seconds, remove = checkpoint.SECONDS, checkpoint.Checkpoint.remove
        checkpoint.SECONDS, checkpoint.Checkpoint.remove = 0, lambda self: None
        try:
            cache = self.folder / "cache"
            cache.mkdir()
            self.model = experiment.run(self.dataset, SETTINGS, self.folder / "run.h5", cache=cache).model
        finally:
            checkpoint.SECONDS, checkpoint.Checkpoint.remove = seconds, remove
        self.split = self.dataset.with_dev(SETTINGS.seed)
        (teacher,) = teacher_configs(SETTINGS)
        self.teacher_path = TeacherCache(cache, self.split)._path(teacher)
        names = ("run.h5", "run.h5.checkpoint")
        contents = {name: (self.folder / name).read_bytes() for name in names}
        return contents | {"teacher.h5": self.teacher_path.read_bytes()}

    def _made(self):
        values = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
        for name, count, dtype in (("vectors.h5", 20, "float16"), ("many_vectors.h5", 300, "int8")):
            rows = ((f"word{i}", row) for i, row in enumerate(values[:count]))
            write_vectors(self.folder / name, rows, 4, dtype, {"licence": "none"})
        self.axes = dict(methods=["direct", "encode"], seeds=(0, 1))
        quick(self.dataset, self.folder, **self.axes)
        names = ("vectors.h5", "many_vectors.h5", RUNS)
        contents = {name: (self.folder / name).read_bytes() for name in names}
        dtypes = {"model": "float32", "small": "int8", "tiny": "int4"}
        images = {f"{name}.edm": edm_bytes(self.model, dtype) for name, dtype in dtypes.items()}
        return contents | images

    def try_one(self, name: str, content: bytes) -> str:
        """`refused` or `read`; whatever is raised but a UserError of one line is a fault of embdistill."""
        path = self.teacher_path if name == "teacher.h5" else self.folder / name
        path.write_bytes(content)
        if name.endswith((".h5", ".checkpoint")):
            userblock.seal(path)
        try:
            with open(os.devnull, "w") as devnull, contextlib.redirect_stderr(devnull), np.errstate(all="ignore"):
                return self.uses[name](path) or "read"
        except UserError as error:
            named = str(path) in str(error) or str(self.texts) in str(error)  # a class of the texts that is not known
            assert named and len(str(error).splitlines()) == 1, repr(error)
            return "refused"

    def use_run(self, path):
        model = load_run(path)
        assert model.predict_proba(TEXTS).shape == (len(TEXTS), len(model.labels))
        facts_of(path)
        edm_bytes(model, "int8")
        evaluate(model, self.texts)
        splits_of(model, path, str(self.texts))

    def use_checkpoint(self, path):
        resumed = experiment.run(self.dataset, SETTINGS, self.folder / "run.h5", resume=True).model
        assert np.isfinite(resumed.table).all()

    def use_teacher(self, path):
        (teacher,) = teacher_configs(SETTINGS)
        found = TeacherCache(path.parent, self.split).get(teacher)
        if found is None:
            return "refused"  # and trained anew
        logits, seconds = found
        assert logits.shape == (self.split.train.packed.sentences, 2) and np.isfinite(logits).all()
        assert math.isfinite(seconds)

    def use_runs(self, path):
        jobs = plan(CONFIG, Grid(self.axes["methods"], [4], self.axes["seeds"]), 8)
        with RunsFile(path, dataset_digest(self.dataset)) as file:
            runs = list(file.read(jobs).values())
        for row in summarise(runs):
            cells(row)


def use_vectors(path):
    words, vectors = load_vectors(open_vectors(path))
    assert len(set(words)) == len(vectors) and np.isfinite(vectors).all()
    facts_of(path)


def use_edm(path):
    model = load_edm(path)
    assert model.predict_proba(TEXTS).shape == (len(TEXTS), len(model.labels))
    facts_of(path)


def facts_of(path):
    """Whoever reads a file can also verify it, and see what it holds."""
    with io.StringIO() as printed, contextlib.redirect_stdout(printed):
        verify(str(path))
        info(str(path), json=True)
        json.loads(printed.getvalue().splitlines()[-1], parse_constant=float.fromhex)  # which has no NaN


# ---- the run


def attack(samples: Samples, count: int, seed: int) -> Counter:
    """Try `count` altered files; returns how many of each name were `refused` and `read`."""
    outcomes, names = Counter(), list(samples.contents)
    for case in range(count):
        rng = np.random.default_rng([seed, case])
        name = names[case % len(names)]
        content = altered(name, samples.contents[name], rng)
        faulthandler.dump_traceback_later(SECONDS, exit=True)  # also where Python is not asked
        try:
            outcomes[name, samples.try_one(name, content)] += 1
        except BaseException as error:
            error.add_note(f"case {case} of seed {seed}: {name}")
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
    return outcomes


def limit_memory() -> None:
    """Let this process have no more than MEGABYTES beside what it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bytes = pages * resource.getpagesize() + MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (bytes, bytes))


def main(count: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        samples = Samples(folder, write_few_texts(folder / "few.txt"), write_few_vectors(folder / "few.vec"))
        limit_memory()
        outcomes = attack(samples, count, seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name in samples.contents:
        print(f"{name}: {outcomes[name, 'refused']} refused, {outcomes[name, 'read']} read")
    print(f"{count} files; at most {peak} MB of memory")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
