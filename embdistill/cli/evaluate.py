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
    typos: str | None = None,
    typo_seed: str | None = None,
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
        typos: score the texts with typing errors too, one edit in this share of their words of 4 letters and more, for
            example 0.2.
        typo_seed: other typing errors for each number; 0 by default.
        json: print one JSON object.
    """
    if not data:
        raise UserError("--data is missing; name a file of labelled texts")
    from embdistill.data.corpora.layout import Layout
    from embdistill.data.typos import Typos
    from embdistill.model import evaluation

    errors = Typos.from_options(typos, typo_seed)
    layout = Layout(text_column, label_column, delimiter, header)
    scores = evaluation.evaluate(load(model), data, format, layout, confusion, errors)
    print_json({"model": model, "data": data, **scores}) if json else print_scores(scores)
