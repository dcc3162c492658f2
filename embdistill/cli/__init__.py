"""The command line: one verb a file, `main` with its exit codes here."""

import contextlib
import os
import sys

from embdistill.cli.streams import OutputError, discard_output, prepare_streams
from embdistill.errors import UserError
from embdistill.stopping import Stopped, ending_in_order


def main(words: list[str] | None = None) -> int:
    """Run one command line; the exit code: 0 done, 2 a mistake of the user, told in one line, 128 and the number of
    the signal that ended it (but 1 for Ctrl-C), 1 anything else."""
    _keep_blas_to_one_thread()
    prepare_streams()
    with ending_in_order():
        return _main(sys.argv[1:] if words is None else words)


def _main(words):
    try:
        _run(words)
        sys.stdout.flush()
        return 0
    except UserError as error:
        return _end(2, str(error))
    except MemoryError as error:
        return _end(2, f"not enough memory ({error}); give smaller sizes or less data")
    except BrokenPipeError:  # whoever read our output has gone, as in `predict ... | head -1`
        discard_output()
        return 1
    except OutputError as error:
        discard_output()
        return _end(2, f"standard output cannot be written ({error.strerror}); make room for it")
    except OSError as error:
        named, reason = error.filename or "a file or device", error.strerror or error
        return _end(2, f"{named}: cannot be used ({reason}); check that it is there, and sound")
    except Stopped as error:
        return _end(1 if str(error) == "SIGINT" else 128 + error.number, f"stopped by {error}{_what_is_left(words)}")
    except KeyboardInterrupt:
        return _end(1, f"stopped at once{_what_is_left(words)}")


def _what_is_left(words):
    if words[:1] == ["fetch"]:
        return "; the same command goes on with what has come"
    resumable = words[:1] == ["train"] and not any(word.startswith("--flash") for word in words)
    return "; `train --resume` continues a run from its last checkpoint" if resumable else ""


def _run(words):
    if words == ["--version"]:
        from importlib.metadata import version

        return print(f"embdistill {version('embdistill')}")
    if words[:1] == ["predict"]:
        from embdistill.cli.predict import plain_arguments, predict

        if arguments := plain_arguments(words[1:]):
            return predict(**arguments)
    from embdistill.cli.commands import run

    run(words)


def _keep_blas_to_one_thread():
    """BLAS reads its number of threads when NumPy is first imported, so this comes first. See kernels/machine."""
    for library in ("OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def _end(code, line):
    with contextlib.suppress(OSError):  # standard error may be gone, as the terminal is at SIGHUP
        print(f"embdistill: {line}", file=sys.stderr)
    return code
