"""Tables in README that come from files under results/, so that no number there is typed by hand."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def fill(name: str, table: str) -> None:
    """Put a table between `<!-- name: ... -->` and `<!-- end -->`."""
    text = README.read_text()
    place = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
    filled, count = place.subn(lambda match: f"{match[1]}{table}\n{match[2]}", text)
    if count != 1:
        raise ValueError(f"README has {count} places for the table {name!r}, not one")
    README.write_text(filled)
