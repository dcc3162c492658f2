"""The answers of a model to texts as they come, and what is to be said of the texts."""

import sys
from collections.abc import Iterator
from itertools import repeat
from operator import contains

from embdistill.data.stream import available_lines
from embdistill.errors import MarkError, UserError, located

LOGITS = 1 << 18  # held at most at once; where the classes are many, the texts of a batch are fewer


class Answers:
    """Answers to the texts of one input, in batches (texts, ranked): for each text a list of (label, probability).

    texts, unknown: how many got an answer so far, and how many of them have no word that the model knows.
    """

    def __init__(self, model, top: int, input: str):
        """top: the labels that a text gets, the most probable first. input: a file, or - for standard input."""
        self.model, self.top, self.input = model, top, input
        self.name = "standard input" if input == "-" else input
        self.texts = self.unknown = 0
        self.at_once = max(1, LOGITS // len(model.labels))
        self.marks_are_odd = not model.relations  # until that has been said

    def of_lines(self) -> Iterator[tuple[list, list]]:
        """Answers to the lines of the input as they come. UserError for marks of entities that are not sound."""
        with opened(self.input) as stream:
            for lines in available_lines(stream, self.name, say):
                if not self.texts and _is_header(lines[0]):
                    say(located(self.name, 1, "looks like the header of a table; --text-column text reads its rows"))
                yield from self._of(lines, range(self.texts + 1, self.texts + len(lines) + 1))

    def of_table(self, table) -> Iterator[tuple[list, list]]:
        """Answers to the rows of a table (data.corpora.unlabelled); UserError as of_lines."""
        numbers, texts = [], []
        for number, text in table.texts():
            numbers.append(number)
            texts.append(text)
        yield from self._of(texts, numbers)

    def say_unknown(self) -> None:
        if self.unknown:
            say(f"{self.unknown} of {self.texts} texts have no word that the model knows")

    def _of(self, texts, numbers):
        for first in range(0, len(texts), self.at_once):
            batch = slice(first, first + self.at_once)
            yield texts[batch], self._ranked(texts[batch], numbers[batch])

    def _ranked(self, texts, numbers):
        try:
            ranked, known = self.model.ranked_and_known(texts, self.top)
        except MarkError as error:
            raise UserError(located(self.name, numbers[error.index], str(error))) from error
        mark = "<e1>" if isinstance(texts[0], str) else b"<e1>"
        if self.marks_are_odd and any(map(contains, texts, repeat(mark))):
            self._say_marks(next(number for text, number in zip(texts, numbers, strict=True) if mark in text))
        self.texts += len(texts)
        self.unknown += known.count(0)
        return ranked

    def _say_marks(self, number):
        problem = "<e1> marks an entity, but the model does not classify relations; it is read as any text"
        say(located(self.name, number, problem))
        self.marks_are_odd = False


def opened(input: str):
    """The bytes of a file, unpacked, or of standard input for -."""
    if input == "-":
        return sys.stdin.buffer
    from embdistill.data.unpack import open_unpacked

    return open_unpacked(input)


def _is_header(line):
    """Whether a line names the columns of a table, one of them `text`, so that lines are not what is meant."""
    for delimiter in (b",", b"\t", b";", b"|"):
        names = [name.strip(b' "\xef\xbb\xbf\r').lower() for name in line.split(delimiter)]
        if len(names) > 1 and b"text" in names and not any(b" " in name for name in names):
            return True
    return False


def say(note: str) -> None:
    """A line for the user, on standard error; as progress.say, which takes long to import."""
    print(note, file=sys.stderr)


def answer_line(ranked: list[tuple[str, float]]) -> str:
    """label TAB probability, TAB the next label TAB its probability, ..."""
    return "\t".join([f"{label}\t{probability:.6f}" for label, probability in ranked]) + "\n"
