"""What a user sees during a run: a bar on a terminal, plain lines elsewhere, all on standard error."""

import functools
import sys

from tqdm import tqdm


def say(line: str) -> None:
    """A line for the user, above any bar."""
    tqdm.write(line, file=sys.stderr)


class TrainingProgress:
    """One training run: a bar with loss, dev score and time left, or a line per epoch without a terminal."""

    def __init__(self, title: str, epochs: int, sentences: int, done: int):
        """sentences: of one epoch; done: epochs of the run before it was stopped."""
        self.title = title
        self.epochs = epochs
        self.sentences = sentences
        self.dev = "-"
        # Most runs stop early, so the time left is an upper bound.
        self.bar = tqdm(
            total=epochs * sentences,
            initial=done * sentences,
            desc=title,
            unit=" sentences",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
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
            if sys.stderr.isatty():
                line = f"compiling {self.compiled}: {kernel(compiling)} ..."
                print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)

        def on_end(self, compiling):
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr, flush=True)
            elif kernel(compiling):
                say(f"compiled {kernel(compiling)}")

    event.register("numba:compile", Announcer())
