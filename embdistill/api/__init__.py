"""The steps of an experiment as functions, for researchers; `embdistill.Classifier` is the estimator above them.

They are here, since `embdistill.export` is the package of the formats.
"""

from embdistill.api.functions import compare, evaluate, export, fold, read_corpus, read_vectors, search, train
from embdistill.api.results import Comparison, Exported, Folded, LabelledTexts, Scores, Searched, Trained, WordVectors
from embdistill.model.config import Config
from embdistill.progress import silent

__all__ = [
    "Comparison",
    "Config",
    "Exported",
    "Folded",
    "LabelledTexts",
    "Scores",
    "Searched",
    "Trained",
    "WordVectors",
    "compare",
    "evaluate",
    "export",
    "fold",
    "read_corpus",
    "read_vectors",
    "search",
    "silent",
    "train",
]
