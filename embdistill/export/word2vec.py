"""The distilled table as word vectors in word2vec's text format, which gensim and most tools read."""

from pathlib import Path

from embdistill.errors import UserError
from embdistill.model.classifier import Model
from embdistill.storage.files import whole_file


def write_word2vec(path: str | Path, model: Model) -> int:
    """Write the words and the vectors (V, d) of a model, the one of unknown words first, under the name <unk>. Returns
    the bytes of the file.

    Numbers are written with as many digits as it takes to read the same float32 again.
    UserError if the file cannot be written, or a word has white space in it, which the format cannot hold.
    """
    words, table = model.vocabulary.words, model.table
    for word in words:
        if word.split() != [word]:
            raise UserError(f"{word!r} has white space in it, which word2vec's format cannot hold; take the word out")
    with whole_file(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(f"{table.shape[0]} {table.shape[1]}\n")
        for word, vector in zip(words, table, strict=True):
            file.write(f"{word} {' '.join(map(str, vector))}\n")
        return file.tell()
