"""Files of every kind whose contents were altered and whose checksums are right, each read as its owner would.

Whatever was altered, the outcome is a UserError of one line or a right answer, in bounded time and memory: so no file
can stop, crash or fill the machine of whoever is given it. tests/storage/test_attack.py tries a few hundred.

Run more: PYTHONPATH=tests python tests/storage/attack.py 10000 [SEED]
"""

import contextlib
import copy
import faulthandler
import io
import json
import math
import os
import resource
import struct
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

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
from naive.edm import sections
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
        images = {f"{n}.edm": edm_bytes(self.model, t) for n, t in (("model", "float32"), ("small", "int8"))}
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
            assert str(path) in str(error) and len(str(error).splitlines()) == 1, repr(error)
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


# ---- alterations


def altered(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    """The content of a file of this name with something altered; checksums within it fit again."""
    if name == RUNS:
        return _altered_lines(content, rng)
    if name.endswith(".edm"):
        return _altered_image(content, rng)
    if rng.random() < 0.4:
        return _altered_structure(content, rng)
    for _ in range(rng.integers(1, 4)):
        content = _altered_bytes(content, rng, userblock.SIZE)
    return content


def _altered_bytes(content, rng, first=0):
    """Bits, numbers of 1 to 8 bytes or stretches of bytes, above all where there is something else than zero."""
    content = bytearray(content)
    used = np.flatnonzero(np.frombuffer(content, np.uint8)[first:]) + first
    at = int(rng.choice(used)) if len(used) else first
    kind = rng.integers(5)
    if kind == 0:
        content[at] ^= 1 << rng.integers(8)
    elif kind == 1:
        size = int(rng.choice([1, 2, 4, 8]))
        at -= at % size
        numbers = [0, 1, 2, 255, len(content), 2 ** (8 * size) - 1, 2 ** (8 * size - 1), int(rng.integers(2**31))]
        number = numbers[rng.integers(len(numbers))] % 2 ** (8 * size)
        content[at : at + size] = number.to_bytes(size, "little")
    elif kind == 2:  # an address, say, that another part has
        other = int(rng.choice(used)) // 8 * 8
        content[at // 8 * 8 : at // 8 * 8 + 8] = content[other : other + 8].ljust(8, b"\0")
    elif kind == 3:
        other, size = int(rng.choice(used)), int(rng.integers(1, 200))
        stretch = content[other : other + size]
        content[at : at + len(stretch)] = stretch
    else:
        del content[at : at + int(rng.integers(1, 20 if rng.random() < 0.7 else len(content)))]
    return bytes(content)


def _altered_structure(content, rng):
    """What libhdf5 itself can put into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            found = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            name = found[rng.integers(len(found))]
            kinds = list(STRUCTURES.values())
            kinds[rng.integers(len(kinds))](file, name, np.asarray(file[name][()]), rng)
        return path.read_bytes()


def _replace(file, name, *values, **settings):
    del file[name]
    file.create_dataset(name, *values, **settings)


def _json(file, name, value, rng):
    _replace(file, "about", data=json.dumps(_altered_value(json.loads(file["about"].asstr()[()]), rng)))


def _not_finite(file, name, value, rng):
    value = value.copy()
    if value.dtype.kind == "f" and value.size:
        value.reshape(-1)[rng.integers(value.size)] = rng.choice([np.nan, np.inf, -np.inf, 3e38])
    _replace(file, name, data=value)


def _link(kind):
    def change(file, name, value, rng):
        del file[name]
        file[name] = kind

    return change


def _bomb(file, name, value, rng):
    _replace(file, name, (2**30, 64), "f4", chunks=(2**14, 64), compression="gzip")


def _unwritten(file, name, value, rng):
    _replace(file, name, (2**40, 4), "f4", chunks=(2**10, 4))


def _external(file, name, value, rng):
    _replace(file, name, value.shape or (4,), value.dtype, external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def _virtual(file, name, value, rng):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(4,))
    del file[name]
    file.create_virtual_dataset(name, layout)


def _many_groups(file, name, value, rng):
    file.create_group("/".join("g" * rng.integers(1, 300)))


def _other_type(file, name, value, rng):
    kinds = ["i1", "u8", "f8", "f2", ">f4", "?", "S5", h5py.string_dtype(), np.dtype([("a", "f4")]), "c8"]
    _replace(file, name, value.shape or (2,), kinds[rng.integers(len(kinds))])


def _other_shape(file, name, value, rng):
    shapes = [value.ravel(), value.T, value[None], value[..., None], value[:1] if value.ndim else value, value[()]]
    _replace(file, name, data=shapes[rng.integers(len(shapes))])


def _attribute(file, name, value, rng):
    places = [place for place in (file, file.get("network")) if place is not None and len(place.attrs)]
    place = places[rng.integers(len(places))]
    key = list(place.attrs)[rng.integers(len(place.attrs))]
    values = ["", "{}", "[" * 9999, 2**60, -1, 1.5, np.arange(3), b"\xff", '{"dim": 1e999}', "run", 1, h5py.Empty("f4")]
    place.attrs[key] = values[rng.integers(len(values))]


STRUCTURES = {
    "JSON": _json, "not finite": _not_finite, "soft link": _link(h5py.SoftLink("/about")),
    "external link": _link(h5py.ExternalLink("/etc/passwd", "/x")), "loop": _link(h5py.SoftLink("/")), "bomb": _bomb,
    "unwritten": _unwritten, "external storage": _external, "virtual": _virtual, "groups": _many_groups,
    "type": _other_type, "shape": _other_shape, "attribute": _attribute,
}  # fmt: skip


def _altered_image(content, rng):
    """A section of an .edm image altered, or its header, with checksums that fit."""
    parts = sections(content)
    name = list(parts)[rng.integers(len(parts))]
    if name == "META" and rng.random() < 0.7:
        parts[name] = json.dumps(_altered_value(json.loads(parts[name]), rng)).encode()
    elif rng.random() < 0.1:
        del parts[name]
    else:
        parts[name] = _altered_bytes(parts[name], rng)
    table, body, end = b"", b"", 24 + 16 * len(parts)
    for name, section in parts.items():
        body += bytes(-end % 16)
        end += -end % 16
        table += struct.pack("<4s3I", name.encode(), end, len(section), zlib.crc32(section))
        body += section
        end += len(section)
    head = struct.pack("<8s3I", content[:8], 1, end, len(parts))
    return head + struct.pack("<I", zlib.crc32(head + table)) + table + body


def _altered_lines(content, rng):
    """A line of JSON altered, as an object or as bytes."""
    lines = content.splitlines(keepends=True)
    at = rng.integers(len(lines))
    if rng.random() < 0.8:
        lines[at] = json.dumps(_altered_value(json.loads(lines[at]), rng)).encode() + b"\n"
    else:
        lines[at] = _altered_bytes(lines[at], rng)
    return b"".join(lines)


def _altered_value(value, rng):
    """A JSON value, with one value in it replaced, removed or added."""
    value = copy.deepcopy(value)
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return _odd_value(rng)
        key = keys[rng.integers(len(keys))]
        if not isinstance(place[key], (dict, list)) or not place[key] or rng.random() < 0.15:
            break
        place = place[key]
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = _odd_value(rng)
    return value


def _odd_value(rng):
    values = [None, True, -1, 0, 1.5, 2**70, -(2**70), 1e308, float("nan"), float("inf"), "", "\0", "é" * 300, [], {}]
    values += [[[[]]], {"a": {"b": 1}}, [1, "x", None], 10**400, "\udcff", "../../x", 12]
    return values[rng.integers(len(values))]


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
