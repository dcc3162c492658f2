"""Ctrl-C, SIGTERM and SIGHUP end a process in order: its temporary files are removed, a last checkpoint is written."""

import contextlib
import signal
from collections.abc import Callable, Iterator

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP

_held = 0
_asked: int | None = None  # the signal that came while it was held
_unwanted: Callable[[], bool] = bool  # whether nobody waits any more for what is being done; bool() is false


class Stopped(KeyboardInterrupt):
    """A signal asks the process to end, at a point where it may. number: of the signal."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Within the block the signals raise Stopped; those that are ignored, as SIGHUP under nohup, stay so."""
    global _asked
    before = {}
    for name in NAMES:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            with contextlib.suppress(ValueError):  # only the main thread gets signals
                before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        if before:  # else a block around this one has asked
            _asked = None
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Within the block, which is short, a signal waits for its end or for check(). One that comes again does not."""
    global _held
    _held += 1
    try:
        yield
    finally:
        _held -= 1
    if not _held:
        check()


@contextlib.contextmanager
def once(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Within the block check() also raises Stopped once unwanted() is true: for threads, which get no signals."""
    global _unwanted
    before, _unwanted = _unwanted, unwanted
    try:
        yield
    finally:
        _unwanted = before


def check() -> None:
    """Raise Stopped, if a signal has come or what is done is unwanted."""
    if _asked is not None:
        raise Stopped(_asked)
    if _unwanted():
        raise Stopped(signal.SIGTERM)


def _stop(number, frame):
    global _asked
    if _held and _asked is None:
        _asked = number
    elif _held:
        raise KeyboardInterrupt  # and not Stopped, since it comes amid a step
    else:
        _asked = number
        raise Stopped(number)
