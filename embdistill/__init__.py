"""Distil large word vectors into a small text classifier, on an ordinary CPU.

From Python: `embdistill.load(path)` gives a model with `predict` and `predict_proba`. What is heavy is imported when it
is first used, so that `import embdistill` costs next to nothing.
"""

from embdistill.errors import FormatError, UserError

__all__ = ["FormatError", "UserError", "load"]


def load(path, precompute=0, correct=True, subwords=True):
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
    off = {"correction": correct, "subwords": subwords}
    return replace(model, **{part: None for part, wanted in off.items() if not wanted})
