"""Reading the shared word vectors: ours, all words or those of TREC alone, and gensim, which takes all.

Plain text has a header, which spares gensim a pass over the file.
"""

from data import VECTORS, examples, plain_vectors, spaced

EVERY = 100  # so many lines apart are those that are compared
FACTS = {"words": ("words", "{:,}")}
RATIOS = {"times as fast as gensim with the same file": lambda name: f"gensim, {name.split(', ')[-1]}"}


def races(folder):
    contestants = {}
    for kind, file in (("packed", str(VECTORS)), ("plain text", plain_vectors(folder))):
        for what, wanted in (("words of TREC", True), ("all words", False)):
            contestants[f"embdistill, {what}, {kind}"] = ("ours", {"file": file, "wanted": wanted})
        contestants[f"gensim, {kind}"] = ("gensim", {"file": file})
    yield {}, contestants


def check(facts):
    counts = {found["words"] for name, found in facts.items() if "TREC" not in name}
    assert len(counts) == 1, f"not as many words: {facts}"


def compared(found, wanted=None):
    """The facts of vectors found, a mapping from words; some are compared with the file, as NumPy reads it."""
    import gzip
    from itertools import islice

    import numpy as np

    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, EVERY):
            word, *numbers = line.split(" ")
            if wanted is None or word in wanted:
                np.testing.assert_allclose(found[word], np.array(numbers, np.float32), rtol=1e-6)
    return {"words": len(found)}


def ours(file, wanted):
    from embdistill.data.vectors import load_vectors, open_vectors

    texts = [text for part in ("data", "dev", "test") for text in spaced(examples("TREC", part)[0])]
    words = set(" ".join(texts).split()) if wanted else None
    found = dict(zip(*load_vectors(open_vectors(file), words), strict=True))
    return compared(found, words), lambda: load_vectors(open_vectors(file), words) and None


def gensim(file):
    from gensim.models import KeyedVectors

    def read():
        return KeyedVectors.load_word2vec_format(file, no_header=file.endswith(".gz"))

    return compared(read()), lambda: read() and None
