"""The verb `predict`, which starts in less time than NumPy: nothing heavy is imported for an .edm file."""

import math
import sys

from embdistill import load
from embdistill.cli.printing import print_json
from embdistill.errors import MarkError, UserError, located, reading

BLOCK = 1 << 16  # bytes read at most at once


def predict(model, *, input: str = "-", json: bool = False):
    """Print label TAB probability for each text, a text a line.

    Args:
        model: a run or .edm file.
        input: a text file; - is standard input.
        json: print one JSON object instead, with the probability of every class.
    """
    loaded = load(model)
    with reading(input):
        stream = open(input, "rb") if input != "-" else sys.stdin.buffer
    predictions, texts, unknown = [], 0, 0
    with stream:
        for lines in _available_lines(stream):
            try:
                rows, known = loaded.logits_and_known(lines)
            except MarkError as error:
                raise UserError(located(input, texts + error.index + 1, str(error))) from error
            texts, unknown = texts + len(lines), unknown + known.count(0)
            for row in rows:
                best, probabilities = row.index(max(row)), _softmax(row)
                if json:
                    by_label = dict(zip(loaded.labels, probabilities, strict=True))
                    predictions.append({"label": loaded.labels[best], "probabilities": by_label})
                else:
                    print(f"{loaded.labels[best]}\t{probabilities[best]:.6f}")
            sys.stdout.flush()
    if unknown:
        print(f"{unknown} of {texts} texts have no word that the model knows", file=sys.stderr)
    if json:
        print_json({"predictions": predictions})


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


def _softmax(logits):
    """Probabilities of one text; in plain Python, since NumPy alone takes longer to start than all else here."""
    largest = max(logits)
    exponentials = [math.exp(logit - largest) for logit in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


def _available_lines(stream):
    """The lines that can be read without waiting, as lists, so that a slow stream is answered line by line."""
    rest = b""
    while block := stream.read1(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]
