"""The figure of vectors, and what is in it."""

import numpy as np
import pytest

from embdistill.drawing.vectors_figure import MOST_CLASSES, OTHER, Panel, draw, principal_components

pytest.importorskip("matplotlib")


def test_principal_components_are_those_of_the_covariance(rng):
    vectors = rng.normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1]
    points, shares = principal_components(vectors)
    values, axes = np.linalg.eigh(np.cov(vectors.T))
    for i in (0, 1):
        expected = (vectors - vectors.mean(axis=0)) @ axes[:, -1 - i]
        np.testing.assert_allclose(np.abs(points[:, i]), np.abs(expected), atol=1e-9)
        assert points[np.abs(points[:, i]).argmax(), i] > 0
        assert shares[i] == pytest.approx(values[-1 - i] / values.sum())


@pytest.mark.parametrize("vectors", [np.zeros((3, 4)), np.ones((3, 1)), np.arange(3.0)[:, None]])
def test_vectors_without_two_components(vectors):
    points, shares = principal_components(vectors)
    assert points.shape == (3, 2) and np.isfinite(points).all() and np.isfinite(shares).all()
    assert draw([Panel("one", vectors)], ["a", "b", "c"], [""] * 3, "svg").startswith(b"<?xml")


def test_words_classes_and_titles_are_text_and_the_bytes_are_the_same(rng):
    words = ["$x^2$", "<b>&", "💡", *(f"word{i}" for i in range(60))]
    panels = [Panel("large & small", rng.normal(size=(63, 9))), Panel("small", rng.normal(size=(63, 2)))]
    classes = [f"class {i % 15}" for i in range(63)]
    image = draw(panels, words, classes, "svg")
    assert image == draw(panels, words, classes, "svg")
    text = image.decode()
    assert "large &amp; small" in text and "$x^2$" in text and OTHER in text
    assert sum(f">class {i}<" in text for i in range(15)) == MOST_CLASSES
    assert draw(panels, words, classes, "png").startswith(b"\x89PNG")
