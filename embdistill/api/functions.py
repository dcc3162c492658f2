"""The steps of an experiment: read, train, fold, evaluate, compare, search, export."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, replace
from inspect import signature
from pathlib import Path

from embdistill import load
from embdistill.api.errors import errors_in_python
from embdistill.api.inputs import Labelled, Vectors, Words, corpus_from, read_dataset, vectors_from
from embdistill.api.results import Comparison, Exported, Folded, LabelledTexts, Scores, Searched, Trained, WordVectors
from embdistill.data import corpora
from embdistill.data.corpora import Layout
from embdistill.data.dataset import Dataset
from embdistill.data.prepare import Corpora
from embdistill.data.vectors import load_vectors
from embdistill.errors import UserError, did_you_mean
from embdistill.kernels.machine.threads import use_threads
from embdistill.model import evaluation
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.searching.arms import Limits
from embdistill.searching.space import shared_settings
from embdistill.searching.within import search_within
from embdistill.training import experiment


@errors_in_python()
def read_corpus(
    path: str | Path, format: str = "auto", text_column: str | None = None, label_column: str | None = None
) -> LabelledTexts:
    """The labelled texts of a file, in any format of `train --data`; text_column, label_column: of a table.

    UserError, with the line, for what cannot be read.
    """
    return LabelledTexts(corpora.read_corpus(path, format, Layout(text_column, label_column)))


@errors_in_python()
def read_vectors(source: Vectors, first: int | None = None) -> WordVectors:
    """All word vectors of a file, in any format of `train --vectors`, in memory, so that many runs share them; or those
    of a dict, of a pair (words, array (n, D)), or of gensim's KeyedVectors.

    first: only so many, which are the most frequent ones in most files. UserError for what cannot be read.
    """
    if first is not None and first < 1:
        raise UserError(f"first {first}: must be at least 1, or None for all words")
    file = vectors_from(source)
    words, vectors = load_vectors(file, None if first is None else (), first or 0)
    return WordVectors(tuple(words), vectors, file.path, file.sha256(), tuple(file.notes))


@errors_in_python()
def train(
    data: Labelled,
    vectors: Vectors,
    *,
    dev: Labelled | None = None,
    test: Labelled | None = None,
    vocab: Words | None = None,
    small_vectors: Vectors | None = None,
    config: Config = Config(),  # noqa: B008  # is frozen
    threads: int = 1,
) -> Trained:
    """Train a model on labelled texts (a path, read_corpus, or a pair of texts and labels) and large word vectors.

    dev: for early stopping; None: a tenth of data, chosen by config.seed. test: the folded model is scored on it.
    vocab: more words for the small table, as a list or in a file. small_vectors: what a direct table starts from, of
    config.dim numbers. threads: that share the work; the result does not depend on it. UserError for whatever is wrong
    with the inputs.
    """
    _check_config(config)
    use_threads(threads)
    dataset = read_dataset(data, vectors, config, dev, test, vocab=vocab, small_vectors=small_vectors)
    return Trained(experiment.train(dataset, config))


@errors_in_python()
def fold(trained: Trained) -> Folded:
    """Compute the small table, once: what is left has nothing of the size of the large vectors."""
    run = experiment.fold(trained.state)
    return Folded(run.model, run.record)


@errors_in_python()
def evaluate(model: Folded | Searched | Model | EdmModel | str | Path, data: Labelled) -> Scores:
    """Score a model, or that of a run or .edm file, on labelled texts; of a search, its image.

    UserError for a class that the model does not know, and where it knows no word of the texts.
    """
    if isinstance(model, (str, Path)):
        model = load(model)
    elif isinstance(model, Folded):
        model = model.model
    elif isinstance(model, Searched):
        model = model.runtime
    if isinstance(data, (str, Path)):
        found = evaluation.evaluate(model, data)
    else:
        found = evaluation.evaluate_corpus(model, corpus_from(data, "texts"))
    return Scores(found, found["accuracy"], found["macro_f1"])


@errors_in_python()
def compare(
    data: Labelled,
    vectors: Vectors,
    out: str | Path,
    *,
    dev: Labelled | None = None,
    test: Labelled | None = None,
    folds: int | None = None,
    methods: Sequence[str] = ("large", "direct", "encode"),
    dims: Sequence[int] = (50, 10),
    seeds: int = 5,
    vocab: Words | None = None,
    small_vectors: Vectors | None = None,
    config: Config = Config(),  # noqa: B008  # is frozen
    workers: int | None = None,
) -> Comparison:
    """Train every method at every dim with every seed, and say which differences are real.

    test or folds is needed. out: a folder for results, figures and the report; a comparison that was stopped goes on
    from there. vocab, small_vectors: as in train. config: the settings that all runs share. workers: processes, by
    default one a core. In a script it is called below `if __name__ == "__main__":`, since its processes may start from
    there. UserError as in train.
    """
    from embdistill.comparison import statistics, summary_table  # with SciPy's statistics, which take long to import
    from embdistill.comparison.compare import compare as run_all
    from embdistill.comparison.plan import Grid, check_test, plan

    _check_config(config)
    for name, values in {"methods": methods, "dims": dims}.items():
        if isinstance(values, (str, int)):
            raise UserError(f"{name} {values}: must be a list; give {name}=[{values!r}]")
    check_test(test, folds)
    use_threads(1)
    if small_vectors is not None and len(dims) > 1:
        raise UserError(f"small_vectors have one dimension; give that one as dims, not {len(dims)}")
    grid = Grid([Config(method=name).method for name in methods], dims, range(seeds), folds)
    plan(config, grid, large_dim=1)  # refuses, before any file is read; what D will be makes no difference
    dataset = read_dataset(data, vectors, replace(config, dim=dims[0]), dev, test, folds, vocab, small_vectors)
    runs = run_all(dataset, config, grid, out, workers)
    summary = statistics.summarise(runs)
    return Comparison(runs, summary, summary_table.remarks(summary, statistics.overlap(runs)), Path(out))


@errors_in_python()
def search(
    data: Labelled,
    vectors: Vectors,
    flash: str | int,
    *,
    ram: str | int | None = None,
    max_instructions: int | None = None,
    dev: Labelled | None = None,
    test: Labelled | None = None,
    vocab: Words | None = None,
    workers: int | None = None,
    **settings: object,
) -> Searched:
    """The most accurate model on dev that fits a Cortex-M3 of so much flash and RAM, in bytes, such as "64K".

    max_instructions: about how many a text may take. settings: of Config, which are then not tried but taken; others
    are those of `train --flash`. workers: processes, as in compare. UserError as in train, and if nothing fits.
    """
    _check_names(search, settings)
    for name, count in {"max_instructions": max_instructions, "workers": workers}.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise UserError(f"{name} {count!r}: must be a whole number, at least 1")
    limits = Limits.read(str(flash), None if ram is None else str(ram), max_instructions)
    config = shared_settings(Config.from_options(settings), settings)

    def read(check: Callable[[Corpora], None]) -> Dataset:
        return read_dataset(data, vectors, config, dev, test, vocab=vocab, check=check)

    return Searched(*search_within(limits, read, config, settings, workers, out=""))


@errors_in_python()
def export(
    model: Folded | Searched | Model | str | Path, out: str | Path, to: str = "edm", dtype: str | None = None
) -> Exported:
    """Write a model, or that of a run file, for other programs: to edm, c, arduino or zephyr (folders), web (a page),
    onnx or word2vec.

    dtype: float32, or int8 or int4 for all but the last two; of a search, that of its image by default. UserError if
    that cannot be done.
    """
    from embdistill import export as formats

    if isinstance(model, Searched) and to in formats.IMAGES and dtype in (None, model.found.chosen.dtype):
        formats.check_out(to, out, [])
        return Exported(Path(out), to, model.found.chosen.dtype, formats.write_image(model.image, to, out))
    if isinstance(model, (Folded, Searched)):
        model = model.model
    if isinstance(model, Model):
        return Exported(Path(out), to, dtype or "float32", formats.write_model(model, to, out, dtype))
    record = formats.write(model, to, out, dtype)
    return Exported(Path(out), to, record["dtype"], record["bytes"])


def _check_names(function: Callable[..., object], settings: Collection[str]) -> None:
    """UserError for a name that is none of Config."""
    known = [*(setting.name for setting in fields(Config)), *signature(function).parameters]
    for name in settings:
        if name not in known:
            raise UserError(f"unknown parameter {name}{did_you_mean(name, known)}")


def _check_config(config: object) -> None:
    if not isinstance(config, Config):
        raise UserError(f'config: {type(config).__name__}; give a Config, such as Config(network="mean")')
