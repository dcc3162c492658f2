"""The train and dev splits of a run file, read again from the files that it names; never its test split."""

from dataclasses import dataclass

import numpy as np

from embdistill.data.corpora import Layout, read_corpus
from embdistill.data.dataset import Split
from embdistill.data.holdout import held_out
from embdistill.data.prepare import label_indices, raw_texts, tokenize_corpus
from embdistill.errors import UserError
from embdistill.model.classifier import Model


@dataclass(frozen=True)
class RunSplits:
    """train: packed by the vocabulary of the model. dev: texts; dev_labels (B,) int32: indices of their classes."""

    train: Split
    dev: list[str]
    dev_labels: np.ndarray


def splits_of(model: Model, path, data: str = "", dev: str = "") -> RunSplits:
    """The splits that the run file `path` was trained and early-stopped with.

    data, dev: where its files are now, if not where it says. UserError if a file is missing or has changed since, or if
    the model was trained on dev too.
    """
    if "search" in model.about.get("record", {}):
        raise UserError(f"{path}: was trained on its dev texts too, by train --flash; give that the new --flash")
    inputs = {source["role"]: source for source in model.about.get("inputs", ())}
    if "data" not in inputs or not model.about.keys() >= {"format", "config"}:
        raise UserError(f"{path}: does not say what it was trained on; train it again")
    format = model.about["format"]
    if dev and "dev" not in inputs:
        raise UserError(f"--dev {dev}: {path} had no dev file, but held out a tenth of --data; omit it")
    layout = Layout(**model.about.get("layout", {}))
    train = _read(data or inputs["data"]["path"], format, layout, inputs["data"], path)
    split = _split(model, train)
    if "dev" not in inputs:
        dev_rows, train_rows = held_out(split.labels, model.about["config"]["seed"])
        texts = [train.examples[row].text for row in dev_rows]
        return RunSplits(split.select(train_rows), texts, split.labels[dev_rows])
    # The dev file has whole sentences even if training had phrases, and may be in another format.
    format = inputs["dev"].get("format", format.removesuffix("-phrases"))
    corpus = _read(dev or inputs["dev"]["path"], format, layout, inputs["dev"], path)
    return RunSplits(split, [example.text for example in corpus.examples], _split(model, corpus).labels)


def _read(file, format, layout, recorded, run):
    """The corpus in a file; UserError unless it has the SHA-256 of the recorded input."""
    role = recorded["role"]
    fix = f"name the {role} file that {run} was trained with as --{role} FILE"
    try:
        corpus = read_corpus(file, format, layout)
    except UserError as error:
        raise UserError(f"{error}; or {fix}") from error
    if corpus.digest != recorded["sha256"]:
        raise UserError(f"{file}: not the same as when {run} was trained; {fix}")
    return corpus


def _split(model, corpus):
    tokens, positions = tokenize_corpus(corpus, model.tokenizer, model.known_words)
    packed = model.vocabulary.pack(tokens)._replace(positions=positions)
    return Split(packed, label_indices(corpus, model.labels, "the model"), texts=raw_texts(corpus))
