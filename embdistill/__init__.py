"""Distil large word vectors into a small text classifier, on an ordinary CPU.

From Python: `embdistill.Classifier` is an estimator of scikit-learn, `embdistill.load(path)` gives a saved model with
`predict` and `predict_proba`, and `embdistill.api` has the steps of an experiment. What is heavy is imported when it is
first used, so that `import embdistill` costs next to nothing.
"""

from embdistill.errors import FormatError, UserError

TYPE_CHECKING = False  # true for type checkers; the module typing takes longer to import than this one
if TYPE_CHECKING:
    from pathlib import Path

    from embdistill.api.classifier import Classifier as Classifier
    from embdistill.model.classifier import Model
    from embdistill.model.edm import EdmModel

    __version__: str

__all__ = ["FormatError", "UserError", "load"]  # without Classifier: scikit-learn may not be there


def load(path: "str | Path", precompute: int = 0, correct: bool = True, subwords: bool = True) -> "Model | EdmModel":
    """The model of a file: a model.classifier.Model of an .h5 run, a model.edm.EdmModel of an .edm file.

    precompute: .edm only: the first layer is precomputed for this many of the most frequent words, which takes memory
    and saves time. correct, subwords: whether words that the model does not know are read as known ones that are one
    edit away, and by their n-grams, as far as the model has what it takes.
    FormatError if the file is not sound, UserError if it cannot be read.
    """
    from embdistill.model.edm import is_edm, load_edm

    if is_edm(path):
        return load_edm(path, precompute, correct, subwords)
    from dataclasses import replace

    from embdistill.model.run_file import load_run

    if precompute:
        raise UserError(f"{path}: precompute= is for .edm files only; export the model to one first")
    model = load_run(path)
    return replace(
        model, correction=model.correction if correct else None, subwords=model.subwords if subwords else None
    )


def __dir__() -> list[str]:
    return sorted([*globals(), "Classifier", "__version__"])


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("embdistill")
    if name != "Classifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "embdistill.Classifier needs scikit-learn; pip install scikit-learn, or use embdistill.api"
        ) from error
    from embdistill.api.classifier import Classifier

    return Classifier
