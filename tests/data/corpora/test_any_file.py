"""Labelled files of every format, put together at random: what was read and what was reported as left out is what is
there, and whatever is wrong is said in one line that names the file. Counting here is done on the bytes alone.
"""

import io
import json
import os
import re
import shutil
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embdistill.data.corpora import FORMATS, Layout, read_corpus
from embdistill.errors import UserError

EXAMPLES = 300  # of each format
BLANK = "blank lines left out"
ANY = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

SOUND = {  # lines of each format
    "trec": ["DESC:def What is it ?", "HUM:ind Who ?", "HUM:gr", "desc:a b:c"],
    "sst": ["(3 (2 a) (4 b))", "(2 (2 c) (2 d))", "(0 c)", "(1 (0 -LRB-) (2 b))", "(2 (2 a) (2 b))"],
    "polarity": ["a good film", "(bad)", "turn it on"],
    "semeval": [f'7\t"a <e1>b</e1> c <e2>d</e2>."\n{relation}\nComment: no\n' for relation in ("Other", "A-B(e2,e1)")],
    "fasttext": ["__label__x a film", "__label__y b", "__label__x"],
    "csv": ["a film,x", '"b, c",y', '"d ""e"" f",x', '"g\nh",y', '"i\n\nj\n",x', ",x", ",", 'k "l",y', "m,x,"],
    "tsv": ["a film\tx", '"b\tc"\ty', '"d ""e"""\tx', '"g\nh"\ty', "\tx", "\t", 'k "l"\ty', "m\tx\t"],
    "json": ['{"text": "a", "label": "x"}', '{"text": "b\\nc", "label": 7}', '{"label": [true],\n"text": null}'],
    "jsonl": ['{"text": "a", "label": "x"}', '{"text": "b\\nc", "label": 7}', '{"text": null, "label": [true]}'],
}
FLAWED = {
    "trec": ["HUM: x", "HUM"],
    "sst": ["(4 x", "(5 a)", "(3 (2 a) (4 b)) y"],
    "polarity": ["\0"],
    "semeval": ["Other", "Comment:", '8\t"a"', '9\t"<e1>a</e1> <e2>b</e2>"'],
    "fasttext": ["__label__x __label__y a", "plain"],
    "csv": ['"n', 'o",y', '"p,x', 'q",x', "r,s,x", '"t" u,x', "v", "w,", "text,label"],
    "tsv": ['"n', 'o"\ty', '"p\tx', 'q"\tx', "r\ts\tx", '"t" u\tx', "v", "w\t", "text\tlabel"],
    "json": ["[", "]", "{}", '{"text":', '{"text": "a"}', "7"],
    "jsonl": ["[", "]", "{}", '{"text":', '{"text": "a"}', "7"],
}
ENDS = ["\n"] * 6 + ["\r\n", "\r\n", "\n\n", "\n \t\n"]
BETWEEN = ["\x85", "\u2028", "\x0b", "\0", '"', '""', ",", ";", "\t", "|", "’", "\U0001f600", "<e1>", "é", " ", "\r"]
ENCODINGS = ["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-32", "cp1252", "utf-16-le"]
BYTES = [b"\xe9", b"\x92", b"\x81", b"\xff\xfe", b"\xef\xbb\xbf", b"\0"]
HEADERS = {
    "csv": ["text,label\n"] * 3
    + ["", "\r\n,\ntext,label\n", "sep=,\ntext,label\n", '"Text"," LABEL"\n', "label,text\n"],
    "tsv": ["text\tlabel\n"] * 3 + ["", "\n\t\ntext\tlabel\n", "sep=\t\ntext\tlabel\n", '"Text"\t" LABEL"\n'],
}


@st.composite
def contents(draw, format):
    """Bytes made of lines of a format, in any encoding; in a third of the cases with flawed lines and other bytes."""
    wild = draw(st.integers(0, 2)) == 2
    lines = st.sampled_from(SOUND[format] + (FLAWED[format] if wild else []))
    noise = st.sampled_from([""] * 8 + BETWEEN) if wild else st.just("")
    ends = st.just(draw(st.sampled_from(["\n", "\r\n", "\r"]))) if draw(st.booleans()) else st.sampled_from(ENDS)
    if format == "json" and not wild:
        ends = ends.map(lambda end: "," + end)
    text = "".join("".join(parts) for parts in draw(st.lists(st.tuples(lines, noise, ends), max_size=12)))
    text = draw(st.sampled_from(HEADERS.get(format, [""]))) + text
    if format == "json" and not wild:
        text = "[" + text.rstrip().rstrip(",") + "]"
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    if wild:
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.sampled_from([b""] * 4 + BYTES)) + content[place:]
    return content


def lines_in(content):
    """The lines of a file: LF and CRLF end one, and CR where CRs alone outnumber LFs."""
    for mark, codec in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16")):
        if content.startswith(mark):
            text = content.decode(codec, "replace").removeprefix("\ufeff")
            break
    else:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    text = text.replace("\r\n", "\n")
    if text.count("\r") > text.count("\n"):
        text = text.replace("\r", "\n")
    lines = text.removesuffix("\r").split("\n")
    return lines if lines[-1] else lines[:-1]


def read_or_complain(path, *arguments):
    """The corpus, or None after checking that the complaint is one line that names the file."""
    try:
        return read_corpus(path, *arguments)
    except UserError as error:
        assert re.match(re.escape(str(path)) + r"(\.pos|\.neg)?(/[^:]*)?:([0-9]+:)? ?\S", str(error)), str(error)
        assert len(str(error).splitlines()) == 1, repr(str(error))
        assert len(str(error)) < 1000


def explained(corpus):
    """The counts that are of lines or examples left out."""
    return {what: count for what, count in corpus.counts.items() if "left out" in what}


@pytest.mark.parametrize("format", ["trec", "sst5", "sst2", "fasttext", "jsonl"])
def test_one_example_a_line(format, tmp_path):
    @ANY
    @given(contents("sst" if format.startswith("sst") else format))
    def check(content):
        (tmp_path / "t.txt").write_bytes(content)
        corpus = read_or_complain(tmp_path / "t.txt", format)
        if corpus and not (format == "jsonl" and _not_lines(content)):
            assert len(corpus.examples) + sum(explained(corpus).values()) == len(lines_in(content))

    check()


def _not_lines(content):
    """Whether JSON is an array, or its first object is not a line."""
    first = next((line for line in lines_in(content) if line.strip(" \t")), "")
    try:
        json.loads(first)
    except ValueError:
        return True
    return first.lstrip().startswith("[")


@pytest.mark.parametrize("format", ["sst5-phrases", "sst2-phrases"])
def test_one_example_a_node(format, tmp_path):
    @ANY
    @given(contents("sst"))
    def check(content):
        (tmp_path / "t.txt").write_bytes(content)
        if corpus := read_or_complain(tmp_path / "t.txt", format):
            nodes = sum(line.count("(") for line in lines_in(content))
            left_out = corpus.counts["neutral examples left out"] + corpus.counts["repeated phrases left out"]
            assert len(corpus.examples) + left_out == nodes
            assert corpus.counts[BLANK] == sum(not line.strip(" \t") for line in lines_in(content))

    check()


def test_polarity(tmp_path):
    @ANY
    @given(contents("polarity"), contents("polarity"))
    def check(positive, negative):
        (tmp_path / "t.pos").write_bytes(positive), (tmp_path / "t.neg").write_bytes(negative)
        if corpus := read_or_complain(tmp_path / "t"):
            for label, content in (("positive", positive), ("negative", negative)):
                there = [line for line in lines_in(content) if line.strip(" \t")]
                assert sum(example.label == label for example in corpus.examples) == len(there)
            blank = sum(not line.strip(" \t") for line in lines_in(positive) + lines_in(negative))
            assert corpus.counts[BLANK] == blank

    check()


def test_semeval(tmp_path):
    @ANY
    @given(contents("semeval"))
    def check(content):
        (tmp_path / "t.txt").write_bytes(content)
        if corpus := read_or_complain(tmp_path / "t.txt", "semeval"):
            assert 3 * len(corpus.examples) == sum(bool(line.strip(" \t")) for line in lines_in(content))

    check()


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_every_line_of_a_table_is_in_one_row(format, tmp_path):
    """Of two columns: a row has the line ends of its text, since labels have none."""

    @ANY
    @example(b'text,label\n"a\n\nb",x\n,\n"\n",\n')
    @example(b'text\tlabel\n"a\tx\nb\ty\nc"\tx\nd\ty\n')
    @example(b'text\tlabel\n"a\tx\nb\ty\nc"\tx\nd\te\ty\n')
    @given(contents(format))
    def check(content):
        (tmp_path / "t.txt").write_bytes(content)
        corpus = read_or_complain(tmp_path / "t.txt", format)
        lines = lines_in(content)
        names = {name.strip(' "').lower() for line in lines[:9] for name in re.split("[,;|\t]", line)}
        if corpus and len(re.split("[,;|\t]", _header(lines))) == 2 and {"text", "label"} <= names:
            rows = sum(1 + example.text.count("\n") for example in corpus.examples)
            heads = 1 + any("as its first line says" in note for note in corpus.notes)
            assert rows + sum(explained(corpus).values()) + heads == len(lines)
            several = sum("\n" in example.text for example in corpus.examples)
            assert corpus.counts["rows that go over several lines, in quotation marks"] == several

    check()


def _header(lines):
    filled = [line for line in lines if line.strip(' \t,;|"')]
    return filled[1] if re.match('"?sep=', filled[0].strip(" ")) else filled[0]


def test_every_object_of_json_is_read(tmp_path):
    @ANY
    @given(contents("json"))
    def check(content):
        (tmp_path / "t.json").write_bytes(content)
        if corpus := read_or_complain(tmp_path / "t.json", "json"):
            text = "\n".join(lines_in(content))
            assert len(corpus.examples) == _objects(text)

    check()


def _objects(text):
    """How many objects JSON text has on its outermost level, counted by braces outside strings."""
    depth = count = 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[{}]', text):
        count += token == "{" and depth == 0
        depth += {"{": 1, "}": -1}.get(token, 0)
    return count


@pytest.mark.parametrize("format", sorted(SOUND))
def test_any_format_is_recognised_or_refused(format, tmp_path):
    """With and without options that may not fit."""
    layouts = st.builds(
        Layout,
        text_column=st.sampled_from([None, "text", "1", "2", "film", "99"]),
        label_column=st.sampled_from([None, "label", "2", "1"]),
        delimiter=st.sampled_from([None, None, ",", ";", "tab", "x"]),
        header=st.sampled_from(["true", "true", "false"]),
    )

    @ANY
    @given(
        contents(format), st.one_of(st.just(Layout()), layouts), st.sampled_from(["t.txt", "t.csv", "t.tsv", "t.json"])
    )
    def check(content, layout, name):
        (tmp_path / name).write_bytes(content)
        corpus = read_or_complain(tmp_path / name, "auto", layout)
        assert corpus is None or (corpus.examples and corpus.format in FORMATS)

    check()


# ---- sound files, in which nothing may be lost or altered ----

CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(st.one_of(CHARACTERS, st.sampled_from("ab \t\n\r\"',;|")), max_size=20)
LABELS = st.sampled_from(["x", "y", "class z", "0", "véry"])
RECORDS = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=8)


def _same(corpus, records):
    """Line ends within a text are LF when read; bare CRs stay."""
    read = [(example.text, example.label) for example in corpus.examples]
    return read == [(text.replace("\r\n", "\n"), label) for text, label in records]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_a_quoted_table_gives_back_its_texts(delimiter, tmp_path):
    """As spreadsheets write them, every field in quotation marks."""

    @ANY
    @given(RECORDS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    def check(records, end, encoding):
        fields = [("text", "label"), *records]
        rows = [delimiter.join('"' + field.replace('"', '""') + '"' for field in row) for row in fields]
        (tmp_path / "t.csv").write_bytes((end.join(rows) + end).encode(encoding))
        corpus = read_or_complain(tmp_path / "t.csv")
        if corpus is None or any("CR alone" in note for note in corpus.notes):
            # Refused, or CRs alone outnumber LFs: only where a text holds line ends that look like rows, CRs, or NULs
            # that look like UTF-16.
            assert any(set(text) & {"\r", "\n", "\0"} for text, _ in records)
        else:
            assert _same(corpus, records)

    check()


def test_a_plain_tsv_gives_back_its_texts(tmp_path):
    """Texts without tabs and line ends, with quotation marks anywhere: taken off only from whole fields, and said."""
    texts = st.text(st.one_of(CHARACTERS, st.sampled_from('ab "')), max_size=20)
    texts = texts.map(lambda text: re.sub("[\t\n\r\0]", " ", text))

    @ANY
    @given(st.lists(st.tuples(texts, LABELS), min_size=1, max_size=8))
    def check(records):
        (tmp_path / "t.tsv").write_text(
            "text\tlabel\n" + "".join(f"{t}\t{label}\n" for t, label in records), newline=""
        )
        corpus = read_corpus(tmp_path / "t.tsv")
        if any("taken off" in note for note in corpus.notes):
            texts = [text[1:-1].replace('""', '"') if text.startswith('"') else text for text, _ in records]
        else:
            texts = [text for text, _ in records]
        assert [example.text for example in corpus.examples] == texts
        assert [example.label for example in corpus.examples] == [label for _, label in records]

    check()


@pytest.mark.parametrize("kind", ["lines", "array", "indented"])
def test_json_gives_back_its_texts(kind, tmp_path):
    @ANY
    @given(RECORDS, st.booleans())
    def check(records, ascii):
        objects = [{"text": text, "label": label} for text, label in records]
        if kind == "lines":
            content = "\n".join(json.dumps(one, ensure_ascii=ascii) for one in objects)
        else:
            content = json.dumps(objects, ensure_ascii=ascii, indent=2 if kind == "indented" else None)
        (tmp_path / "t.json").write_bytes(content.encode())
        corpus = read_corpus(tmp_path / "t.json")
        assert [(example.text, example.label) for example in corpus.examples] == records

    check()


def test_parquet_gives_back_its_texts_or_is_refused_when_damaged(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="needs the extra tables")
    from pyarrow import parquet

    @ANY
    @given(RECORDS, st.integers(0, 2000), st.sampled_from([None, b"\0", b"\xff", b"aaaaaaaa"]))
    def check(records, place, damage):
        table = pyarrow.table({"label": [label for _, label in records], "Text": [text for text, _ in records]})
        out = io.BytesIO()
        parquet.write_table(table, out)
        content = out.getvalue()
        if damage:
            place %= len(content)
            content = content[:place] + damage + content[place + len(damage) :]
        (tmp_path / "t.parquet").write_bytes(content)
        corpus = read_or_complain(tmp_path / "t.parquet")
        if not damage:
            assert [(example.text, example.label) for example in corpus.examples] == records

    check()


def test_excel_gives_back_its_texts_or_is_refused_when_damaged(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra tables")
    illegal = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE

    @settings(ANY, max_examples=100)
    @given(RECORDS, st.integers(0, 6000), st.sampled_from([None, b"\0", b"\xff", b"aaaaaaaa"]))
    def check(records, place, damage):
        # Excel's XML has no control characters, and a text that begins with = is a formula.
        records = [(re.sub("[\r\ufffe\uffff]|^=", "", illegal.sub("", text)), label) for text, label in records]
        book = openpyxl.Workbook()
        for row in [("Label", "TEXT"), *((label, text) for text, label in records)]:
            book.active.append(row)
        book.save(tmp_path / "t.xlsx")
        if damage:
            content = (tmp_path / "t.xlsx").read_bytes()
            place %= len(content)
            (tmp_path / "t.xlsx").write_bytes(content[:place] + damage + content[place + len(damage) :])
        corpus = read_or_complain(tmp_path / "t.xlsx")
        if not damage:
            assert [(example.text, example.label) for example in corpus.examples] == records

    check()


def test_every_file_of_a_folder_is_read_or_counted(tmp_path):
    names = st.sampled_from(
        ["a/1.txt", "a/2.txt", "b/1", "b/.DS_Store", "b/deep/1.txt", "README", ".git/x", "c d/é.txt"]
    )

    @ANY
    @given(st.dictionaries(names, contents("polarity"), max_size=6))
    def check(files):
        shutil.rmtree(tmp_path / "t", ignore_errors=True)
        os.mkdir(tmp_path / "t")
        for name, content in files.items():
            (tmp_path / "t" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "t" / name).write_bytes(content)
        if corpus := read_or_complain(tmp_path / "t"):
            classes = Counter(example.label for example in corpus.examples)
            left_out = sum(explained(corpus).values())
            assert classes.total() + left_out == len(files)
            assert classes["a"] == sum(name.startswith("a/") for name in files)

    check()
