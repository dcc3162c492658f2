"""The command line: one verb a file, `main` with its exit codes here."""

import os
import sys

from embdistill.errors import UserError


def main(words: list[str] | None = None) -> int:
    """Run one command line; the exit code: 0 done, 2 a mistake of the user, told in one line, 1 anything else."""
    _keep_blas_to_one_thread()
    try:
        _run(sys.argv[1:] if words is None else words)
        sys.stdout.flush()
        return 0
    except UserError as error:
        return _end(2, str(error))
    except MemoryError as error:
        return _end(2, f"not enough memory ({error}); give smaller sizes or less data")
    except BrokenPipeError:  # whoever read our output has gone, as in `predict ... | head -1`
        _discard_output()
        return 1
    except OSError as error:
        if error.filename is not None:
            raise
        _discard_output()
        return _end(2, f"standard output cannot be written ({error.strerror}); make room for it")
    except KeyboardInterrupt:
        return _end(1, "stopped; `train --resume` continues a run from its last checkpoint")


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
    print(f"embdistill: {line}", file=sys.stderr)
    return code


def _discard_output():
    """At exit the interpreter writes what is still buffered, and would fail again; now that goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
