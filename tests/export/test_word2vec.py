"""The word2vec file, as gensim reads it."""

import numpy as np
import pytest

from conftest import put
from embdistill.cli import main
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from open_words_helpers import open_model


def test_word2vec(run_file, model, tmp_path, capsys):
    from gensim.models import KeyedVectors

    path = tmp_path / "table.txt"
    assert main(["export", str(run_file), "--to", "word2vec", "--out", str(path)]) == 0
    loaded = KeyedVectors.load_word2vec_format(str(path))
    assert loaded.index_to_key == model.vocabulary.words
    assert np.array_equal(loaded.vectors, model.table)
    assert main(["vectors", "info", str(path)]) == 0
    assert f"words: {len(model.vocabulary)}" in capsys.readouterr().out


def test_word2vec_of_any_words(tmp_path, capsys):
    from gensim.models import KeyedVectors

    model = open_model(Mean(7, 3, 9))
    save_run(tmp_path / "run.h5", model)
    vocab, path = put(tmp_path, "Lamp zzz\nlammp lamp"), tmp_path / "table.txt"
    options = ["--to", "word2vec", "--vocab", str(vocab), "--out", str(path)]
    assert main(["export", str(tmp_path / "run.h5"), *options]) == 0
    loaded = KeyedVectors.load_word2vec_format(str(path))
    assert loaded.index_to_key == ["lammp", "lamp", "zzz"]
    lamp = model.table[model.vocabulary.index["lamp"]]
    assert np.array_equal(loaded.vectors, [lamp, lamp, model.subwords.vectors(["zzz"])[0]])


def test_words_that_a_model_does_not_read(tmp_path, capsys):
    save_run(tmp_path / "run.h5", open_model(Mean(7, 3, 9), subwords=False))
    options = ["export", str(tmp_path / "run.h5"), "--to", "word2vec", "--out", str(tmp_path / "table.txt"), "--vocab"]
    assert main([*options, str(put(tmp_path, "zzz lamp"))]) == 0
    assert "1 of 2 words are unknown to the model, and left out" in capsys.readouterr().err
    assert (tmp_path / "table.txt").read_text().startswith("1 7\nlamp ")
    assert main([*options, str(put(tmp_path, "zzz"))]) == 2
    assert "the model reads none of its words" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--to", "edm"], ["--to", "edm", "--flash", "64K"]])
def test_vocab_is_for_word2vec(run_file, tmp_path, capsys, options):
    assert main(["export", str(run_file), *options, "--vocab", str(run_file), "--out", str(tmp_path / "x")]) == 2
    assert "--vocab does not go with" in capsys.readouterr().err
