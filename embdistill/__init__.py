"""Distil large word vectors into a small text classifier, on an ordinary CPU.

From Python: `embdistill.load(path)` gives a model with `predict` and `predict_proba`. What is heavy is imported when it
is first used, so that `import embdistill` costs next to nothing.
"""

from embdistill.errors import FormatError, UserError

__all__ = ["FormatError", "UserError", "load"]


def load(path):
    """The model (embdistill.model.Model) of a run file; FormatError if the file is not sound."""
    from embdistill.store import load_run

    return load_run(path)
