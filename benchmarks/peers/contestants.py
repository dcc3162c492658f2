"""What is timed: each function readies one contestant of a contest, and returns what to time and how good it is.

A function takes a folder for its files. It returns a call without arguments, which is timed and returns how often it
did the work it is rated by (texts, words; 1 for a whole training), and a call that says its quality in percent.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

DATA = Path(os.environ["EMBDISTILL_DATA"])
VECTORS = DATA / "vectors" / "vectors.300d.txt.gz"
CORPORA = {
    "TREC": {"data": "trec/train.label", "dev": "", "test": "trec/test.label", "format": "trec"},
    "SST-2": {"data": "sst/train.txt", "dev": "sst/dev.txt", "test": "sst/test.txt", "format": "sst2"},
}
THREADS = 2
DIM = 50
CHECKED = 10  # epochs that the accuracy of both is taken after


def files(corpus):
    """The paths of the parts of a corpus, None where there is no such part."""
    return {role: str(DATA / path) if path else None for role, path in CORPORA[corpus].items() if role != "format"}


def texts(corpus, role):
    """Texts and labels of one part of a corpus."""
    from embdistill.corpora import read_corpus

    examples = read_corpus(files(corpus)[role], CORPORA[corpus]["format"]).examples
    return [example.text for example in examples], [example.label for example in examples]


def accuracy(answers, labels):
    return 100 * float(np.mean([answer == label for answer, label in zip(answers, labels, strict=True)]))


# ---- one epoch of training, `encode`, d = 50 ----


def learner(corpus, network):
    """A learner before its first epoch, and its task."""
    from embdistill import threads
    from embdistill.config import Config
    from embdistill.task import prepare
    from embdistill.training import Learner

    threads.use_threads(THREADS)
    config = Config(network=network, dim=DIM)
    task = prepare(**files(corpus), vectors=VECTORS, config=config, format=CORPORA[corpus]["format"]).with_dev(0)
    return Learner(task.vectors, len(task.labels), config), task


def epoch_embdistill(corpus, network, folder):
    ours, task = learner(corpus, network)
    batch = ours.config.batch

    def quality():
        for _ in range(CHECKED):
            ours.epoch(task.train, batch)
        return 100 * float(np.mean(ours.logits(task.dev.packed).argmax(axis=1) == task.dev.labels))

    def epoch():
        ours.epoch(task.train, batch)
        return 1

    return epoch, quality


def epoch_pytorch(corpus, network, folder, fused=True):
    import pytorch
    import torch

    torch.set_num_threads(THREADS)
    ours, task = learner(corpus, network)
    classifier = pytorch.Classifier(task.vectors, network, ours.config, len(task.labels))
    classifier.load(ours.parameters.values)
    trainer = pytorch.Trainer(classifier, ours.config.rate, fused)
    # The same network from the same weights, or the comparison is of two different things.
    np.testing.assert_allclose(trainer.logits(task.dev), ours.logits(task.dev.packed), rtol=1e-3, atol=1e-4)
    batches, order = pytorch.bucketed(task.train, ours.config.batch), np.random.default_rng(0)

    def epoch():
        trainer.epoch(batches, order.permutation(len(batches)))
        return 1

    def quality():
        for _ in range(CHECKED):
            epoch()
        return 100 * float(np.mean(trainer.logits(task.dev).argmax(axis=1) == task.dev.labels))

    return epoch, quality


# ---- a whole training, from the files to the model ----


def training_embdistill(corpus, network, folder):
    """The command as a user gives it; `--epochs` is its best dev epoch, found before."""
    out = folder / f"whole-{corpus}-{network}.h5"
    options = {**files(corpus), "format": CORPORA[corpus]["format"], "vectors": VECTORS, "out": out}
    words = [sys.executable, "-m", "embdistill", "train", "--network", network, "--dim", str(DIM)]
    words += [word for name, value in options.items() if value for word in (f"--{name}", str(value))]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stderr
    epochs = [(float(dev), -int(number)) for number, dev in re.findall(r"epoch (\d+)/.*dev ([\d.]+) %", said)]
    words += ["--epochs", str(-max(epochs)[1])]

    def train():
        subprocess.run(words, check=True, capture_output=True)
        return 1

    def quality():
        from embdistill.store import load_run

        asked, labels = texts(corpus, "test")
        return accuracy(load_run(out).predict(asked), labels)

    return train, quality


def spaced(text):
    """The tokens of a text with spaces between, which is what fastText wants."""
    from embdistill.text import Tokenizer

    return " ".join(Tokenizer()(text))


def fasttext_file(corpus, role, folder):
    path = folder / f"{corpus}-{role}.txt"
    lines = [f"__label__{label} {spaced(text)}\n" for text, label in zip(*texts(corpus, role), strict=True)]
    path.write_text("".join(lines))
    return path


FASTTEXT = """
import sys, fasttext
data, vectors, epoch, lr, out = sys.argv[1:]
for attempt in range(10):
    try:  # now and then this build reads memory that nothing was written to, and says "Encountered NaN"
        model = fasttext.train_supervised(
            data, pretrainedVectors=vectors, dim=300, epoch=int(epoch), lr=float(lr), thread=2, verbose=0
        )
        break
    except RuntimeError:
        continue
model.save_model(out)
"""


def training_fasttext(corpus, network, folder):
    """Supervised from the same vectors, unpacked beforehand; epochs and rate chosen on dev."""
    import fasttext

    vectors = folder / "vectors.vec"
    if not vectors.exists():
        import gzip

        lines = gzip.open(VECTORS, "rt").read().splitlines()
        vectors.write_text("\n".join([f"{len(lines)} 300", *lines]) + "\n")
    out, data = folder / "whole.bin", fasttext_file(corpus, "data", folder)

    def train(epoch, rate):
        subprocess.run([sys.executable, "-c", FASTTEXT, data, vectors, str(epoch), str(rate), out], check=True)
        return 1

    def score(role):
        asked, labels = texts(corpus, role)
        predicted = fasttext.load_model(str(out)).predict([spaced(text) for text in asked])[0]
        return accuracy([row[0].removeprefix("__label__") for row in predicted], labels)

    found = []
    for choice in ((5, 0.1), (10, 0.1), (5, 0.5), (25, 0.05)):
        train(*choice)
        found.append((score("dev"), choice))
    best = max(found)[1]
    return lambda: train(*best), lambda: score("test")


# ---- sentences a second, from raw texts, in one call ----


def batch_edm(corpus, network, folder):
    import embdistill
    from embdistill.export import write

    out = folder / f"batch-{corpus}-{network}.h5"
    if not out.exists():
        options = {**files(corpus), "format": CORPORA[corpus]["format"], "vectors": VECTORS, "out": out}
        words = [sys.executable, "-m", "embdistill", "train", "--network", network, "--dim", str(DIM)]
        words += [word for name, value in options.items() if value for word in (f"--{name}", str(value))]
        subprocess.run(words, check=True, capture_output=True)
    write(out, "edm", out.with_suffix(".edm"), "float32")
    model, (asked, labels) = embdistill.load(out.with_suffix(".edm")), texts(corpus, "test")

    def predict():
        model.predict(asked)
        return len(asked)

    return predict, lambda: accuracy(model.predict(asked), labels)


def batch_fasttext(corpus, network, folder):
    import fasttext

    path = folder / f"{corpus}.ftz"
    if not path.exists():
        data = str(fasttext_file(corpus, "data", folder))
        for _ in range(10):
            try:
                model = fasttext.train_supervised(data, epoch=25, lr=0.5, dim=DIM, thread=THREADS, verbose=0)
                break
            except RuntimeError:  # "Encountered NaN": see FASTTEXT
                continue
        model.quantize(input=data)
        model.save_model(str(path))
    model, (asked, labels) = fasttext.load_model(str(path)), texts(corpus, "test")
    asked = [spaced(text) for text in asked]  # it splits at spaces alone; our tokeniser's time is not counted

    def predict():
        model.predict(asked)
        return len(asked)

    def quality():
        return accuracy([row[0].removeprefix("__label__") for row in model.predict(asked)[0]], labels)

    return predict, quality


def batch_sklearn(corpus, network, folder):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000))
    model.fit(*texts(corpus, "data"))
    asked, labels = texts(corpus, "test")

    def predict():
        model.predict(asked)
        return len(asked)

    return predict, lambda: accuracy(model.predict(asked), labels)


# ---- reading all large vectors ----


def loading_embdistill(corpus, network, folder):
    from embdistill.vectors import load_vectors, open_vectors

    def read():
        words, vectors = load_vectors(open_vectors(VECTORS))
        read.found = dict(zip(words, vectors, strict=True))
        return len(words)

    return read, lambda: _read_soundly(read)


def loading_gensim(corpus, network, folder):
    from gensim.models import KeyedVectors

    def read():
        read.found = KeyedVectors.load_word2vec_format(str(VECTORS), no_header=True)
        return len(read.found)

    return read, lambda: _read_soundly(read)


def _read_soundly(read):
    """100 if some vectors are those of the file."""
    import gzip
    from itertools import islice

    read()
    for line in islice(gzip.open(VECTORS, "rt", encoding="utf-8"), 1, 1000, 100):
        word, *numbers = line.split()
        np.testing.assert_allclose(read.found[word], np.array(numbers, np.float32), rtol=1e-6)
    return 100.0
