"""Vectors of words made of the pieces of static models, beside what the models' own packages make of them."""

from importlib.util import find_spec
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from embdistill.data.tokenizer import Tokenizer as OurTokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.wanted import WantedWords
from static_helpers import ASKED, TOKENIZERS, UNKNOWN, saved, values_of, wordpiece
from vector_helpers import error_of, loaded

QUANTISED = dict(  # as model2vec quantises a vocabulary: fewer rows than pieces
    vectors=values_of(wordpiece())[:5],
    token_mapping=np.arange(18) % 5,
    weights=np.linspace(0.5, 2, 18).astype(np.float32),
)
SETTINGS = {
    "plain": {},
    "normalised": dict(normalize=True),
    "float16": dict(vectors=values_of(wordpiece(), dtype=np.float16)),
    "int8": dict(vectors=values_of(wordpiece(), dtype=np.int8)),
    "quantised": QUANTISED,
    "quantised, normalised": dict(**QUANTISED, normalize=True),
    "weighted": dict(vectors=values_of(wordpiece()), weights=QUANTISED["weights"]),
}


def assert_as_model2vec(model, folder):
    words, values, _ = loaded(folder, {*ASKED, *UNKNOWN})
    expected = model.encode(words)
    np.testing.assert_allclose(values, expected, rtol=1e-3 if expected.dtype == np.float16 else 1e-6, atol=1e-6)
    return words


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_vectors_are_those_of_model2vec(tmp_path, settings):
    assert {*assert_as_model2vec(*saved(tmp_path, **SETTINGS[settings]))} == {*ASKED}


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_the_pieces_are_those_of_every_kind_of_tokenizer(tmp_path, kind):
    tokenizer = TOKENIZERS[kind]()
    model, folder = saved(tmp_path, tokenizer)
    words = assert_as_model2vec(model, folder)
    assert {"lamp", "music"} <= {*words}
    for word in {*ASKED, *UNKNOWN} - {*words}:  # nothing is left out that the model knows
        assert word == "[SEP]" or not model.tokenize([word])[0]


def test_the_words_that_are_pieces_come_first(tmp_path):
    _, folder = saved(tmp_path)
    file = open_vectors(folder)
    own = ["the", "lamp", "music", "'", "don", "t", "naive", ",", "日", "本", "paris"]
    assert load_vectors(file)[0] == own and file.dim == 6 and file.format == "model2vec"
    assert load_vectors(file, {"paris", "lamps"}, 3)[0] == ["the", "lamp", "music", "paris", "lamps"]
    assert file.first_rows == [1, 2, 3]
    assert load_vectors(file, {"lamps"}, 100)[0] == [*own, "lamps"] and file.first_rows[-1] == 11  # 12 is of zeros


def test_words_that_no_space_sets_apart_are_found_among_the_pieces(tmp_path):
    _, folder = saved(tmp_path, wordpiece("[UNK] 日 本 the".split()))
    assert load_vectors(open_vectors(folder), WantedWords(OurTokenizer(), ["日本"]))[0] == ["日", "本"]


def test_what_words_were_made_of_is_counted(tmp_path):
    _, folder = saved(tmp_path)
    file = open_vectors(folder)
    load_vectors(file, {*ASKED, *UNKNOWN, "zero"}, 3)
    assert file.counts == {
        "words of one piece": 5,
        "words of several pieces": 5,
        "words with unknown pieces, which are passed over": 1,
        "words of unknown pieces alone, which have no vector": 3,
        "words whose vector is zero, left out": 1,
    }
    assert file.notes[-1] == f"{folder}: without a vector: [SEP], quartz, 🦄"
    again = file.again()
    load_vectors(again, {"lamp"})
    assert again.counts == {"words of one piece": 1} and file.counts["words of several pieces"] == 5


def test_the_digest_is_of_all_files(tmp_path):
    digests = {open_vectors(saved(tmp_path / name, **SETTINGS[name])[1]).sha256() for name in ("plain", "normalised")}
    other = wordpiece()
    other.add_tokens(["lamppost"])
    digests.add(open_vectors(saved(tmp_path / "other", other, vectors=values_of(other))[1]).sha256())
    assert len(digests) == 3
    assert open_vectors(tmp_path / "plain").sha256() == open_vectors(tmp_path / "plain").sha256()


def test_the_vectors_are_those_of_wordllama():
    from wordllama.inference import WordLlamaInference

    folder = Path(find_spec("wordllama").submodule_search_locations[0])  # its package has a model with it
    table, tokenizer = folder / "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
    file = open_vectors(folder)
    words, values = load_vectors(file, {*ASKED, "🦄", "quartz", "Straße"})
    assert len(words) == 13 and (file.format, file.dim) == ("wordllama", 256)
    model = WordLlamaInference(load_file(table)["embedding.weight"], Tokenizer.from_file(str(folder / tokenizer)))
    np.testing.assert_allclose(values, model.embed(words), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(loaded(table, {*words})[1], values)  # the file, in place of the folder


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16])
def test_any_table_with_a_tokenizer(tmp_path, dtype):
    tokenizer = wordpiece()
    values = values_of(tokenizer)
    save_file({"wte.weight": values.astype(dtype), "wpe.weight": np.ones((9, 6), dtype)}, tmp_path / "t.safetensors")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    for path in (tmp_path, tmp_path / "t.safetensors"):
        words, vectors, _ = loaded(path, {"lamps", "music"})
        assert words == ["music", "lamps"] and open_vectors(path).format == "safetensors"
        np.testing.assert_allclose(vectors, [values[8], values[[5, 6]].mean(axis=0)], rtol=1e-6)


def test_a_vector_that_is_not_finite_is_named(tmp_path):
    values = values_of(wordpiece())
    values[8, 1] = np.nan
    _, folder = saved(tmp_path, vectors=values)
    assert "music" not in loaded(folder, {"lamp"})[0]
    assert error_of(folder, {"music"}).startswith(f"{folder}/model.safetensors: the vector of 'music' has a NaN")
