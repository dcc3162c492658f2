"""Readers of labelled data. Every reader gives Examples, each with the line of the file that it came from.

Lines end at LF or CRLF and nowhere else: NEL and other separators of Unicode stay inside their line. Bytes that are not
UTF-8 are read as Latin-1, as the tokeniser does, and their lines counted. What is left out is counted too; see
Corpus.notes.
"""

import codecs
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from embdistill.data.relations import MarkError, tokenize_marked
from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import UserError, located


class Example(NamedTuple):
    """A labelled text, and where it stands, for error messages."""

    label: str
    text: str
    path: str
    line: int


@dataclass
class Corpus:
    """What one labelled file holds.

    counts: what was left out or read in another way, for example {"blank lines left out": 1}.
    digest: SHA-256 of the bytes of the file or files, hexadecimal.
    """

    path: str
    format: str
    examples: list[Example] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    digest: str = ""

    @property
    def notes(self) -> list[str]:
        """The counts as lines for the user."""
        return [f"{self.path}: {count} {what}" for what, count in self.counts.items()]


def read_corpus(path: str | Path, format: str = "auto") -> Corpus:
    """Read a labelled file; `format` is one of FORMATS, or "auto" to tell by the name and the first line.

    Raises UserError for a file that cannot be read, holds no example, or has a line that does not fit the format.
    """
    path = str(path)
    if format == "auto":
        format = recognise(path)
    files = _files(path) if format == "polarity" else [path]
    if format not in FORMATS:
        raise UserError(f"--format: unknown format {format!r}; use auto or one of {', '.join(FORMATS)}")
    if format == "polarity" and len(files) < 2:
        raise UserError(f"{path}: format polarity needs a pair of files; name NAME.pos, beside which NAME.neg stands")
    corpus = Corpus(path, format)
    digest = hashlib.sha256()
    for file in files:
        content = _content(file)
        digest.update(content)
        corpus.examples.extend(FORMATS[format](_Lines(file, content, corpus.counts)))
    corpus.digest = digest.hexdigest()
    if not corpus.examples:
        raise UserError(f"{path}: no examples in it; give a file with at least one labelled text")
    return corpus


# ---- files and lines ----


def _files(path):
    """The files that a name stands for: itself, or NAME.pos and NAME.neg."""
    stem = re.sub(r"\.(pos|neg)$", "", path)
    pair = [stem + ".pos", stem + ".neg"]
    if stem != path:
        missing = [file for file in pair if not Path(file).is_file()]
        if missing:
            raise UserError(f"{missing[0]}: no such file; a .pos and a .neg file come as a pair")
        return pair
    if not Path(path).exists() and all(Path(file).is_file() for file in pair):
        return pair
    return [path]


def _content(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from error


LATIN_1 = "embdistill.latin-1"  # name of the error handler below
codecs.register_error(LATIN_1, lambda error: (chr(error.object[error.start]), error.start + 1))


class _Lines:
    """The lines of a file as (number, text), decoded, blank ones left out and counted."""

    def __init__(self, path, content, counts):
        self.path = path
        self.content = content.removeprefix(b"\xef\xbb\xbf")
        self.counts = counts

    def decoded(self) -> Iterator[tuple[int, str]]:
        """Every line but a last one that is empty, without its line end."""
        lines = self.content.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        for number, line in enumerate(lines, 1):
            line = line.removesuffix(b"\r")
            try:
                yield number, line.decode()
            except UnicodeDecodeError:
                self.counts["lines not all in UTF-8, the rest read as Latin-1"] += 1
                yield number, line.decode(errors=LATIN_1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, line in self.decoded():
            if line.strip(" \t"):
                yield number, line
            else:
                self.counts["blank lines left out"] += 1

    def error(self, number, problem) -> UserError:
        return UserError(located(self.path, number, problem))

    def example(self, number, label, text) -> Example:
        if not label.strip():
            raise self.error(number, "the label is empty; fill it in or remove the line")
        if re.search("[\t\r\n\ud800-\udfff]", label):
            raise self.error(
                number, f"the label {label!a} has a tab, a line end or a lone surrogate in it; take it out"
            )
        return Example(label, text, self.path, number)


# ---- one function a format ----


def _read_trec(lines):
    """`COARSE:fine text` (Li & Roth 2002); the label is the coarse class."""
    for number, line in lines:
        match = re.match(r"([^\s:]+):([^\s:]+)(?:[ \t]+(.*))?$", line, re.DOTALL)
        if not match:
            raise lines.error(number, "not a TREC line; write it as COARSE:fine text")
        yield lines.example(number, match[1], match[3] or "")


SENTIMENTS = ("very negative", "negative", "neutral", "positive", "very positive")
_ESCAPED_BRACKETS = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
}  # fmt: skip


@cache
def _leaf(token):
    return _ESCAPED_BRACKETS.get(token, token).replace("\\/", "/").replace("\\*", "*")


def _tree_nodes(lines, number, line):
    """(label, first leaf, end leaf) of every node, children before parents, and the leaves of a bracketed tree."""
    leaves, nodes, open_nodes = [], [], []
    for token in re.findall(r"\(|\)|[^ \t()]+", line):
        if nodes and not open_nodes:
            raise lines.error(number, "text after the closing bracket of the tree; put one tree on a line")
        if token == "(":
            open_nodes.append([None, len(leaves)])
        elif not open_nodes:
            raise lines.error(number, "not a tree; begin the line with (")
        elif token == ")":
            label, first = open_nodes.pop()
            if label is None or first == len(leaves):
                raise lines.error(number, "a node of the tree has no label or no word; write (label word)")
            nodes.append((label, first, len(leaves)))
        elif open_nodes[-1][0] is None:
            if token not in ("0", "1", "2", "3", "4"):
                raise lines.error(number, f"label {token!r} is not one of 0 to 4; mend it")
            open_nodes[-1][0] = int(token)
        else:
            leaves.append(_leaf(token))
    if open_nodes or not nodes:
        raise lines.error(number, "a bracket of the tree is not closed; the line may be cut off")
    return nodes, leaves


_LEAF, _NODE = re.compile(r"\([0-4] ([^ \t()]+)\)"), re.compile(r"\([0-4](?: \0)+\)")


def _whole_tree(line):
    """(label of the root, leaves) of a tree as the treebank writes it, None of any other line.

    What _tree_nodes finds too, twice as fast: each node becomes one character, the leaves first.
    """
    if "\0" in line:
        return None
    tree, previous = _LEAF.sub("\0", line), line
    while tree != previous:
        tree, previous = _NODE.sub("\0", tree), tree
    return (int(line[1]), list(map(_leaf, _LEAF.findall(line)))) if tree == "\0" else None


def _read_sst5(lines):
    """Trees of the Stanford Sentiment Treebank (Socher et al. 2013): the sentence, with the label of the root."""
    for number, line in lines:
        root = _whole_tree(line)
        if root is None:
            nodes, leaves = _tree_nodes(lines, number, line)
            root = nodes[-1][0], leaves
        label, leaves = root
        yield lines.example(number, SENTIMENTS[label], " ".join(leaves))


def _phrases(lines):
    """Every node of every tree as an example of its own, the sentence among them."""
    for number, line in lines:
        nodes, leaves = _tree_nodes(lines, number, line)
        for label, first, end in nodes:
            yield lines.example(number, SENTIMENTS[label], " ".join(leaves[first:end]))


def _distinct(examples, lines):
    """What has the same label and text as an example before is left out, and counted."""
    seen = set()
    for example in examples:
        if (example.label, example.text) in seen:
            lines.counts["repeated phrases left out"] += 1
        else:
            seen.add((example.label, example.text))
            yield example


def _read_sst5_phrases(lines):
    """Every phrase of every tree once, the sentences among them."""
    return _distinct(_phrases(lines), lines)


def _two_classes(examples, lines):
    for example in examples:
        if example.label == "neutral":
            lines.counts["neutral examples left out"] += 1
        else:
            yield example._replace(label=example.label.removeprefix("very "))


def _read_sst2(lines):
    """As sst5 with two classes: neutral sentences are left out, and counted."""
    return _two_classes(_read_sst5(lines), lines)


def _read_sst2_phrases(lines):
    """As sst5-phrases with two classes: neutral phrases are left out, and counted."""
    return _distinct(_two_classes(_phrases(lines), lines), lines)


def _read_polarity(lines):
    """A pair of files, NAME.pos and NAME.neg, a text a line (Pang & Lee 2005)."""
    label = {"pos": "positive", "neg": "negative"}[lines.path[-3:]]
    for number, line in lines:
        yield lines.example(number, label, line)


def _read_semeval(lines):
    """Blocks of four lines: `NUMBER TAB "sentence"`, relation, `Comment: ...`, blank (Hendrickx et al. 2010).

    The text keeps its marks, <e1>..</e1> and <e2>..</e2>; the label is NAME(e1,e2), NAME(e2,e1) or Other.
    """
    tokenizer, rest = Tokenizer(), lines.decoded()
    for number, line in rest:
        if not line.strip(" \t"):
            continue
        sentence = re.fullmatch(r'[0-9]+\t"(.*)"[ \t]*', line, re.DOTALL)
        if not sentence:
            raise lines.error(number, 'not a sentence of SemEval; write it as NUMBER, a tab and "sentence"')
        try:
            tokenize_marked(tokenizer, sentence[1])
        except MarkError as error:
            raise lines.error(number, str(error)) from error
        below = list(islice(rest, 2))
        if below and not re.fullmatch(r"Other|(?!Other\()[^\s()]+\((e1,e2|e2,e1)\)", below[0][1].rstrip(" \t")):
            problem = "not a relation; write NAME(e1,e2), NAME(e2,e1) or Other below the sentence"
            raise lines.error(below[0][0], problem)
        if len(below) < 2:
            raise lines.error(number, "the example that begins here is cut off; give the whole file")
        if not below[1][1].startswith("Comment:"):
            raise lines.error(below[1][0], "not a comment; write Comment: below the relation")
        yield lines.example(number, below[0][1].rstrip(" \t"), sentence[1])


def _read_fasttext(lines):
    """`__label__x text`, one label a line."""
    for number, line in lines:
        label, text = re.match(r"([^ \t]*)[ \t]?(.*)", line.strip(" \t"), re.DOTALL).groups()
        if not label.startswith("__label__") or label == "__label__":
            raise lines.error(number, "no label; begin the line with __label__ and the name of the class")
        if re.search(r"(^|[ \t])__label__", text):
            raise lines.error(number, "more than one label; leave one")
        yield lines.example(number, label.removeprefix("__label__"), text)


def _read_table(lines, delimiter):
    """Rows under a header that names a column `text` and a column `label`; quoted fields may hold line ends."""
    csv.field_size_limit(2**31 - 1)  # a text may be longer than the 131,072 characters that the module expects
    rows = csv.reader((line + "\n" for _, line in lines.decoded()), delimiter=delimiter, strict=True)
    columns, end = None, 0
    try:
        for row in rows:
            number, end = end + 1, rows.line_num
            if not any(row):
                lines.counts["blank lines left out"] += 1
            elif columns is None:
                names = [name.strip().lower() for name in row]
                shown = ", ".join(names)[:80]
                if sorted(name for name in names if name in ("text", "label")) != ["label", "text"]:
                    raise lines.error(number, f"no column `text` or no column `label` in {shown}; name each once")
                columns = len(names), names.index("label"), names.index("text")
            elif len(row) != columns[0]:
                raise lines.error(number, f"{len(row)} fields under a header of {columns[0]}; quote the text")
            else:
                yield lines.example(number, row[columns[1]].strip(), row[columns[2]])
    except csv.Error as error:
        raise lines.error(end + 1, f"not a row of the table ({error}); check the quotes") from error


def _read_csv(lines):
    """Comma-separated values with a header."""
    return _read_table(lines, ",")


def _read_tsv(lines):
    """Tab-separated values with a header."""
    return _read_table(lines, "\t")


def _read_jsonl(lines):
    """A JSON object a line, with `text` and `label`."""
    for number, line in lines:
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise lines.error(number, f"not JSON ({error.msg}); write one object a line") from error
        except (ValueError, RecursionError) as error:
            raise lines.error(number, "too long a number or too deep a nesting; leave it out") from error
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise lines.error(number, 'no "text" string in the object; write {"text": ..., "label": ...}')
        label = record.get("label")
        if isinstance(label, bool) or not isinstance(label, (str, int)):
            raise lines.error(number, 'no "label" string or whole number in the object; add it')
        yield lines.example(number, str(label), record["text"])


FORMATS = {
    "trec": _read_trec,
    "sst5": _read_sst5,
    "sst2": _read_sst2,
    "sst5-phrases": _read_sst5_phrases,
    "sst2-phrases": _read_sst2_phrases,
    "polarity": _read_polarity,
    "semeval": _read_semeval,
    "fasttext": _read_fasttext,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
}

_ENDINGS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_FIRST_LINES = {  # the first that matches decides
    r"__label__\S": "fasttext",
    r"\s*\([0-4] ?\(?": "sst5",
    r"\s*\{": "jsonl",
    r"[A-Z]+:[^\s:]+([ \t]|$)": "trec",
    r'[0-9]+\t"': "semeval",
}


def recognise(path: str | Path) -> str:
    """The format of a labelled file by its name and first line; UserError if that does not tell."""
    path = str(path)
    if len(_files(path)) == 2:
        return "polarity"
    ending = _ENDINGS.get(Path(path).suffix.lower())
    if ending:
        return ending
    number, first = next(iter(_Lines(path, _content(path), Counter())), (1, ""))
    for pattern, format in _FIRST_LINES.items():
        if re.match(pattern, first):
            return format
    if not first:
        raise UserError(f"{path}: no examples in it; give a file with at least one labelled text")
    raise UserError(
        f"{path}:{number}: the format is not plain from this line; name it with --format {'|'.join(FORMATS)}"
    )
