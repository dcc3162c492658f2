"""The corpora and the vectors that the programs read: their paths below the folder that EMBDISTILL_DATA names.

Only functions import embdistill, since peers/before.py puts another version in its place first.
"""

import os
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(os.environ.get("EMBDISTILL_DATA", "EMBDISTILL_DATA"))
VECTORS = "vectors/vectors.300d.txt.gz"
SST = {"data": "sst/train.txt", "dev": "sst/dev.txt", "test": "sst/test.txt"}
NO_FILES = ("format", "label_column")
FILES = {  # by option of `train`; NO_FILES where files do not tell theirs
    "TREC": {"data": "trec/train.label", "test": "trec/test.label"},
    "SST-2": {**SST, "format": "sst2"},
    "SST-5": {**SST, "format": "sst5"},
    "SST-2-phrases": {**SST, "format": "sst2-phrases"},
    "SST-5-phrases": {**SST, "format": "sst5-phrases"},
    "MR": {"data": "mr/rt-polarity.pos"},
    "SemEval-2010-8": {
        "data": "semeval2010_task8/TRAIN_FILE.TXT",
        "test": "semeval2010_task8/TEST_FILE_FULL.TXT",
    },
    "Banking77": {"data": "banking77/train.csv", "test": "banking77/test.csv", "label_column": "category"},
}


def check_data() -> None:
    """Stop, in one line, where the folder of the corpora is missing."""
    if not DATA.is_dir():
        sys.exit("set EMBDISTILL_DATA to the folder of the corpora and vectors")


def options(corpus: str, *splits: str) -> list[str]:
    """Options of `train` and `compare`, run in DATA: the files of a corpus, all or those of splits, and vectors."""
    files = {name: file for name, file in FILES[corpus].items() if not splits or name in (*splits, *NO_FILES)}
    return [word for name, value in {**files, "vectors": VECTORS}.items() for word in (f"--{name}", value)]


class Part(NamedTuple):
    texts: list[str]
    labels: list[str]


def examples(corpus: str, part: str) -> Part:
    """The texts and labels of a file of a corpus, by its option of `train`."""
    from embdistill.data.corpora import Layout, read_corpus

    check_data()
    files = FILES[corpus]
    layout = Layout(None, files.get("label_column"))
    found = read_corpus(DATA / files[part], files.get("format", "auto"), layout).examples
    return Part([example.text for example in found], [example.label for example in found])


@cache
def dataset_of(corpus: str):
    """The corpus made ready, once a process. Test splits are not read."""
    from embdistill.data.prepare import prepare
    from embdistill.model.config import Config

    check_data()
    files = FILES[corpus]
    dev = files.get("dev")
    return prepare(
        DATA / files["data"], dev and DATA / dev, None, DATA / VECTORS, Config(), files.get("format", "auto")
    )
