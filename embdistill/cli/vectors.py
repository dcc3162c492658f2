"""The verbs `vectors import`, `vectors info` and `vectors neighbors`."""

import os
from collections import Counter
from itertools import chain

from embdistill.cli.inputs import files_of
from embdistill.cli.printing import print_facts, print_json
from embdistill.errors import UserError
from embdistill.storage.files import check_writable


def import_(
    src, *, out: str | None = None, data: tuple[str, ...] = (), format: str = "auto",
    text_column: str | None = None, label_column: str | None = None, delimiter: str | None = None, header: str = "true",
    vocab: str | None = None, words: int | None = None, split: str = "english", lowercase: str = "true",
    from_: str | None = None, tensor: str | None = None,
    dtype: str = "float32", licence: str = "", note: str = "", json: bool = False,
):  # fmt: skip
    """Turn a vector file or a static model into our HDF5, which is read faster; keep only the words asked for.

    Args:
        src: a vector file or a static model, of any kind that train takes.
        out: the file to write.
        data: labelled texts, several separated by commas; only the words that train would look up are kept.
        format: as for train.
        text_column: as for train.
        label_column: as for train.
        delimiter: as for train.
        header: as for train.
        vocab: a text file, whose words are kept too; or a list with counts, as for train.
        words: so many words at the start of src are kept too, or of vocab with counts the most frequent; as for train.
        split: tokenizer of data and vocab, as for train: english, or whitespace for exact words.
        lowercase: as for train; false keeps cased words of data and vocab.
        from_: what src must be, such as model2vec, wordllama or safetensors; told by its content by default.
        tensor: the name of the table in the safetensors file of src; told by its shape and name by default.
        dtype: float32, float16, or int8 with a scale a row.
        licence: licence of the vectors, kept in the file.
        note: anything else to keep in the file, such as where the vectors come from.
        json: print one JSON object.
    """
    from embdistill.data.corpora import Layout
    from embdistill.data.listed import read_words
    from embdistill.data.prepare import texts_in
    from embdistill.data.table_words import listed_words
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.data.vectors.hdf5_file import write_vectors
    from embdistill.data.wanted import WantedWords
    from embdistill.model.config import Config
    from embdistill.progress import say

    settings = Config(split=split, lowercase=lowercase)
    _check(out, dtype, files_of(data, [src, vocab]))
    tokenizer = Tokenizer(settings.split, settings.lowercase)
    listed, first = listed_words(read_words(vocab, tokenizer)[0] if vocab else frozenset(), words or 0)
    corpora = _read(data, format, Layout(text_column, label_column, delimiter, header))
    wanted = WantedWords(tokenizer, texts_in(corpora), listed) if data or vocab or words else None
    file = _opened(src, from_, tensor, wanted)
    about, found = _about(file, licence, note), set()
    rows = _wanted_rows(file, wanted, first, settings.lowercase, about, found)
    written = write_vectors(out, rows, file.dim, dtype, about)
    for line in file.notes:
        say(line)
    accounts = _accounts(corpora, tokenizer, found, file)
    if wanted:
        _say_what_lacks(wanted.tokens(found) | listed if data or vocab else None, found, first, src)
    if not json:
        return print(f"{out}: {written} words x {file.dim}, {dtype}, {os.path.getsize(out)} bytes")
    read = {account.path: account.as_dict() for account in accounts}
    print_json(
        {"out": out, "words": written, "dim": file.dim, "dtype": dtype, "counts": dict(file.counts), "read": read}
    )


def _check(out, dtype, inputs):
    """UserError, before any work, for vectors that cannot be written so or there."""
    from embdistill.data.vectors.hdf5_file import SCALED
    from embdistill.storage.hdf5 import check_replaceable

    if not out:
        raise UserError("--out is missing; name the file to write, such as vectors.h5")
    if dtype not in SCALED:
        raise UserError(f"--dtype {dtype}: must be one of {', '.join(SCALED)}")
    check_writable(out, inputs)
    check_replaceable(out, "vectors")


def _opened(src, kind, tensor, wanted):
    """The vectors of src; UserError if they are not of this kind, or would be of any word and none is asked for."""
    from embdistill.data.vectors import open_vectors
    from embdistill.data.vectors.static_model import StaticModel, open_static_model

    file = open_static_model(src, tensor) if tensor else open_vectors(src)
    if kind and file.format != kind:
        raise UserError(f"{src}: its format is {file.format}, not {kind}; omit --from, or name another file")
    if wanted is None and isinstance(file, StaticModel):
        raise UserError(f"{src}: makes a vector for any word; say for which, with --data, --vocab or --words")
    return file


def _read(paths, format, layout):
    """The corpora in labelled files; what was omitted or changed is said."""
    from embdistill.data.corpora import read_corpus
    from embdistill.progress import say

    corpora = [read_corpus(path, format, layout) for path in paths]
    for line in chain.from_iterable(corpus.notes for corpus in corpora):
        say(line)
    return corpora


def _about(file, licence, note):
    """What is kept in the file besides the vectors; what HDF5 says of them goes on with them."""
    from embdistill.data.vectors.hdf5_file import vectors_summary

    theirs = vectors_summary(file.path)["about"] if file.format == "hdf5" else {}
    kept = {"licence": licence or theirs.get("licence", ""), "note": note or theirs.get("note", "")}
    return {"source": os.path.basename(os.path.abspath(file.path)), "format": file.format, **kept}


def _say_what_lacks(asked, found, first, src):
    """Say how many of the words asked for (None: of no file) were not found, and if train wants more of the first."""
    from embdistill.data.table_words import FREQUENT_WORDS
    from embdistill.progress import say

    if asked is not None:
        say(f"{len(asked - found)} of the {len(asked)} words asked for have no vector")
    if first < FREQUENT_WORDS:
        what_for = "from which train learns to read words that the table lacks"
        say(f"--words {FREQUENT_WORDS} keeps the first words of {src} too, {what_for}")


def _accounts(corpora, tokenizer, found, file):
    """The accounts of the labelled files, where the words `found` are known; they are said, with what is unlikely."""
    from embdistill.data.account import account_of
    from embdistill.data.prepare import tokenize_corpus, warnings_of, without_vector
    from embdistill.progress import say

    tokenized = [tokenize_corpus(corpus, tokenizer, found)[0] for corpus in corpora]
    counts = [Counter(chain.from_iterable(tokens)) for tokens in tokenized]
    accounts = [account_of(*of, found) for of in zip(corpora, tokenized, counts, strict=True)]
    for line in chain.from_iterable([*account.lines(), *without_vector(account, file)] for account in accounts):
        say(line)
    for line in warnings_of(accounts, file, tokenizer):
        say(line)
    return accounts


def _wanted_rows(file, wanted, first, lowercase, about, found):
    """The rows of a VectorFile; their words go into `found`, then the digest into `about`: a pipe is read only once."""
    from embdistill.data.vectors.hints import hint

    rows = file.rows(wanted, first)
    begun = next(rows, None)
    if begun is None:
        what_to_do = (
            hint(file, wanted.tokens(frozenset()) if wanted else (), lowercase) or "give vectors of the same language"
        )
        raise UserError(f"{file.path}: has none of the words asked for; {what_to_do}")
    for word, vector in chain([begun], rows):
        if wanted:
            found.add(word)
        yield word, vector
    about["sha256"] = file.sha256()


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
