"""The distilled table as word vectors in word2vec's text format, which gensim and most tools read."""

from collections.abc import Sequence
from pathlib import Path

from embdistill.data.listed import read_words
from embdistill.errors import UserError
from embdistill.model.classifier import Model
from embdistill.model.words import UNREAD
from embdistill.progress import say
from embdistill.storage.files import whole_file


def words_of(path: str | Path, model: Model) -> list[str]:
    """The words of a file that the model knows, or reads by corrections or subwords; how many others there are is said.

    UserError if the file cannot be read, or the model reads none of its words.
    """
    listed, _ = read_words(path, model.tokenizer)
    words = [word for word in sorted(listed) if model.words.read(word).how != UNREAD]
    if not words:
        raise UserError(f"{path}: the model reads none of its words; give words of its language")
    if len(words) < len(listed):
        say(f"{path}: {len(listed) - len(words)} of {len(listed)} words are unknown to the model, and left out")
    return words


def write_word2vec(path: str | Path, model: Model, words: Sequence[str] | None = None) -> int:
    """Write words and their small vectors (n, d). Returns the bytes of the file.

    words: any, distinct, with the vectors by which the model reads them; None for those of its vocabulary, the unknown
    word first, under the name <unk>. Numbers are written with as many digits as it takes to read the same float32
    again. UserError if the file cannot be written, or a word has white space in it, which the format cannot hold.
    """
    words, table = (model.vocabulary.words, model.table) if words is None else (words, model.small_vectors(words))
    for word in words:
        if word.split() != [word]:
            raise UserError(f"{word!r} has white space in it, which word2vec's format cannot hold; take the word out")
    with whole_file(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(f"{table.shape[0]} {table.shape[1]}\n")
        for word, vector in zip(words, table, strict=True):
            file.write(f"{word} {' '.join(map(str, vector))}\n")
        return file.tell()
