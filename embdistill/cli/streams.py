"""The standard streams of the command line: open, able to show every letter, and known by name when they fail."""

import codecs
import contextlib
import io
import os
import sys

ESCAPES = "embdistill.escapes"  # name of an error handler


class OutputError(OSError):
    """Standard output cannot be written."""


class _Input(io.FileIO):
    """Standard input, whose errors have its name."""

    def readinto(self, buffer):
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard input") from error


class _Output(io.FileIO):
    """Standard output, whose errors are told from those of other files."""

    def write(self, data):
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from error


def prepare_streams() -> None:
    """Make the standard streams fit for use, whatever this process was started with.

    A closed one would be taken by the next file that is opened: reading or writing it fails now, but what goes to
    standard error is dropped. What an output cannot show is written as JSON would: as \\u and four hexadecimal digits.
    """
    for handle, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, mode)  # takes the lowest number that is free
    codecs.register_error(ESCAPES, _Escapes())
    if sys.stdin is None or sys.stdin is sys.__stdin__:  # and not one that a test has put there
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Input(0, closefd=False)))
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)
    out = sys.stdout
    if out is None or out is sys.__stdout__:
        encoding, at_once = (out.encoding, out.line_buffering or out.write_through) if out else (None, False)
        buffer = io.BufferedWriter(_Output(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(buffer, encoding, ESCAPES, line_buffering=at_once)


def discard_output() -> None:
    """At exit the interpreter writes what is still buffered, and would fail again; now that goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class _Escapes:
    """An error handler that says once what it does, but is silent on half letters, as in a name that is not UTF-8."""

    said = False

    def __call__(self, error):
        letters = error.object[error.start : error.end]
        if not self.said and any(not "\ud800" <= letter <= "\udfff" for letter in letters):
            self.said = True
            problem = f"standard output cannot show {letters[0]!a} and the like, being {sys.stdout.encoding}"
            print(f"{problem}; they are written as \\uXXXX; set PYTHONIOENCODING=utf-8", file=sys.stderr)
        halves = letters.encode("utf-16-be", "surrogatepass")
        escapes = (f"\\u{halves[i] << 8 | halves[i + 1]:04x}" for i in range(0, len(halves), 2))
        return "".join(escapes), error.end
