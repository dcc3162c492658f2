"""Errors that a user can cause: one line that names the file, the line and the fix."""

import io
from errno import ESPIPE


class UserError(ValueError):
    """A mistake of the user; the command line prints the message and ends with exit code 2."""


class FormatError(UserError):
    """A model or vector file that is not sound: truncated, altered, of another kind or of a newer schema."""


class MarkError(ValueError):
    """A text whose entities are not marked as they should be: the problem and the fix, without file and line.

    index: of the text among several, from 0.
    """

    index = 0


def checked_texts(texts, first: int = 0) -> list:
    """The texts as a list; TypeError for one text alone, and for what is no text, by its position.

    first: the position of texts[0].
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError("predict takes a list of texts, not one text")
    texts = list(texts)
    for i, text in enumerate(texts, first):
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"texts[{i}]: {text!r}, not a text; make it a str, or remove it")
    return texts


class reading:
    """Around the reading of a file: an OSError becomes a UserError that names the file and the reason.

    A class, so that `predict` starts without importing contextlib.
    """

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if isinstance(error, OSError):
            if error.errno == ESPIPE or isinstance(error, io.UnsupportedOperation):  # to seek
                raise UserError(f"{self.path}: comes through a pipe, and has to be a file; save it as one") from error
            problem = f"cannot be read ({error.strerror}); check the name and the permissions"
            if str(self.path).startswith(("http://", "https://")):
                problem = "a web address; download the file, and give its name"
            raise UserError(f"{self.path}: {problem}") from error


def located(path, line, problem: str) -> str:
    """`PATH:LINE: problem`, or `PATH: problem` if line is None."""
    return f"{path}: {problem}" if line is None else f"{path}:{line}: {problem}"


def first_line(error: Exception) -> str:
    """What an error of a library says, in one line of at most 100 characters."""
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def require(package: str, what: str, extra: str) -> None:
    """Import a package; UserError if it is not installed: `WHAT needs PACKAGE`, and the extra to install."""
    from importlib import import_module

    try:
        import_module(package)
    except ImportError as error:
        raise UserError(f"{what} needs {package}; pip install 'embdistill[{extra}]'") from error


def did_you_mean(word: str, known, prefix: str = "") -> str:
    """`; did you mean X?`, or nothing if no known word is near."""
    import difflib  # only here, so that the command line starts fast

    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""
