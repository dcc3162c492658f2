"""The corpora and the vectors that the programs read: their paths below the folder that EMBDISTILL_DATA names.

Only dataset_of imports embdistill, since peers/before.py puts another version in its place first.
"""

import os
import sys
from functools import cache
from pathlib import Path

DATA = Path(os.environ.get("EMBDISTILL_DATA", "EMBDISTILL_DATA"))
VECTORS = "vectors/vectors.300d.txt.gz"
SST = {"data": "sst/train.txt", "dev": "sst/dev.txt", "test": "sst/test.txt"}
FILES = {  # by option of `train`; the format where files do not tell theirs
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
}


def check_data() -> None:
    """Stop, in one line, where the folder of the corpora is missing."""
    if not DATA.is_dir():
        sys.exit("set EMBDISTILL_DATA to the folder of the corpora and vectors")


def options(corpus: str, *splits: str) -> list[str]:
    """Options of `train` and `compare`, run in DATA: the files of a corpus, all or those of splits, and vectors."""
    files = {name: file for name, file in FILES[corpus].items() if not splits or name in (*splits, "format")}
    return [word for name, value in {**files, "vectors": VECTORS}.items() for word in (f"--{name}", value)]


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
