"""Messages that name options, as they are spelt in Python."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from embdistill.errors import FormatError, UserError
from embdistill.progress import worded

COLUMN = re.compile(r"--(text|label)-column '?((?<=')[^']*|(?!and\b)[^ ;,']+)'?( (?=--label-column))?")
OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")


def in_python(message: str) -> str:
    """A message with `--class-weights`, for example, as `class_weights`, and a column that is given as an argument."""
    message = COLUMN.sub(lambda option: f'{option[1]}_column="{option[2]}"{", " * bool(option[3])}', message)
    message = message.replace("give text_column", "give read_corpus text_column")  # the function that has it
    return OPTION.sub(lambda option: option[1].replace("-", "_"), message)


@contextmanager
def errors_in_python() -> Iterator[None]:
    """Around what may raise a UserError: its message names parameters, not options, and so does what is said."""
    try:
        with worded(in_python):
            yield
    except FormatError:
        raise
    except UserError as error:
        raise UserError(in_python(str(error))) from error.__cause__
