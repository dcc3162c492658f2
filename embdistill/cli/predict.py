"""The verb `predict`, which starts in less time than NumPy: nothing heavy is imported for an .edm file."""

import sys

from embdistill import load
from embdistill.cli.printing import print_json_list
from embdistill.data.stream import available_lines
from embdistill.errors import MarkError, UserError, located

LOGITS = 1 << 18  # held at most at once; where the classes are many, the texts of a batch are fewer


def predict(model, *, input: str = "-", top: int | None = None, json: bool = False):
    """Print label TAB probability for each text, a text a line.

    Args:
        model: a run or .edm file.
        input: a text file; - is standard input.
        top: how many labels a text gets, each with its probability, the most probable first; 1 by default.
        json: print one JSON object instead, with the probability of every class, or of the top ones.
    """
    loaded = load(model)
    answers = Answers(loaded, top or (len(loaded.labels) if json else 1), "standard input" if input == "-" else input)
    with _opened(input) as stream:
        batches = map(answers.of, available_lines(stream, answers.name, _say))
        if json:
            order = None if top else loaded.labels
            print_json_list("predictions", (_record(ranked, order) for batch in batches for ranked in batch))
        else:
            for batch in batches:
                print(*map(_line, batch), sep="", end="", flush=True)
    answers.say_unknown()


class Answers:
    """The answers of a model to texts, batch by batch, with what is to be said of the texts."""

    def __init__(self, model, top: int, name: str):
        """top: labels a text. name: of the input, for messages."""
        self.model, self.top, self.name = model, top, name
        self.texts = self.unknown = 0
        self.at_once = max(1, LOGITS // len(model.labels))
        self.marks_are_odd = not model.relations  # until it has been said

    def of(self, texts):
        """For each of some texts, as they come, its `top` (label, probability), the most probable first."""
        for first in range(0, len(texts), self.at_once):
            yield from self._of_batch(texts[first : first + self.at_once])

    def _of_batch(self, texts):
        try:
            ranked, known = self.model.ranked_and_known(texts, self.top)
        except MarkError as error:
            raise UserError(located(self.name, self.texts + error.index + 1, str(error))) from error
        if self.marks_are_odd:
            self._look_for_marks(texts)
        self.texts += len(texts)
        self.unknown += known.count(0)
        return ranked

    def _look_for_marks(self, texts):
        for line, text in enumerate(texts, self.texts + 1):
            if b"<e1>" in text:
                problem = "<e1> marks an entity, but the model does not classify relations; it is read as any text"
                _say(located(self.name, line, problem))
                self.marks_are_odd = False
                return

    def say_unknown(self):
        if self.unknown:
            _say(f"{self.unknown} of {self.texts} texts have no word that the model knows")


def plain_arguments(words: list[str]) -> dict | None:
    """The arguments of `MODEL [--input FILE] [--json]` in any order; None for other words, which Fire reads."""
    arguments, following = {}, iter(words)
    for word in following:
        match word.partition("="):
            case "--json", "", _:
                name, value = "json", True
            case "--input", "=", value:
                name = "input"
            case "--input", _, _:
                name, value = "input", next(following, "--")
            case _:
                name, value = "model", word
        if name in arguments or (value is not True and value.startswith("-") and value != "-"):
            return None
        arguments[name] = value
    return arguments if "model" in arguments else None


def _opened(input):
    if input == "-":
        return sys.stdin.buffer
    from embdistill.data.unpack import open_unpacked

    return open_unpacked(input)


def _line(ranked):
    return "\t".join([f"{label}\t{probability:.6f}" for label, probability in ranked]) + "\n"


def _record(ranked, order):
    """The answer to a text as JSON; probabilities in the order of these labels, or the most probable first."""
    probabilities = dict(ranked)
    if order:
        probabilities = {label: probabilities[label] for label in order}
    return {"label": ranked[0][0], "probabilities": probabilities}


def _say(note):
    print(note, file=sys.stderr)
