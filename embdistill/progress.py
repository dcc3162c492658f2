"""What a user sees during a run: a bar on a terminal or in a notebook, plain lines elsewhere, all on standard error."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tqdm import tqdm

_silent = ContextVar("silent", default=False)
_wording = ContextVar("wording", default=str)


@contextmanager
def silent() -> Iterator[None]:
    """In the block, this thread says and shows nothing."""
    before = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(before)


@contextmanager
def worded(wording: Callable[[str], str]) -> Iterator[None]:
    """In the block, what this thread says is said as wording(line)."""
    before = _wording.set(wording)
    try:
        yield
    finally:
        _wording.reset(before)


def say(line: str) -> None:
    """A line for the user, above any bar."""
    if not _silent.get():
        tqdm.write(_wording.get()(line), file=sys.stderr)


def bar(**options) -> tqdm:
    """A bar on standard error, disabled where none can be drawn; options: of tqdm."""
    if in_notebook() and not _silent.get():
        from tqdm.auto import tqdm as notebook_bar  # imports asyncio too

        return notebook_bar(file=sys.stderr, **options)
    return tqdm(file=sys.stderr, disable=_silent.get() or not sys.stderr.isatty(), **options)


def in_notebook() -> bool:
    """Whether this runs in the kernel of a notebook, which draws its bars in HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "IPKernelApp" in shell.config


class TrainingProgress:
    """One training run: a bar with loss, dev score and time left, or a line per epoch without a terminal."""

    def __init__(self, title: str, epochs: int, sentences: int, done: int):
        """sentences: of one epoch; done: epochs of the run before it was stopped."""
        self.title = title
        self.epochs = epochs
        self.sentences = sentences
        self.dev = "-"
        # Most runs stop early, so the time left is an upper bound.
        self.bar = bar(
            total=epochs * sentences,
            initial=done * sentences,
            desc=title,
            unit=" sentences",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}, at most {remaining} left{postfix}",
        )

    def step(self, sentences: int, loss: float) -> None:
        """A batch is done."""
        if not self.bar.disable:
            self.bar.set_postfix_str(f"loss {loss:.3f}, dev {self.dev}", refresh=False)
            self.bar.update(sentences)

    def epoch(self, epoch) -> None:
        """An epoch is done (embdistill.training.loop.Epoch)."""
        self.dev = f"{epoch.dev_score:.1f} %"
        if self.bar.disable:
            say(
                f"{self.title}: epoch {epoch.number}/{self.epochs}, loss {epoch.loss:.4f}, dev {self.dev}, "
                f"{epoch.seconds:.2f} s"
            )

    def close(self) -> None:
        self.bar.total = self.bar.n  # complete, also if stopped early
        self.bar.close()


@functools.cache  # one announcer a process
def announce_compilation() -> None:
    """From now on, say which kernels Numba compiles; those from its cache are not mentioned."""
    from numba.core import event

    def kernel(compiling):
        """Its name; None for what is no formula, but a part of one or how it runs."""
        function = compiling.data["dispatcher"].py_func
        if not function.__module__.startswith("embdistill.kernels.") or ".machine." in function.__module__:
            return None
        return function.__name__

    class Announcer(event.Listener):
        compiled = 0

        def on_start(self, compiling):
            if kernel(compiling) is None:
                return
            if not self.compiled:
                say("first run: compiling the kernels; later runs find them in Numba's cache")
            self.compiled += 1
            if sys.stderr.isatty() and not _silent.get():
                line = f"compiling {self.compiled}: {kernel(compiling)} ..."
                print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)

        def on_end(self, compiling):
            if _silent.get():
                return
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr, flush=True)
            elif kernel(compiling):
                say(f"compiled {kernel(compiling)}")

    event.register("numba:compile", Announcer())
