"""What the tests of methods and training share."""

from embdistill.model.config import Config
from embdistill.storage.arrays import load_arrays
from embdistill.training.learner import build_learner
from embdistill.training.loop import fit


def load_checkpoint(path):
    return load_arrays(path, "checkpoint")


SMALL = dict(
    dim=4, filters=4, widths=(2, 3), hidden=5, units=3, epochs=2, batch=8, rate=0.01, encoder_hidden=6, teachers=2,
    pretrain_epochs=2,
)  # fmt: skip


def config(method="encode", **settings):
    return Config(method=method, **SMALL | {"network": "mean"} | settings)


def trained(dataset, settings):
    """A learner after fit, and its history."""
    learner, history = build_learner(dataset.vectors, len(dataset.labels), settings), []
    fit(learner, dataset.train, dataset.dev, history, lambda *_: None, lambda _: None)
    return learner, history


SENTENCES = [
    "the <e1>lamp</e1> lights the <e2>music</e2>",
    "<e2>light</e2> of a <e1>song</e1> on",
    "play <e1>that</e1> it is <e2>dark</e2> loud",
    "<e1>stop</e1> <e2>music</e2>",
]


RELATIONS = ["Lit(e1,e2)", "Lit(e2,e1)", "Other"]
