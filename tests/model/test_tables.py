"""Where the small vectors come from."""

import numpy as np
import pytest

from embdistill.data.prepare import prepare
from embdistill.errors import UserError
from embdistill.model import tables
from embdistill.model.choices import TABLES
from embdistill.training.experiment import run
from embdistill.training.learner import build_learner
from training_helpers import config, trained


def test_principal_components_are_those_of_the_svd(rng):
    vectors = rng.normal(size=(30, 6)) * [5, 4, 3, 2, 1, 0.5] + 3
    vectors[0] = 0
    table = tables.pca(vectors, None, config("pca", dim=3), rng).values
    centred = vectors[1:] - vectors[1:].mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = (u * s)[:, :3]
    expected *= np.sign((expected * table[1:]).sum(axis=0)) * tables.SPREAD / np.sqrt(np.mean(expected**2))
    np.testing.assert_allclose(table[1:], expected, rtol=1e-8, atol=1e-10)
    assert not table[0].any()


@pytest.mark.parametrize("table", ["pca", "pca-tuned"])
def test_more_components_than_the_rank(rng, table):
    vectors = np.zeros((20, 6), np.float32)
    vectors[1:] = rng.normal(size=(19, 2)) @ rng.normal(size=(2, 6))
    make = TABLES[table].load()
    assert make(vectors, None, config(table, dim=2), rng).dim == 2
    with pytest.raises(UserError, match=r"--dim 3: .* only 2 principal components"):
        make(vectors, None, config(table, dim=3), rng)


def test_principal_components_of_many_words_with_a_decaying_spectrum(rng):
    """The rank does not depend on the number of words; float32 tells variances of a ten-thousandth of the first."""
    for words in (200, 20_000):
        vectors = (rng.normal(size=(words, 40)) * np.logspace(0, -2, 40)).astype(np.float32)
        vectors[0] = 0
        table = tables.pca(vectors, None, config("pca", dim=40), rng).fold({})
        assert table.shape == (words, 40)
        flat = vectors.copy()
        flat[:, 30:] = flat[:, :10]
        with pytest.raises(UserError, match="only 30 principal components"):
            tables.pca(flat, None, config("pca", dim=31), rng)


@pytest.mark.parametrize("method", ["large-frozen", "pca"])
def test_frozen_tables_stay(dataset, method):
    before = dataset.vectors.copy()
    start = build_learner(dataset.vectors, 2, config(method)).fold().copy()
    learner, _ = trained(dataset, config(method, epochs=4))
    np.testing.assert_array_equal(learner.fold(), start)
    np.testing.assert_array_equal(dataset.vectors, before)


@pytest.mark.parametrize("method", ["large", "direct", "pca-tuned", "encode", "encode2"])
def test_trained_tables_move_and_leave_the_large_vectors_alone(dataset, method):
    before = dataset.vectors.copy()
    start = build_learner(dataset.vectors, 2, config(method)).fold().copy()
    learner, _ = trained(dataset, config(method))
    assert not np.array_equal(learner.fold(), start)
    np.testing.assert_array_equal(dataset.vectors, before)


def small_file(path, words, dim=4):
    rng = np.random.default_rng(2)
    path.write_text("".join(f"{word} " + " ".join(f"{x:.4f}" for x in rng.normal(size=dim)) + "\n" for word in words))
    return path


def test_small_vectors_are_where_a_direct_table_starts(few_texts, few_vectors, tmp_path):
    given = small_file(tmp_path / "small.txt", ["lamp", "music", "elsewhere"])
    dataset = prepare(few_texts, None, None, few_vectors, config(), small_vectors=given)
    words = len(dataset.vocabulary) - 1
    assert any(f"{words - 2} of the {words} words start at random" in note for note in dataset.notes)
    assert [file["role"] for file in dataset.inputs].count("small vectors") == 1
    learner = build_learner(dataset.vectors, 2, config("direct"), dataset.small_vectors)
    rows = [dataset.vocabulary.index[word] for word in ("lamp", "music")]
    np.testing.assert_allclose(learner.fold()[rows], tables.SPREAD * dataset.small_vectors[rows], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.mean(dataset.small_vectors[rows] ** 2, axis=1)), 1, rtol=1e-5)
    plain = build_learner(dataset.vectors, 2, config("direct")).fold()
    others = np.delete(np.arange(words + 1), rows)
    np.testing.assert_array_equal(learner.fold()[others], plain[others])
    run(dataset, config("direct+finetune"))
    with pytest.raises(UserError, match="--small-vectors are where a direct table starts"):
        run(dataset, config("encode"))


def test_small_vectors_that_do_not_fit(few_texts, few_vectors, tmp_path):
    for words, dim, said in ((["lamp"], 5, "has 5 numbers a word, and --dim is 4"), (["zz"], 4, "has no word of the")):
        given = small_file(tmp_path / "small.txt", words, dim)
        with pytest.raises(UserError, match=said):
            prepare(few_texts, None, None, few_vectors, config(), small_vectors=given)


@pytest.mark.parametrize("dim", [8, 9])
def test_an_encoder_that_does_not_make_vectors_smaller_is_warned_of(dataset, capsys, dim):
    assert run(dataset, config("encode", dim=dim)).record["dim"] == dim
    assert f"--dim {dim} is not below the 8 of the large vectors" in capsys.readouterr().err
