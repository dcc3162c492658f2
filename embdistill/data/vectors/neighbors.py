"""The nearest words of a word, by the cosine of their vectors."""

import numpy as np

from embdistill.data.vectors import VectorFile
from embdistill.errors import UserError


def nearest(file: VectorFile, word: str, count: int = 10) -> list[tuple[str, float]]:
    """The `count` words of highest cosine with a word, best first; UserError if the file does not have the word."""
    found = next(file.rows({word}), None)
    if found is None:
        raise UserError(f"{file.path}: no vector for {word!r}; words are matched exactly, capitals included")
    target = found[1] / max(np.linalg.norm(found[1]), 1e-30)
    names, scores = [], []
    for other, vector in file.rows():
        if other != word:
            names.append(other)
            scores.append(float(vector @ target) / max(float(np.linalg.norm(vector)), 1e-30))
    best = np.argsort(-np.array(scores), kind="stable")[:count]
    return [(names[i], scores[i]) for i in best]
