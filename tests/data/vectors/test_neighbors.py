import numpy as np
import pytest

from embdistill.data.vectors import open_vectors
from embdistill.data.vectors.neighbors import nearest
from embdistill.errors import UserError
from vector_helpers import made


@pytest.mark.parametrize("kind", ["glove", "binary", "float32"])
def test_nearest_gives_the_highest_cosines_best_first(tmp_path, kind):
    values = np.array([[1, 0], [0, 3], [5, 5], [-2, 0], [4, 0], [0, 0], [3, 4]], np.float32)
    path = made(tmp_path, kind, ["x", "y", "xy", "-x", "4x", "zero", "3x4y"], values)
    found = nearest(open_vectors(path), "x", 10)
    assert [word for word, _ in found] == ["4x", "xy", "3x4y", "y", "zero", "-x"]
    np.testing.assert_allclose([cosine for _, cosine in found], [1, 0.5**0.5, 0.6, 0, 0, -1], atol=1e-6)
    assert nearest(open_vectors(path), "x", 2) == found[:2]


def test_nearest_refuses_a_word_that_the_file_does_not_have(tmp_path):
    path = made(tmp_path, "glove")
    with pytest.raises(UserError, match="no vector for 'The'"):
        nearest(open_vectors(path), "The")
