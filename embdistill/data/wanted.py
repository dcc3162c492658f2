"""The words that texts ask of a vector file.

Most are told by the tokenizer alone. Not so where no space sets words apart: any stretch of Chinese may be a word, and
which it is shows only when the vectors are read. Stretches are too many to list, so pairs of neighbouring characters
stand for them: a word is wanted if each pair in it stands somewhere in the texts. The tokenizer then finds the words of
the texts among those that the file has, and what it does not use is left out of the vocabulary.
"""

from collections.abc import Collection, Container, Iterable

from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import UNKNOWN_WORD
from embdistill.kernels.runtime import _runtime


class WantedWords:
    """The words that may stand in some texts, which `in` finds, as str or as UTF-8."""

    def __init__(self, tokenizer: Tokenizer, texts: Iterable[str | bytes], listed: Collection[str] = frozenset()):
        """listed: words that are wanted as they are."""
        self._tokenizer, self._texts, self._listed = tokenizer, list(texts), listed
        self._words, self._pairs = set(listed), set()
        for text in [*self._texts, *listed]:
            self._ask(text, self._words, self._pairs)
        self._words.discard(UNKNOWN_WORD)

    def _ask(self, text, words, pairs):
        if self._tokenizer.mode == "whitespace":
            words.update(self._tokenizer(text))
        else:
            _runtime.ask(text, self._tokenizer.lowercase, words, pairs)

    def __contains__(self, word: str | bytes) -> bool:
        if isinstance(word, bytes):
            word = word.decode(errors="replace")
        if word in self._words:
            return True
        if not self._pairs or word.isascii():
            return False
        parts, pairs = set(), set()
        self._ask(word, parts, pairs)
        return bool(pairs) and pairs <= self._pairs and "".join(self._tokenizer(word)) == word

    def encoded(self) -> Container[bytes]:
        """The same for words as UTF-8 alone: a set where that is possible, which is faster."""
        return self if self._pairs else {word.encode() for word in self._words}

    def tokens(self, found: Container[str]) -> set[str]:
        """All tokens of the texts, and of listed words that are not found, where the words `found` are known."""
        texts = [*self._texts, *(word for word in self._listed if word not in found)]
        return {token for text in texts for token in self._tokenizer(text, found)} - {UNKNOWN_WORD}


def encoded(wanted: Collection[str] | WantedWords) -> Container[bytes]:
    """What tells whether a word, as UTF-8, is wanted."""
    return wanted.encoded() if isinstance(wanted, WantedWords) else {word.encode() for word in wanted}
