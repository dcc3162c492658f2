"""What the user says of where a text and its label stand in a table or an object."""

import shlex
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace

from embdistill.errors import UserError

NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "space": " "}


@dataclass(frozen=True)
class Layout:
    """The options --text-column, --label-column (names, or positions from 1), --delimiter and --header.

    None: `text`, `label`, and the delimiter that the header tells. UserError for a value that cannot be meant.
    """

    text_column: str | None = None
    label_column: str | None = None
    delimiter: str | None = None
    header: str = "true"

    def __post_init__(self):
        if self.header not in ("true", "false"):
            raise UserError(f"--header {self.header}: must be true or false")
        for name in ("text_column", "label_column"):
            if getattr(self, name) is not None and not getattr(self, name).strip():
                raise UserError(f"--{name.replace('_', '-')} is empty; give a name, or a position from 1")
        if self.delimiter is not None:
            character = NAMED_DELIMITERS.get(self.delimiter.strip().lower() or self.delimiter, self.delimiter)
            if len(character) != 1 or character in '"\r\n':
                raise UserError(f"--delimiter {self.delimiter!a}: must be one character, or the word tab")
            object.__setattr__(self, "delimiter", character)

    @property
    def has_header(self) -> bool:
        return self.header == "true"

    def wanted(self, what: str) -> str:
        """The column of the text or the label, as the user names it: the word itself by default."""
        return getattr(self, f"{what}_column") or what

    def completed(self, recorded: "Layout", options: Collection[str]) -> tuple["Layout", str | None]:
        """(layout, remark): this one, or where nothing is given, what another file was read with, of the options
        that the format takes; and a remark that says so, or None."""
        names = [name for name in recorded.given() if name in options]
        if self.given() or not names:
            return self, None
        found = {name: getattr(recorded, name) for name in names}
        words = shlex.join(word for name, value in found.items() for word in (f"--{name.replace('_', '-')}", value))
        return replace(self, **found), f"read with {words}, as the training texts were"

    def given(self) -> list[str]:
        """The options that are not left at their defaults."""
        return [name for name, value in self.as_dict().items() if value != getattr(type(self), name)]

    def as_dict(self) -> dict:
        """The options as JSON can hold them."""
        return asdict(self)


DEFAULT_LAYOUT = Layout()
