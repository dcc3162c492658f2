"""Vector files as people have them: rows of the table of cases, and fastText models."""

import gzip
import hashlib
import json

import numpy as np
import pytest

from archive_helpers import zipped
from conftest import put
from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.errors import UserError
from fasttext_helpers import write_model
from glove_helpers import FILES, GLOVE, WORDS, notes_of, problem
from training_helpers import config


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
