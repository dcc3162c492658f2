"""Vector files as people have them: rows of the table of cases, and more of the same kinds."""

import bz2
import codecs
import gzip
import hashlib
import io
import json
import lzma
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import put
from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hints import hint
from embdistill.errors import UserError
from fasttext_helpers import write_model
from training_helpers import config
from vector_helpers import BINARIES, error_of

FILES = Path(__file__).parent / "files"
GLOVE = (FILES / "d00_glove.txt").read_bytes()
WORDS, VALUES = load_vectors(open_vectors(FILES / "d00_glove.txt"))


def notes_of(path):
    """What is said of a file that holds the vectors of d00_glove.txt."""
    file = open_vectors(path)
    words, values = load_vectors(file)
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert file.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return [note.removeprefix(f"{path}: ") for note in file.notes]


def problem(path):
    return error_of(path).removeprefix(f"{path}: ")


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in files.items():
            archive.writestr(name, inside)
    return content.getvalue()


# ---- the files of the table ----


@pytest.mark.parametrize("name", ["d00_glove.txt", "d03_double.txt", "d03_tab.txt", "d04_bom.txt", "d08_glove.zip"])
def test_files_that_hold_the_vectors_of_glove(name):
    assert notes_of(FILES / name) == ["rows read: 66"]


def test_a_header_that_promises_more_is_said():
    file = open_vectors(FILES / "d16_cut_lineend.vec")
    assert load_vectors(file)[0] == WORDS[:30]
    said = "its header promises 66 words, 30 are there; it may be cut off"
    assert file.notes == [f"{file.path}: rows read: 30", f"{file.path}: {said}"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "d08.npy",
            "a NumPy array (.npy), which has no words; write its vectors as text, a word and its values a line",
        ),
        ("d08_html.txt", "a web page, not word vectors; the download went wrong; fetch the file itself"),
        # It has the settings of a fastText model, and neither a dictionary nor a matrix behind them.
        ("d08_fasttext.bin", "a fastText model that is cut off or damaged; fetch it again"),
    ],
)
def test_files_that_are_named_as_what_they_are(name, said):
    assert problem(FILES / name) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("d09_numberbatch.txt", "take '/c/en/' off its words, as with `sed -n 's|^/c/en/||p'`"),
        (
            "d10_cased.vec",
            "give --lowercase false if the texts have capitals too, or lower-case its words, "
            r"as with `sed 's/^[^ ]*/\L&/'`",
        ),
    ],
)
def test_words_in_another_form_are_hinted_at(name, said):
    with pytest.raises(UserError, match="has no word of the corpus") as caught:
        prepare(FILES / "base.csv", None, None, FILES / name, config())
    assert str(caught.value).endswith(said)


def test_an_import_keeps_every_word_that_training_looks_up(tmp_path):
    """The vectors have every word that the tokenizer finds, in lower case and without the signs beside it."""
    texts = str(FILES / "j_tweets.csv")
    words = (
        "loved the kitchen lamp , it 's great ! do n't miss ... amazing fantastic food rude waiter worst movie".split()
    )
    vectors = put(tmp_path, "".join(f"{word} {i} 1 2\n" for i, word in enumerate(words)), "v.txt")
    kept = str(tmp_path / "kept.h5")
    for option in ("--data", "--vocab"):
        assert main(["vectors", "import", str(vectors), option, texts, "--out", kept]) == 0
        whole, small = (prepare(texts, None, None, path, config()) for path in (vectors, kept))
        assert small.vocabulary.words == whole.vocabulary.words and len(small.vocabulary) == 1 + len(words)
        np.testing.assert_array_equal(small.vectors, whole.vectors)


@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda content: zipped({"glove": content})])
def test_vectors_from_a_pipe_are_read_once(pipe, packed):
    content = packed(GLOVE)
    dataset = prepare(FILES / "base.csv", None, None, pipe(content), config())
    plain = prepare(FILES / "base.csv", None, None, FILES / "d00_glove.txt", config())
    assert dataset.digest() == plain.digest()
    assert dataset.inputs[-1]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_pipe_that_was_read_is_not_read_again(pipe):
    file = open_vectors(pipe(GLOVE))
    assert load_vectors(file)[0] == WORDS
    with pytest.raises(UserError, match="a pipe, which can be read only once; give a file"):
        load_vectors(file)


def test_imports_from_a_pipe_record_the_digest(pipe, tmp_path, capsys):
    assert main(["vectors", "import", pipe(GLOVE), "--out", str(tmp_path / "v.h5")]) == 0
    assert main(["vectors", "info", "--json", str(tmp_path / "v.h5")]) == 0
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert facts["words"] == 66 and facts["about"]["sha256"] == hashlib.sha256(GLOVE).hexdigest()


# ---- more of the same kinds ----

HEADER = b"66 20\n"
LINES = GLOVE.splitlines()
TABLE = b"\n".join(b'"' + line.replace(b" ", b'" ', 1) for line in LINES) + b"\n"
COLUMNS = " ".join(f"V{i}" for i in range(20)).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf" + HEADER + GLOVE, []),
        (HEADER.replace(b" ", b"\t") + GLOVE.replace(b" ", b"\t"), []),
        (GLOVE.replace(b" ", b" \t "), []),
        (GLOVE.replace(b" ", b"\t", 1), []),
        (b"".join(b"  " + line + b"\t\r\n" for line in LINES), []),
        (TABLE, ['the " around the words taken off']),
        (TABLE.replace(b'"', b"'"), ["the ' around the words taken off"]),
        (COLUMNS + b"\n" + GLOVE, ["line 1 names the columns, passed over"]),
        (b"word " + COLUMNS + b"\n" + GLOVE, ["line 1 names the columns, passed over"]),
        (
            b"word\t" + b"\t".join(b"%d" % i for i in range(20)) + b"\n" + GLOVE,
            ["line 1 names the columns, passed over"],
        ),
        (codecs.BOM_UTF16_LE + GLOVE.decode().encode("utf-16-le"), ["read as UTF-16"]),
        (codecs.BOM_UTF16_BE + (HEADER + GLOVE).decode().encode("utf-16-be"), ["read as UTF-16"]),
        (GLOVE.replace(b"\n", b"\r"), ["its lines end in CR alone"]),
        (bz2.compress(GLOVE), []),
        (lzma.compress(HEADER + GLOVE), []),
        (zipped({"folder/glove": GLOVE, "__MACOSX/folder/._glove": b"x"}), []),
        (zipped({"glove": gzip.compress(GLOVE)}), []),
        (b"50 20\n" + GLOVE, ["its header promises 50 words, 66 are there; it may be put together"]),
    ],
)
def test_other_layouts_of_the_same_vectors(tmp_path, content, said):
    assert notes_of(put(tmp_path, content)) == ["rows read: 66", *said]


def test_only_wanted_words_of_other_layouts(tmp_path):
    for content in (TABLE, GLOVE.replace(b" ", b"\t"), b"\xef\xbb\xbf" + GLOVE):
        words, values = load_vectors(open_vectors(put(tmp_path, content)), {WORDS[0], "lamp", "absent"})
        assert words == [WORDS[0], "lamp"]
        np.testing.assert_array_equal(values, VALUES[[0, WORDS.index("lamp")]])


def test_quotes_inside_quoted_words(tmp_path):
    lines = '"the" 1 2\n"say ""hi""" 3 4\n"5\\" wide" 5 6\n"""" 7 8\n'
    words = ["the", 'say "hi"', '5" wide', '"']
    path = put(tmp_path, lines)
    assert load_vectors(open_vectors(path))[0] == words
    for word in words:
        assert load_vectors(open_vectors(path), {word})[0] == [word]


def test_words_that_are_quotes_are_no_quoting(tmp_path):
    path = put(tmp_path, "\" 1 2\nthe 3 4\n'' 5 6\n'a' 7 8\n")
    assert load_vectors(open_vectors(path))[0] == ['"', "the", "''", "'a'"]


def test_phrases_with_tabs_between_the_numbers(tmp_path):
    path = put(tmp_path, "the\t1\t2\t3\nNew York\t4\t5\t6\na\t7\t8\t9\n")
    words, values = load_vectors(open_vectors(path), {"New York", "a"})
    assert words == ["New York", "a"]
    np.testing.assert_array_equal(values, [[4, 5, 6], [7, 8, 9]])


def _tar(mode):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        member = tarfile.TarInfo("glove.txt")
        member.size = len(GLOVE)
        archive.addfile(member, io.BytesIO(GLOVE))
    return content.getvalue()


def _npz():
    content = io.BytesIO()
    np.savez(content, words=np.array(WORDS), vectors=VALUES)
    return content.getvalue()


OTHER_KINDS = {
    "gensim": (pickle.dumps({"gensim.models.keyedvectors": 1}), "gensim's own format"),
    "pickle": (pickle.dumps({"the": [1.0]}), "a pickle file"),
    "npz": (_npz(), "a NumPy archive (.npz)"),
    "torch": (zipped({"archive/data.pkl": b"x", "archive/version": b"3"}), "a PyTorch file"),
    "safetensors": ((64).to_bytes(8, "little") + b'{"weight":{"dtype":"F32"}}', "a safetensors file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a git-lfs pointer"),
    "xml": (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "a web page"),
    "page": (b"\n<!DOCTYPE HTML><html>\n<body>moved</body></html>", "a web page"),
    "json": (b'{"the": [0.1, 0.2]}', "JSON"),
    "parquet": (b"PAR1\x15\x04\x15", "a Parquet file"),
    "sqlite": (b"SQLite format 3\0" + bytes(80), "an SQLite database"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x05", "an ONNX model"),
    "pdf": (b"%PDF-1.7\n", "a PDF file"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(30), "packed with 7z, which is not read; unpack it first, with `7z x`"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(30), "packed with zstd"),
    "rar": (b"Rar!\x1a\x07\x01\0" + bytes(30), "packed with rar"),
    "tar": (_tar("w"), "a tar archive"),
    "tgz": (_tar("w:gz"), "a tar archive"),
    "two in a zip": (
        zipped({"a": GLOVE, "b": GLOVE}),
        "a zip with 2 files in it (a, b); unpack it and give one of them",
    ),
    "none in a zip": (zipped({}), "a zip with no file in it"),
    "cut zip": (zipped({"a": GLOVE})[:-30], "the packed file is cut off or damaged here"),
    "excel": (zipped({"xl/workbook.xml": b"", "[Content_Types].xml": b""}), "an Excel workbook"),
    "another binary": (bytes(range(256)) * 4, "a binary file of a kind that is not read"),
    "utf-16 without mark": (GLOVE.decode().encode("utf-16-le"), "UTF-16 without its mark"),
    "edm": (b"\x89EDM\r\n\x1a\n" + bytes(90), "a model of embdistill (.edm), not word vectors"),
    "hdf5 packed": (gzip.compress(b"\x89HDF\r\n\x1a\n" + bytes(90)), "HDF5 is read from a plain file only"),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_kinds_of_files_are_named(tmp_path, kind):
    content, named = OTHER_KINDS[kind]
    assert problem(put(tmp_path, content)).startswith(named)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((FILES / "base.csv").read_bytes(), ":1: no vector on this line; write a word and its values"),
        (b"a text of some words\nand another one here\n", ":1: 'words' is not a number; give a file of words"),
        (b"the,0.1,0.2\na,0.3,0.4\n", ":1: commas or semicolons between the values; put spaces there"),
        (b"the 0,1 0,2\na 0,3 0,4\n", ":1: decimal commas; write points"),
        (b"404: Not Found", ":1: 'Found' is not a number"),
    ],
)
def test_text_that_is_no_vectors_is_named(tmp_path, content, said):
    path = put(tmp_path, content)
    assert error_of(path).startswith(f"{path}{said}")


def test_a_fasttext_model_gives_every_word_of_the_corpus_a_vector(tmp_path, capsys):
    words = ["the", "lamp", "ein"]
    matrix = np.random.default_rng(1).normal(size=(len(words) + 100, 8)).astype(np.float32)
    path = write_model(tmp_path / "m.bin", words, matrix, buckets=100)
    dataset = prepare(FILES / "base.csv", None, None, path, config())
    assert not (dataset.train.packed.ids == 0).any()
    assert not any("have no vector" in note for note in dataset.notes)
    kept = str(tmp_path / "kept.h5")
    words = ["--data", str(FILES / "base.csv"), "--words", "80000"]
    assert main(["vectors", "import", str(path), *words, "--out", kept]) == 0
    assert prepare(FILES / "base.csv", None, None, kept, config()).digest() == dataset.digest()


# ---- hints ----


def _file(tmp_path, write):
    lines = [write(line.partition(b" ")[0].decode()).encode() + b" " + line.partition(b" ")[2] for line in LINES]
    return put(tmp_path, b"\n".join(lines) + b"\n")


@pytest.mark.parametrize(
    ("write", "lowercase", "said"),
    [
        (lambda word: f"{word}_NOUN", True, "take '_NOUN' and the like off its words"),
        (lambda word: f"▁{word}", True, "take '▁' off its words"),
        (lambda word: f"en.{word}", True, r"as with `sed -n 's|^en\.||p'`"),
        (str.upper, True, "give --lowercase false if"),
        (str.title, False, "lower-case its words"),
    ],
)
def test_forms_of_words(tmp_path, pipe, write, lowercase, said):
    path = _file(tmp_path, write)
    for opened in (open_vectors(path), open_vectors(pipe(path.read_bytes()))):
        assert load_vectors(opened, set(WORDS) - {write(word) for word in WORDS})[0] == []
        assert said in hint(opened, [word for word in WORDS if len(word) > 1], lowercase)


def test_other_forms_of_the_words_of_the_corpus(tmp_path):
    assert "omit --lowercase false" in hint(open_vectors(FILES / "d00_glove.txt"), list(map(str.title, WORDS)), False)
    decomposed = put(tmp_path, "cafe\u0301 1 2\nnai\u0308f 3 4\n")
    assert "compose its letters" in hint(open_vectors(decomposed), ["café", "naïf"], True)
    languages = put(tmp_path, "".join(f"/c/{name}/{word} 1 2\n" for name in ("af", "de") for word in ("lampe", "haus")))
    assert "take '/c/de/' off" in hint(open_vectors(languages), ["lampe", "haus"], True)


def test_no_hint_where_the_words_are_others(tmp_path):
    assert hint(open_vectors(FILES / "d00_glove.txt"), ["lumière", "musique", "cuisine"], True) is None
    model = write_model(tmp_path / "m.bin", ["Lamp", "The"], np.ones((2, 4), np.float32), maxn=0, buckets=0)
    assert "'Lamp' where the texts have 'lamp'" in hint(open_vectors(model), ["lamp", "the"], True)


# ---- altered at random ----

PIECES = [
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b'"',
    b"nan",
    b"1e400",
    b",",
    b"\0",
    b"\xff",
    b"\n\n",
    b"-1",
    b"5 6\n",
    b"PK\x03\x04",
]


def _altered(content, rng):
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at, other = rng.integers(0, len(content), 2)
        match rng.integers(4):
            case 0:
                content[at] = rng.integers(256)
            case 1:
                content[at:at] = PIECES[rng.integers(len(PIECES))]
            case 2:
                del content[at + 1 : at + 40]
            case 3:
                content[at:at] = content[other : other + 60]
    return bytes(content)


def test_altered_files_are_read_or_named(tmp_path):
    some = GLOVE[:3000]
    matrix = np.random.default_rng(1).normal(size=(3 + 20, 6)).astype(np.float32)
    model = write_model(tmp_path / "m.bin", ["the", "a", "naïve"], matrix, buckets=20).read_bytes()
    sound = [some, HEADER + some, some.replace(b" ", b"\t"), some.decode().encode("utf-16"), some.replace(b"\n", b"\r")]
    sound += [gzip.compress(some), zipped({"glove": some}), model, *(write() for write in BINARIES.values())]
    rng, read = np.random.default_rng(0), 0
    for turn in range(600):
        path = put(tmp_path, _altered(sound[turn % len(sound)], rng))
        for wanted in (None, {"the", "a", "absent"}):
            try:
                file = open_vectors(path)
                words, values = load_vectors(file, wanted)
            except UserError as error:
                assert str(error).startswith(f"{path}:") and "\n" not in str(error)
            else:
                read += 1
                assert values.shape == (len(set(words)), file.dim) and np.isfinite(values).all()
    assert read > 100


def test_utf_16_that_is_cut_off_is_named(tmp_path):
    path = put(tmp_path, GLOVE.decode().encode("utf-16")[:-1])
    assert problem(path) == "UTF-16 that is cut off or damaged; fetch it again"
