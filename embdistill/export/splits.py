"""The training and the dev part of a run file, read again from the files that it names. The test part never is."""

from dataclasses import dataclass

import numpy as np

from embdistill.data.corpora import read_corpus, recognise
from embdistill.data.dataset import Dataset, Split, label_indices, tokenize_corpus
from embdistill.errors import UserError
from embdistill.model.classifier import Model


@dataclass(frozen=True)
class RunSplits:
    """train: the training part, packed by the model. dev: texts; dev_labels (B,) int32: their classes."""

    train: Split
    dev: list[str]
    dev_labels: np.ndarray


def splits_of(model: Model, path, data: str = "", dev: str = "") -> RunSplits:
    """The parts that the run file `path` was trained and stopped with.

    data, dev: where its files are now, if not where it says. UserError if a file is missing or is another than then.
    """
    train_file = _recorded(model, path, "data", data)
    format = model.about["format"]
    if not any(source["role"] == "dev" for source in model.about["inputs"]):
        if dev:
            raise UserError(f"--dev {dev}: {path} had no dev file, but held out a tenth of --data; leave it away")
        corpus = _read(train_file, format)
        texts = [example.text for example in corpus.examples]
        # The number of each example goes where the logits of a teacher would, and tells which were held out.
        whole = _part(model, corpus, np.arange(len(texts)))
        dataset = Dataset(
            format, model.labels, model.tokenizer, model.vocabulary, model.table, whole, None, None, [], []
        )
        dataset = dataset.with_dev(model.about["config"]["seed"])
        return RunSplits(dataset.train, [texts[number] for number in dataset.dev.targets], dataset.dev.labels)
    dev_file = _recorded(model, path, "dev", dev)
    train = _read(train_file, format)
    # Dev parts are whole sentences, also where training had phrases, and may be of another format than training parts.
    alike = recognise(dev_file["path"]) == recognise(train_file["path"])
    held_out = _read(dev_file, format.removesuffix("-phrases") if alike else "auto")
    texts = [example.text for example in held_out.examples]
    return RunSplits(_part(model, train), texts, _part(model, held_out).labels)


def _recorded(model, path, role, given):
    """The record of an input, with the path that is to be read."""
    for source in model.about["inputs"]:
        if source["role"] == role:
            return {**source, "path": given or source["path"], "run": path}
    raise UserError(f"{path}: does not say what it was trained on; train it again")


def _read(source, format):
    """The corpus of a recorded input; UserError unless it has the recorded SHA-256."""
    mend = f"name the {source['role']} file that {source['run']} was trained with as --{source['role']} FILE"
    try:
        corpus = read_corpus(source["path"], format)
    except UserError as error:
        raise UserError(f"{error}; or {mend}") from error
    if corpus.digest != source["sha256"]:
        raise UserError(f"{source['path']}: not the same as when {source['run']} was trained; {mend}")
    return corpus


def _part(model, corpus, numbers=None):
    tokens, positions = tokenize_corpus(corpus, model.tokenizer)
    packed = model.vocabulary.pack(tokens)._replace(positions=positions)
    return Split(packed, label_indices(corpus, model.labels, "the model"), numbers)
