"""The verb `evaluate`."""

from embdistill import load
from embdistill.cli.printing import print_json, print_scores
from embdistill.errors import UserError


def evaluate(
    model,
    *,
    data: str | None = None,
    format: str = "auto",
    text_column: str | None = None,
    label_column: str | None = None,
    delimiter: str | None = None,
    header: str = "true",
    confusion: str = "auto",
    json: bool = False,
):
    """Score a model on labelled texts: accuracy, macro-F1, each class, and which classes are confused.

    Args:
        model: a run or .edm file.
        data: labelled texts.
        format: as for train.
        text_column: as for train.
        label_column: as for train.
        delimiter: as for train.
        header: as for train.
        confusion: full for the whole matrix, pairs for all pairs of classes that are confused; auto gives the matrix
            of up to 20 classes, and the 20 commonest pairs of more.
        json: print one JSON object.
    """
    if not data:
        raise UserError("--data is missing; name a file of labelled texts")
    from embdistill.data.corpora.layout import Layout
    from embdistill.model import evaluation

    layout = Layout(text_column, label_column, delimiter, header)
    scores = evaluation.evaluate(load(model), data, format, layout, confusion)
    print_json({"model": model, "data": data, **scores}) if json else print_scores(scores)
