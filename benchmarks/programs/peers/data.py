"""The corpora and vectors as the contests take them."""

import gzip
import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))  # where corpora.py is, and readme_table.py
import corpora
from corpora import DATA, FILES

VECTORS = DATA / corpora.VECTORS
OURS = [sys.executable, "-m", "embdistill"]


def given(corpus: str) -> dict:
    """The files of a corpus and their format, if they do not tell it, as `prepare` and `train` take them."""
    return {name: value if name in corpora.NO_FILES else str(DATA / value) for name, value in FILES[corpus].items()}


def train(corpus: str, network: str, out, vectors=VECTORS) -> list[str]:
    """The command that trains a model of ours in default settings."""
    options = {**given(corpus), "vectors": vectors, "network": network, "out": out}
    return [*OURS, "train", "--json", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


def quietly(words: list) -> str:
    """Run a command; what it printed."""
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def examples(corpus: str, part: str) -> tuple[list[str], list[str]]:
    """Raw texts and labels of a part; every tenth of TREC's data is its dev part, and no longer in data."""
    from embdistill.data.corpora import read_corpus

    files = given(corpus)
    found = read_corpus(files.get(part, files["data"]), files.get("format", "auto")).examples
    if part not in files or (part == "data" and "dev" not in files):
        found = [example for i, example in enumerate(found) if (i % 10 == 0) == (part == "dev")]
    return [example.text for example in found], [example.label for example in found]


def spaced(texts: list[str]) -> list[str]:
    """Our tokens, lower case, with spaces between, as fastText wants them."""
    from embdistill.data.tokenizer import Tokenizer

    return [" ".join(Tokenizer()(text)) for text in texts]


def fasttext_file(corpus: str, part: str, folder: str) -> str:
    path = Path(folder) / f"{corpus}.{part}"
    texts, labels = examples(corpus, part)
    lines = [f"__label__{label} {text}" for label, text in zip(labels, spaced(texts), strict=True)]
    path.write_text("\n".join([*shuffled(lines), ""]))
    return str(path)


def shuffled(lines: list[str]) -> list[str]:
    """In an order that is random, and always the same. fastText trains in the order of its file; the texts of SST-2,
    MR and Banking77 come class by class, or nearly so."""
    lines = list(lines)
    random.Random(0).shuffle(lines)
    return lines


def plain_vectors(folder: str) -> str:
    """The vectors as plain text below a header."""
    path = Path(folder) / "vectors.vec"
    if not path.exists():
        with gzip.open(VECTORS) as rows:
            count = sum(1 for _ in rows)
        with gzip.open(VECTORS) as rows, open(path, "wb") as file:
            file.write(b"%d 300\n" % count)
            shutil.copyfileobj(rows, file)
    return str(path)
