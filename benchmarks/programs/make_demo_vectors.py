"""Makes embdistill/demo/vectors.h5 with the project's own `vectors import`; run again when the sentences change.

Run: python benchmarks/programs/make_demo_vectors.py VECTORS OUT

VECTORS is the large file, most frequent word first. The list holds every word of the demo, then frequent words of
lower-case letters, each with a vector of its own: a word whose vector a word before it has too is passed over.
"""

import sys
import tempfile

from embdistill.cli import main
from embdistill.data.corpora import read_corpus
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import open_vectors
from embdistill.demo import FOLDER

WORDS = 3950  # with float16, just below the 2.5 MB that the repository has room for
LICENCE = "CC0 (Explosion)"
NOTE = (
    "300-dimensional vectors of the spaCy model en_core_web_md 3.7 (model: MIT, Explosion; vectors: CC0, trained by "
    "Explosion on OSCAR, Wikipedia, OpenSubtitles and WMT News), cut down to the words of the embdistill demo and some "
    "thousand frequent words."
)


def word_list(vectors: str) -> list[str]:
    """The words that the demo file is to have."""
    tokenizer = Tokenizer()
    parts = [read_corpus(FOLDER / f"{split}.txt", "fasttext") for split in ("train", "dev", "test")]
    words = dict.fromkeys(token for split in parts for example in split.examples for token in tokenizer(example.text))
    met = set()
    for word, vector in open_vectors(vectors).rows():
        own = vector.tobytes()
        if len(words) < WORDS and word.isascii() and word.isalpha() and own not in met:
            words[word] = None
        met.add(own)
    return list(words)


if __name__ == "__main__":
    source, out = sys.argv[1:]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as vocab:
        vocab.write("\n".join(word_list(source)))
        vocab.flush()
        arguments = ["--out", out, "--vocab", vocab.name, "--dtype", "float16", "--licence", LICENCE, "--note", NOTE]
        sys.exit(main(["vectors", "import", source, *arguments]))
