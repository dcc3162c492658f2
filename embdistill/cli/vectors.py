"""The verbs `vectors import`, `vectors info` and `vectors neighbors`."""

import os
import sys

from embdistill.cli.printing import print_facts, print_json
from embdistill.errors import UserError
from embdistill.storage.files import check_writable


def import_(
    src,
    *,
    out: str | None = None,
    vocab: str | None = None,
    dtype: str = "float32",
    licence: str = "",
    note: str = "",
    json: bool = False,
):
    """Turn a vector file into our HDF5, which is read faster; keep only the words asked for.

    Args:
        src: GloVe, word2vec (text or binary) or fastText .vec, each also .gz, or our HDF5.
        out: the file to write.
        vocab: a text file; only its words are kept. Words are matched exactly.
        dtype: float32, float16, or int8 with a scale a row.
        licence: licence of the vectors, kept in the file.
        note: anything else to keep in the file, such as where the vectors come from.
        json: print one JSON object.
    """
    from embdistill.data.prepare import file_record, read_words
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.data.vectors import open_vectors
    from embdistill.data.vectors.hdf5_file import SCALED, vectors_summary, write_vectors

    if not out:
        raise UserError("--out is missing; name the file to write, such as vectors.h5")
    if dtype not in SCALED:
        raise UserError(f"--dtype {dtype}: must be one of {', '.join(SCALED)}")
    check_writable(out, filter(None, [src, vocab]))
    wanted = read_words(vocab, Tokenizer("whitespace", lowercase=False)) if vocab else None
    file = open_vectors(src)
    source = {"source": os.path.basename(src), "sha256": file_record("source", src)["sha256"], "format": file.format}
    theirs = vectors_summary(src)["about"] if file.format == "hdf5" else {}  # goes on with the vectors
    kept = {"licence": licence or theirs.get("licence", ""), "note": note or theirs.get("note", "")}
    words = write_vectors(out, file.rows(wanted), file.dim, dtype, source | kept)
    for line in file.notes:
        print(line, file=sys.stderr)
    if json:
        print_json({"out": out, "words": words, "dim": file.dim, "dtype": dtype, "counts": dict(file.counts)})
    else:
        print(f"{out}: {words} words x {file.dim}, {dtype}, {os.path.getsize(out)} bytes")


def info(file, *, json: bool = False):
    """Say what a vector file holds, reading all of it.

    Args:
        file: a vector file of any format.
        json: print one JSON object.
    """
    from embdistill.data.vectors import open_vectors

    vectors = open_vectors(file)
    words = sum(1 for _ in vectors.rows())
    facts = {"format": vectors.format, "words": words, "dim": vectors.dim, "counts": dict(vectors.counts)}
    if vectors.format == "hdf5":
        from embdistill.data.vectors.hdf5_file import vectors_summary

        facts |= vectors_summary(file)
    print_json(facts) if json else print_facts(facts)


def neighbors(file, word, *, count: int = 10, json: bool = False):
    """Print the words nearest to a word, with their cosines.

    Args:
        file: a vector file of any format.
        word: the word, exactly as the file has it.
        count: how many.
        json: print one JSON object.
    """
    from embdistill.data.vectors import open_vectors
    from embdistill.data.vectors.neighbors import nearest

    found = nearest(open_vectors(file), word, count)
    if json:
        return print_json({"word": word, "neighbors": [{"word": other, "cosine": cosine} for other, cosine in found]})
    for other, cosine in found:
        print(f"{other}\t{cosine:.4f}")
