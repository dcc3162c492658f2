"""Which words the table has, where they come from, and what stays unknown."""

import json
from collections import Counter
from itertools import chain, pairwise

import numpy as np
import pytest

from embdistill.cli import main
from embdistill.data.listed import read_words
from embdistill.data.packed import UNKNOWN
from embdistill.data.prepare import prepare
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.model.run_file import load_run

NAMES = "the lamp <unk> song don't stop dark loud bright music".split()  # don't is two tokens, <unk> three
NAMES_OF_FOLDS = [*NAMES, *(f"word{i}" for i in range(20))]


@pytest.fixture
def files(write):
    """Training, dev and test texts, and vectors, whose words of the test texts alone are dark and music."""
    vectors = "".join(f"{name} {i}.5 -2 1\n" for i, name in enumerate(NAMES))
    train = "".join(f"__label__{label} the {word}\n" for label, word in [("a", "lamp"), ("b", "song")] * 3)
    test = "__label__a the dark lamp\n__label__b music song\n"
    return (
        write(train, "train.txt"),
        write("__label__a stop\n", "dev.txt"),
        write(test, "test.txt"),
        write(vectors, "vectors.txt"),
    )


def words_of(dataset, split):
    """The words of each text of a split, the unknown ones as <unk>."""
    ids, offsets, *_ = split.packed
    return [[dataset.vocabulary.words[i] for i in ids[a:b]] for a, b in pairwise(offsets)]


def table(*files, listed=frozenset(), **settings):
    return prepare(*files, Config(**settings), listed=listed).vocabulary.words[1:]


def test_the_words_of_the_test_texts_are_unknown(files):
    dataset = prepare(*files, Config())
    assert dataset.vocabulary.words[1:] == ["the", "lamp", "song", "stop"]
    assert words_of(dataset, dataset.test) == [["the", "<unk>", "lamp"], ["<unk>", "song"]]
    assert dataset.read["test"]["unknown_words"] == {"dark": 1, "music": 1}
    assert dataset.read["data"]["unknown_words"] == {}
    assert "the table has 4 words: 4 of the training and dev texts" in dataset.notes


def test_without_the_test_file_the_table_is_the_same(files):
    train, dev, _, vectors = files
    with_test, without = (prepare(train, dev, test, vectors, Config()) for test in (files[2], None))
    assert with_test.digest() == without.digest()


def test_the_words_of_the_test_texts_as_papers_have_them(files):
    dataset = prepare(*files, Config(transductive=True))
    assert dataset.vocabulary.words[1:] == ["the", "lamp", "song", "stop", "dark", "music"]
    assert not np.any(dataset.test.packed.ids == UNKNOWN)
    assert "the table has 6 words: 6 of the training, dev and test texts" in dataset.notes


def test_the_first_words_of_the_vectors_enter(files):
    assert table(*files, words=1) == table(*files)
    assert table(*files, words=7) == ["the", "lamp", "song", "stop", "dark"]  # <unk> and don't cannot be in a text
    assert table(*files, words=1000) == [name for name in NAMES if name not in ("<unk>", "don't")]
    notes = prepare(*files, Config(words=7)).notes
    assert f"the table has 5 words: 4 of the training and dev texts, 1 more of the first 7 of {files[3]}" in notes
    assert f"{files[3]}: 2 of its first words are none that the tokenizer finds, left out" in notes
    whitespace = dict(split="whitespace", words=5)
    assert table(*files, **whitespace) == ["the", "lamp", "song", "don't", "stop"]


def test_repeated_rows_are_rows_too(files, write):
    """The first three rows have two words; the others are not let in for it, however often they stand in the texts."""
    train, dev, test, _ = files
    rows = ["the 1 2 3", "the 3 2 1", "lamp 1 1 2", "dark 2 1 1", "song 2 2 1"]
    vectors = write("\n".join(rows) + "\n", "repeated.txt")
    dataset = prepare(train, dev, test, vectors, Config(words=3))
    assert dataset.vocabulary.words[1:] == ["the", "lamp", "song"]
    assert [dataset.vocabulary.words[i] for i in dataset.fixed] == ["the", "lamp"]
    assert any("of the first 2 of" in note for note in dataset.notes)


def test_listed_words_enter(files):
    dataset = prepare(*files, Config(), listed=frozenset(["bright", "absent"]))
    assert dataset.vocabulary.words[1:] == ["the", "lamp", "song", "stop", "bright"]
    assert "the table has 5 words: 4 of the training and dev texts, 1 more of --vocab" in dataset.notes


def test_the_most_frequent_words_of_a_list_with_counts_enter(files, write):
    path = write("bright 3\nmusic\t10\nLOUD 5\n\n  dark   5  \n")
    counts, record = read_words(path, Tokenizer())
    assert counts == Counter(music=10, loud=5, dark=5, bright=3)
    assert record["role"] == "vocab" and record["path"] == str(path)
    corpus = ["the", "lamp", "song", "stop"]
    for words, more in [(1, {"music"}), (2, {"music", "loud"}), (4, {"music", "loud", "dark", "bright"})]:
        found = table(*files, listed=counts, words=words)
        assert found == [name for name in NAMES if name in more or name in corpus]
    assert table(*files, listed=counts) == table(*files, listed=counts, words=4)


@pytest.mark.parametrize("text", ["music 10\nlamp\n", "music 10 20\n", "12\n", "music ten\n", "", "\n"])
def test_any_other_list_is_a_text(write, text):
    assert read_words(write(text), Tokenizer())[0] == frozenset(text.split())


def test_counts_of_what_the_tokenizer_splits_or_joins_add_up(write):
    counts, _ = read_words(write("The 3\nthe 4\ndon't 2\nn't 1\n"), Tokenizer())
    assert counts == Counter({"the": 7, "do": 2, "n't": 3})


def test_other_words_are_the_most_frequent_ones_beside_the_table(files, monkeypatch):
    none = prepare(*files, Config(subwords=0, spellings=0))
    assert none.outside_words == [] and none.outside_vectors is None
    for words, others in [(0, "dark loud bright music"), (7, "loud bright music"), (1000, "")]:
        dataset = prepare(*files, Config(subwords=16, words=words))
        assert dataset.outside_words == others.split()
        assert dataset.vocabulary.words[1:] == table(*files, words=words)
    spellings = prepare(*files, Config(subwords=0, spellings=1))
    assert spellings.outside_words == "dark loud bright music".split() and spellings.outside_vectors is None
    monkeypatch.setattr("embdistill.data.prepare.FREQUENT_WORDS", 8)
    dataset = prepare(*files, Config(subwords=16, spellings=0))
    assert dataset.outside_words == ["dark", "loud"]
    more = prepare(*files, Config(subwords=16, spellings=100))
    assert more.outside_words == "dark loud bright music".split()
    np.testing.assert_array_equal(more.outside_vectors, dataset.outside_vectors)
    words, raw = load_vectors(open_vectors(files[3]))
    expected = raw[[words.index(word) for word in dataset.outside_words]]
    expected /= np.sqrt(np.mean(expected**2, axis=1, keepdims=True))
    np.testing.assert_allclose(dataset.outside_vectors, expected, rtol=1e-6)
    assert dataset.outside_vectors.dtype == np.float32


def test_vectors_from_a_pipe_are_read_once(files, pipe):
    train, dev, test, vectors = files
    settings = Config(subwords=16, words=7)
    piped = prepare(train, dev, test, pipe(vectors.read_bytes()), settings)
    plain = prepare(train, dev, test, vectors, settings)
    assert piped.digest() == plain.digest() and piped.outside_words == plain.outside_words != []


def test_a_table_of_unknown_words_only_is_refused(write, files):
    path = write("__label__a <unk>\n__label__b <unk>\n" * 3, "unknown.txt")
    with pytest.raises(UserError, match="has no word of the corpus"):
        prepare(path, None, None, files[3], Config(split="whitespace"))


def test_scripts_without_spaces_are_read_with_the_words_of_the_table(write):
    """The vectors have 快递包裹, but the training texts have its halves alone, so a device finds these."""
    vectors = write("".join(f"{word} {i}.5 1 2\n" for i, word in enumerate("快递包裹 快递 包裹 我 寄".split())))
    train = write("text,label\n" + "我寄快递,a\n包裹,b\n" * 3, "train.csv")
    test = write("text,label\n我寄快递包裹,a\n", "test.csv")
    honest = prepare(train, None, test, vectors, Config())
    assert words_of(honest, honest.test) == [["我", "寄", "快递", "包裹"]]
    for settings in (dict(transductive=True), dict(words=1)):
        other = prepare(train, None, test, vectors, Config(**settings))
        assert words_of(other, other.test) == [["我", "寄", "快递包裹"]]


def test_words_that_are_only_in_the_test_texts_of_a_fold_are_unknown(write, files):
    texts = [("a", f"the lamp word{i}") for i in range(10)] + [("b", f"the song word{i + 10}") for i in range(10)]
    train = write("".join(f"__label__{label} {text}\n" for label, text in texts), "folds.txt")
    rows = "".join(f"{name} {i}.5 -2 1\n" for i, name in enumerate(NAMES_OF_FOLDS))
    vectors = write(rows, "many.txt")
    given = frozenset(["bright", "word3"])
    whole = prepare(train, None, None, vectors, Config(words=2), listed=given)
    for k in range(4):
        fold = whole.fold(k, 4, 0)
        trained = set(chain.from_iterable(words_of(fold, fold.train)))
        assert len(trained) == 3 + 15 and UNKNOWN not in fold.train.packed.ids
        assert set(fold.vocabulary.words[1:]) == trained | given
        tokens = chain.from_iterable(words_of(fold, fold.test))
        assert {word for word in tokens if word.startswith("word")} <= {"word3"}
        rows = [whole.vocabulary.index[word] for word in fold.vocabulary.words[1:]]
        assert rows == sorted(rows)
        np.testing.assert_array_equal(fold.vectors, whole.vectors[[0, *rows]])
    other = prepare(train, None, None, vectors, Config(words=2, subwords=8), listed=given)
    fold = other.fold(0, 4, 0)
    missing = set(other.vocabulary.words) - set(fold.vocabulary.words)
    assert len(missing) == 5 - len({"word3"} & {word for text in words_of(fold, fold.test) for word in text})
    assert [word for word in NAMES_OF_FOLDS if word in {*other.outside_words, *missing}] == fold.outside_words
    assert len(fold.outside_vectors) == len(fold.outside_words)
    rows = [other.vocabulary.index[word] for word in fold.outside_words if word in missing]
    at = [fold.outside_words.index(other.vocabulary.words[row]) for row in rows]
    np.testing.assert_array_equal(fold.outside_vectors[at], other.vectors[rows])
    transductive = prepare(train, None, None, vectors, Config(transductive=True))
    fold = transductive.fold(0, 4, 0)
    assert fold.vocabulary.words == transductive.vocabulary.words and UNKNOWN not in fold.test.packed.ids


def test_the_test_texts_of_trec(data):
    """The real corpus: what the test texts add is just what becomes unknown."""
    files = data / "trec/train.label", None, data / "trec/test.label", data / "vectors/vectors.300d.txt.gz"
    honest, transductive = (prepare(*files, Config(transductive=t)) for t in (False, True))
    more = set(transductive.vocabulary.words) - set(honest.vocabulary.words)
    assert len(more) > 200 and set(honest.vocabulary.words) < set(transductive.vocabulary.words)
    assert honest.train.packed.offsets.tolist() == transductive.train.packed.offsets.tolist()
    words = [["<unk>" if word in more else word for word in text] for text in words_of(transductive, transductive.test)]
    assert words_of(honest, honest.test) == words


def test_a_reduced_vector_file_keeps_the_first_words(files, write, tmp_path, capsys):
    train, dev, test, vectors = map(str, files)
    kept = str(tmp_path / "kept.h5")
    assert main(["vectors", "import", vectors, "--data", f"{train},{dev}", "--words", "7", "--out", kept]) == 0
    settings = Config(words=7, subwords=0, spellings=0)
    assert prepare(train, dev, test, kept, settings).digest() == prepare(train, dev, test, vectors, settings).digest()
    assert main(["vectors", "import", vectors, "--words", "2", "--out", kept]) == 0
    assert load_vectors(open_vectors(kept))[0] == ["the", "lamp"]
    counts = str(write("bright 3\nmusic 10\n", "counts.txt"))
    assert main(["vectors", "import", vectors, "--vocab", counts, "--words", "1", "--out", kept]) == 0
    assert load_vectors(open_vectors(kept))[0] == ["music"]
    errors = capsys.readouterr().err
    assert (
        "words asked for have no vector" in errors and f"--words 80000 keeps the first words of {vectors} too" in errors
    )


def test_the_verbs_say_which_words_are_known(files, write, tmp_path, capsys):
    train, dev, test, vectors = map(str, files)
    toml = write("words = 5\ntransductive = true\nword-dropout = 0.25\n", "run.toml")
    words = ["--data", train, "--dev", dev, "--test", test, "--vectors", vectors, "--config", str(toml)]
    words += ["--network", "mean", "--epochs", "1", "--dim", "3"]
    assert main(["train", *words, "--out", str(tmp_path / "run.h5"), "--json"]) == 0
    output, errors = capsys.readouterr()
    assert "the table has 6 words: 6 of the training, dev and test texts, 0 more of the first 5 of" in errors
    config = json.loads(output.splitlines()[-1])["config"]
    assert config == load_run(tmp_path / "run.h5").about["config"]
    assert (config["words"], config["transductive"], config["word_dropout"]) == (5, True, 0.25)
