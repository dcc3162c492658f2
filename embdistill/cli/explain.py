"""The verb `explain`."""

import os
import sys
from collections.abc import Iterator

from embdistill import load
from embdistill.cli.answers import opened, say
from embdistill.cli.predict import table_of
from embdistill.data.stream import available_lines
from embdistill.errors import MarkError, UserError, located


def explain(
    model,
    text: str | None = None,
    *,
    label: str | None = None,
    format: str = "text",
    input: str = "-",
    text_column: str | None = None,
    delimiter: str | None = None,
    header: str = "true",
):
    """Print what each word of a text does to its label, found by leaving it out.

    Args:
        model: a run or .edm file.
        text: the text; without it, the texts of --input are explained.
        label: the class to explain; the most probable one of each text by default.
        format: text (in colour on a terminal), json (one object, the last line) or html (a page, to be kept by > FILE).
        input: texts, a line each, or a table, as for predict; - is standard input.
        text_column: as for predict.
        delimiter: as for predict.
        header: as for predict.
    """
    if format not in WRITERS:
        raise UserError(f"--format {format}: must be one of {', '.join(WRITERS)}")
    if text is not None and (input != "-" or text_column or delimiter or header != "true"):
        raise UserError("a text and options of --input are both given; omit one of them")
    loaded = load(model)
    name = "the text" if text is not None else "standard input" if input == "-" else input
    texts = [(None, text)] if text is not None else _texts(loaded, input, name, text_column, delimiter, header)
    WRITERS[format](_explanations(loaded, texts, name, label))


def _texts(model, input, name, text_column, delimiter, header) -> Iterator[tuple[int, str | bytes]]:
    """(line, text) of an input."""
    if table := table_of(model, input, text_column, delimiter, header):
        yield from table.texts()
        return
    line = 0
    with opened(input) as stream:
        for lines in available_lines(stream, name, say):
            yield from enumerate(lines, line + 1)
            line += len(lines)


def _explanations(model, texts, name, label):
    for line, text in texts:
        try:
            yield model.explain(text, label)
        except MarkError as error:
            raise UserError(located(name, line, str(error))) from error


def _write_text(explanations):
    from embdistill.drawing.explanation_text import as_text

    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for explanation in explanations:
        print(as_text(explanation, colours), end="", flush=True)


def _write_json(explanations):
    from embdistill.cli.printing import print_json_list

    print_json_list("explanations", ([explanation.as_dict()] for explanation in explanations))


def _write_html(explanations):
    from embdistill.drawing.explanation_html import page

    for piece in page(explanations):
        print(piece, end="")


WRITERS = {"text": _write_text, "json": _write_json, "html": _write_html}
