"""Tables of README.md and docs/ that come from benchmarks/results/, so that no number there is typed by hand."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def fill(name: str, table: str, page: str = "README.md") -> None:
    """Put a table between `<!-- name: ... -->` and `<!-- end -->` of a page."""
    text = (ROOT / page).read_text()
    place = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
    filled, count = place.subn(lambda match: f"{match[1]}{table}\n{match[2]}", text)
    if count != 1:
        raise ValueError(f"{page} has {count} places for the table {name!r}, not one")
    (ROOT / page).write_text(filled)
