"""The verb `evaluate`."""

from embdistill import load
from embdistill.cli.printing import print_json, print_scores
from embdistill.errors import UserError


def evaluate(model, *, data: str | None = None, format: str = "auto", json: bool = False):
    """Score a model on labelled texts: accuracy, macro-F1, each class, and the confusion matrix.

    Args:
        model: a run or .edm file.
        data: labelled texts.
        format: as for train.
        json: print one JSON object.
    """
    if not data:
        raise UserError("--data is missing; name a file of labelled texts")
    from embdistill.model import evaluation

    scores = evaluation.evaluate(load(model), data, format)
    print_json({"model": model, "data": data, **scores}) if json else print_scores(scores)
