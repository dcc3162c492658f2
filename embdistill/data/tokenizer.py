"""The binding of the one tokenizer, which is written in C (kernels/runtime)."""

from collections.abc import Container
from dataclasses import dataclass

from embdistill.errors import UserError
from embdistill.kernels.runtime import _runtime

MODES = ("english", "whitespace")


@dataclass(frozen=True)
class Tokenizer:
    """The tokenizer with its two settings.

    mode: "english" splits off punctuation and clitics; "whitespace" is for text that is already tokenized.
    lowercase: False for vectors that tell Paris from paris.
    """

    mode: str = "english"
    lowercase: bool = True

    def __post_init__(self):
        if self.mode not in MODES:
            raise UserError(f"--split {self.mode}: must be {' or '.join(MODES)}")

    def __call__(self, text: str | bytes, known: Container[str] | None = None) -> list[str]:
        """The tokens of one text; bytes are read as UTF-8, and those that are not UTF-8 as Windows-1252.

        known: the known words, among which those are found that no space sets apart, as in Chinese, Japanese or Thai,
        and in French l'homme; None keeps them together. Mode "whitespace" always does.
        """
        return _runtime.tokenize(text, self.mode == "whitespace", self.lowercase, known)

    def spans(self, text: bytes, known: Container[str] | None = None) -> list[tuple[int, int]]:
        """The bytes (start, end) of each token in a text; the arguments are as in a call."""
        return _runtime.spans(text, self.mode == "whitespace", self.lowercase, known)

    @property
    def settings(self) -> dict:
        """As files and --json hold them, by the names of the options."""
        return {"split": self.mode, "lowercase": self.lowercase}

    @classmethod
    def from_settings(cls, settings: dict) -> "Tokenizer":
        """The tokenizer of `settings`; KeyError or TypeError unless they are exactly these two."""
        (mode, lowercase) = (settings.pop(name) for name in ("split", "lowercase"))
        if settings:
            raise KeyError(*settings)
        return cls(mode, lowercase)
