"""The word2vec file, as gensim reads it."""

import numpy as np

from embdistill.cli import main


def test_word2vec(run_file, model, tmp_path, capsys):
    from gensim.models import KeyedVectors

    path = tmp_path / "table.txt"
    assert main(["export", str(run_file), "--to", "word2vec", "--out", str(path)]) == 0
    loaded = KeyedVectors.load_word2vec_format(str(path))
    assert loaded.index_to_key == model.vocabulary.words
    assert np.array_equal(loaded.vectors, model.table)
    assert main(["vectors", "info", str(path)]) == 0
    assert f"words: {len(model.vocabulary)}" in capsys.readouterr().out
