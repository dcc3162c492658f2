"""The site: the documents as they are, an API reference from docstrings, notebooks run, and all sources.

Build: sphinx-build -W -c docs/site . build/site    (extra `docs`). Nothing on a page comes from the network.
"""

import inspect
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from functools import reduce
from html import escape
from pathlib import Path
from posixpath import normpath

import numba
from docutils import nodes
from docutils.utils.math import latex2mathml
from numpy.typing import ArrayLike
from sphinx import addnodes
from sphinx.highlighting import PygmentsBridge
from sphinx.util.typing import stringify_annotation

numba.config.DISABLE_JIT = True  # in this process: kernels are then functions with a docstring

ROOT = Path(__file__).parents[2]
SOURCES = {".py": "python", ".c": "c", ".h": "c", ".sh": "bash", ".css": "css", ".js": "js", ".toml": "toml"}

project = "embdistill"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.linkcode"]
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/*.ipynb",
    "docs/*/*.md",
    "docs/site/reference.rst",
    "docs/learn/exercises/README.md",
    "kernels/machine/README.md",
]
html_theme = "furo"
html_title = "embdistill"
html_show_sphinx = html_show_copyright = html_copy_source = False
python_maximum_signature_line_length = 100  # longer ones have a parameter a line
highlight_language = "text"
default_role = "literal"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

TOP = "\n".join(sorted(path.stem for path in ROOT.glob("*.md") if path.stem != root_doc))
# Other pages of docs/ and docs/results enter behind those that are named.
CONTENTS = f"""
```{{toctree}}
:hidden:
:glob:
docs/tutorial
docs/python
docs/training
docs/*
```

```{{toctree}}
:hidden:
:glob:
:caption: Learn
docs/learn/README
docs/learn/walkthrough
docs/learn/unseen_words
docs/learn/derivations
docs/learn/from_paper_to_code
docs/learn/stepping
docs/learn/exercises/README
```

```{{toctree}}
:hidden:
:glob:
:caption: Results
docs/results/README
docs/results/*
```

```{{toctree}}
:hidden:
:glob:
:caption: Code
docs/site/reference
kernels/machine/README
{TOP}
```
"""


def add_contents(app, docname, source):
    """The contents of the site, on its first page; GitHub would show them as code."""
    if docname == root_doc:
        source[0] += CONTENTS


def link_sources(app, doctree):
    """Links to folders and sources go to pages of this site; on GitHub they work as they are."""
    here = Path(app.env.docname).parent
    for node in [*doctree.findall(addnodes.download_reference), *doctree.findall(addnodes.pending_xref)]:
        path = Path(normpath(here / node["reftarget"]))
        if has_page(path):
            uri = app.builder.get_relative_uri(app.env.docname, page_of(path))
            node.replace_self(nodes.reference("", "", *node.children, internal=True, refuri=uri))


def has_page(path):
    return (ROOT / path).is_dir() or (path.suffix in SOURCES and (ROOT / path).is_file())


def page_of(path):
    return f"source/{path.as_posix()}"


def source_pages(app):
    """A page for each folder, with what is in it, and one for each source."""
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")[:-1]
    inside, pygments = defaultdict(set), PygmentsBridge("html", "sphinx")
    for path in map(Path, names):
        for part, folder in zip([path, *path.parents], path.parents, strict=False):
            inside[folder].add(part)
        if has_page(path):
            text, language = (ROOT / path).read_text("utf-8"), SOURCES[path.suffix]
            yield _page(path, pygments.highlight_block(text, language, linenos="inline", lineanchors="line"))
    for folder in set(inside) - {Path(".")}:
        items = "".join(f"<li>{_entry(app, path, folder)}</li>" for path in sorted(inside[folder]))
        yield _page(folder, f"<ul>{items}</ul>")


def _entry(app, path, folder):
    """A line of a folder's page; with a link if what it names has a page."""
    document = path.with_suffix("").as_posix()
    if document in app.env.found_docs:
        target = document
    elif has_page(path):
        target = page_of(path)
    else:
        return escape(path.name)
    return f'<a href="{app.builder.get_relative_uri(page_of(folder), target)}">{escape(path.name)}</a>'


def _page(path, body):
    return page_of(path), {"title": path.as_posix(), "body": f"<h1>{escape(path.as_posix())}</h1>{body}"}, "page.html"


def linkcode_resolve(domain, info):
    """The source of what a docstring on the page of the reference is of."""
    found = inspect.unwrap(reduce(getattr, info["fullname"].split("."), sys.modules[info["module"]]))
    try:
        file, (_, line) = inspect.getsourcefile(found), inspect.getsourcelines(found)
    except TypeError:  # an attribute
        return None
    return f"../../{page_of(Path(file).relative_to(ROOT))}.html#line-{line}"


def plain_docstring(app, what, name, found, options, lines):
    """Docstrings are plain text with code between backticks, and for kernels fields, `Shapes: ...`."""
    for i, line in enumerate(lines):
        prose = line.split("`")
        prose[::2] = [re.sub(r"([*_|\\])", r"\\\1", part) for part in prose[::2]]
        lines[i] = "`".join(prose)
        if what == "function":
            lines[i] = re.sub("^(Formula|Shapes|Writes|Source): ", r":\1: ", lines[i])


def short_signature(app, what, name, found, options, signature, returns):
    """NumPy's ArrayLike by its name, not by what it stands for."""
    expanded = stringify_annotation(ArrayLike, "smart")
    return signature and signature.replace(expanded, "ArrayLike"), returns


def mathml(block):
    def visit(translator, node):
        translator.body.append(latex2mathml.tex2mathml(node.astext(), as_block=block))
        raise nodes.SkipNode

    return visit, None


def copy_first_page(app, error):
    """index.html, so that a server and a reader find the first page; links in it stay right."""
    if not error:
        shutil.copy(Path(app.outdir, f"{root_doc}.html"), Path(app.outdir, "index.html"))


def setup(app):
    app.add_html_math_renderer("mathml", mathml(block=False), mathml(block=True))
    app.connect("source-read", add_contents)
    app.connect("doctree-read", link_sources, priority=100)
    app.connect("autodoc-process-docstring", plain_docstring)
    app.connect("autodoc-process-signature", short_signature)
    app.connect("html-collect-pages", source_pages)
    app.connect("build-finished", copy_first_page)
