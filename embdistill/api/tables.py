"""Results as tables: HTML in a notebook, a frame of pandas."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from embdistill.errors import UserError

if TYPE_CHECKING:
    import pandas

SHOWN, COLUMNS = 10, 20  # rows and columns in HTML; the first ones of more

Row = Mapping[str, Any]


class Table(ABC):
    """A result that has rows."""

    @abstractmethod
    def rows(self) -> Sequence[Row]:
        """The rows, each with the same names."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What is over the table, in a line."""

    def to_pandas(self) -> "pandas.DataFrame":
        """The rows as a frame; UserError without pandas."""
        try:
            import pandas
        except ImportError as error:
            raise UserError("to_pandas needs pandas; pip install pandas") from error
        return pandas.DataFrame(list(self.rows()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"

    def _repr_html_(self) -> str:
        rows = self.rows()
        names = list(rows[0])[:COLUMNS] if rows else []
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        lines = ["".join(f"<td>{escape(_cell(row[name]))}</td>" for name in names) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(f'<td colspan="{len(names)}">and {len(rows) - SHOWN:,} more</td>')
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f"<table><caption>{escape(self.title)}</caption><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
