"""What the pages of docs/learn name is there: files, what is in them, and the targets of links."""

import ast
import re

import pytest

from learn_helpers import LEARN, ROOT

PAGES = sorted(LEARN.rglob("*.md"))
# `file.py`, `name`, `name` in a sentence, and | `file.py` | `name`, `name` | in a table.
NAMED = re.compile(r"`([\w/.]+\.(?:py|c|h))`(?:,| \|)((?: `[\w.]+`,?)+)")
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")


def definitions(path) -> set[str]:
    """Functions, classes and methods (Class.method) of a Python file; functions of a C file."""
    text = path.read_text()
    if path.suffix != ".py":
        return set(re.findall(r"^(?:\w[\w ]*[ *])(\w+)\(", text, re.MULTILINE))
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found |= {node.name} | {f"{node.name}.{inner.name}" for inner in node.body if hasattr(inner, "name")}
    return found


def anchors(path) -> set[str]:
    """Those that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    text = page.read_text()
    for path in re.findall(r"`((?:\w+/)+[\w.]*)`", text):
        assert (ROOT / path).exists(), path
    for path, names in NAMED.findall(text):
        assert set(re.findall(r"`([\w.]+)`", names)) <= definitions(ROOT / path), (path, names)
    for path, anchor in LINK.findall(text):
        if not path.startswith("http"):
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), path
            assert not anchor or anchor in anchors(target), (path, anchor)


def test_names_are_found():
    page = (LEARN / "from_paper_to_code.md").read_text()
    named = {path for path, _ in NAMED.findall(page)}
    assert named == set(re.findall(r"`([\w/.]+\.(?:py|c))`", page)), "a file without a name of what is there"
    assert len(NAMED.findall(page)) > 25


def test_math_is_whole_and_survives_markdown():
    """Every $ has its other one; and nothing that Markdown takes for an escape, a tag or emphasis."""
    text = (LEARN / "derivations.md").read_text()
    formulas = re.findall(r"\$\$[^$]+\$\$|\$[^$\n]+\$", text)
    assert len(formulas) > 50
    assert "$" not in re.sub(r"\$\$[^$]+\$\$|\$[^$\n]+\$", "", text)
    for formula in formulas:
        assert not re.search(r"\\[^a-zA-Z]|[*~<]|\}_", formula), formula
        assert formula.count("{") == formula.count("}") and formula.count(r"\left") == formula.count(r"\right"), formula
