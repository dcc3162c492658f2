"""A folder with a subfolder for each class."""

import pytest

from conftest import files_in
from corpus_helpers import complaint, rows
from embdistill.data.corpora import read_corpus, recognise


@pytest.fixture
def train(tmp_path):
    """As the IMDb reviews come: train/pos/0_9.txt."""
    for name, content in {"pos/0_9.txt": "good\nfilm\n", "pos/1_8.txt": "nice", "neg/0_1.txt": "bad\r\n"}.items():
        path = tmp_path / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    return tmp_path / "train"


@pytest.mark.parametrize("format", ["auto", "folder"])
def test_a_subfolder_is_a_class(train, format):
    corpus = read_corpus(train, format)
    assert rows(corpus) == [("neg", "bad", 1), ("pos", "good\nfilm", 1), ("pos", "nice", 1)]
    assert corpus.examples[0].path == str(train / "neg/0_1.txt")
    assert corpus.format == recognise(train) == "folder" and corpus.notes == []
    assert read_corpus(f"{train}/").examples[0].label == "neg"


def test_what_is_no_text_of_a_class_is_counted(train):
    (train / "README").write_text("about")
    (train / ".git").mkdir()
    (train / "pos/.DS_Store").write_text("x")
    (train / "pos/deep").mkdir()
    assert len(read_corpus(train).examples) == 3
    assert read_corpus(train).counts == {
        "files beside the folders of the classes left out": 2,
        "hidden files and folders in those of the classes left out": 2,
    }


def test_texts_in_other_encodings_and_empty_ones(train):
    (train / "neg/2.txt").write_bytes("schön\n".encode("utf-16"))
    (train / "neg/3.txt").write_bytes(b"na\xefve \x85")
    (train / "pos/4.txt").write_bytes(b"\n")
    corpus = read_corpus(train)
    assert {"schön", "naïve …", ""} <= {example.text for example in corpus.examples}
    said = [note.removeprefix(f"{train}: ") for note in corpus.notes]
    assert sorted(said) == [
        "lines not all in UTF-8, the rest read as Windows-1252: 1",
        "read as UTF-16, as its byte order mark says (1 of 6 files)",
    ]


def test_the_digest_changes_with_every_name_and_text(train):
    before = read_corpus(train).digest
    (train / "pos/1_8.txt").rename(train / "neg/1_8.txt")
    moved = read_corpus(train).digest
    (train / "neg/1_8.txt").write_text("nicer")
    assert len({before, moved, read_corpus(train).digest}) == 3


def test_a_folder_without_subfolders_is_refused(tmp_path):
    (tmp_path / "texts").mkdir()
    said = ": a folder without subfolders; put the texts of each class in a subfolder of its name"
    assert complaint(tmp_path / "texts") == said
    (tmp_path / "texts/a.txt").write_text("a")
    assert complaint(tmp_path / "texts") == said
    (tmp_path / "texts/b.pos").write_text("good")
    pair = f"{tmp_path}/texts/b.pos"
    assert complaint(tmp_path / "texts") == f": a folder without subfolders; give the pair of files, as {pair}"


def test_empty_subfolders_are_refused(tmp_path):
    (tmp_path / "texts/a").mkdir(parents=True)
    assert complaint(tmp_path / "texts").startswith(": no examples in it")


def test_train_and_evaluate_on_a_folder(works, here):
    for name, content in files_in(here).items():
        if name == "texts.txt":
            for number, line in enumerate(content.decode().splitlines()):
                label, text = line.removeprefix("__label__").split(" ", 1)
                (here / "train" / label).mkdir(parents=True, exist_ok=True)
                (here / "train" / label / f"{number}.txt").write_text(text)
    works("train", "--data", "train", "--vectors", "vectors.txt", "--dim", "4", "--filters", "5", "--epochs", "1")
    assert "accuracy" in works("evaluate", "run.h5", "--data", "train")
