"""The binding of the one tokenizer, which is written in C (kernels/runtime)."""

from dataclasses import dataclass

from embdistill.errors import UserError
from embdistill.kernels.runtime import _runtime

SPLITS = ("english", "whitespace")


@dataclass(frozen=True)
class Tokenizer:
    """The one tokeniser (kernels/runtime/embdistill.c), with its two settings.

    split: "english" splits punctuation and clitics off; "whitespace" is for text that is tokenised already.
    lowercase: False for vectors that tell Paris from paris.
    """

    split: str = "english"
    lowercase: bool = True

    def __post_init__(self):
        if self.split not in SPLITS:
            raise UserError(f"--split {self.split}: must be {' or '.join(SPLITS)}")

    def __call__(self, text: str | bytes) -> list[str]:
        """The tokens of one text; bytes are read as UTF-8, and what is not UTF-8 among them as Latin-1."""
        return _runtime.tokenize(text, self.split == "whitespace", self.lowercase)
