"""The verb `train`."""

import os
from dataclasses import replace

from embdistill.cli.inputs import RunFiles, check_folds, read_dataset
from embdistill.cli.printing import print_demo, print_json, print_training
from embdistill.cli.train_within import train_within
from embdistill.errors import UserError
from embdistill.storage.files import check_writable


def train(
    *,
    data: str | None = None, dev: str | None = None, test: str | None = None, format: str = "auto",
    text_column: str | None = None, label_column: str | None = None, delimiter: str | None = None, header: str = "true",
    vectors: str | None = None, vocab: str | None = None, small_vectors: str | None = None,
    teacher: tuple[str, ...] = (), folds: int | None = None, config: str | None = None, out: str | None = None,
    flash: str | None = None, ram: str | None = None, max_instructions: int | None = None,
    threads: int | None = None, resume: bool = False, json: bool = False,
    **options,
):  # fmt: skip
    """Train a small classifier from labelled texts and large word vectors. Without arguments: the built-in demo.

    Args:
        data: labelled texts; formats: csv, tsv, jsonl, json, excel, parquet, folder (a subfolder a class), fasttext,
            polarity (NAME.pos beside NAME.neg), trec, sst5, sst2 (and sst5-phrases, sst2-phrases), semeval.
        dev: labelled texts for early stopping; without it, a seeded tenth of data is held out.
        test: labelled texts that the trained model is scored on; words that they alone have are unknown to it.
        format: format of data, dev and test; auto tells it by the name and the first line.
        text_column: the column (or JSON key) of the texts in a table, by name or by position from 1; text by default.
        label_column: that of the labels; label by default.
        delimiter: what separates the fields of a table: a character, or tab; the header tells it by default.
        header: false for a table whose first row is a text, not the names of its columns.
        vectors: large word vectors: GloVe, word2vec (text or binary), fastText (.vec, or .bin with its subwords), each
            also packed or from a pipe, our HDF5, or the folder of a static model, such as model2vec's.
        vocab: a text file with more words for the small table, which otherwise has those of data and dev; or a list
            with counts, a word and a number a line, of which --words N takes the N most frequent.
        small_vectors: vectors of dimension --dim, in any format of --vectors, that a direct table starts from.
        teacher: a run file to match, or several, separated by commas; without it, teachers are trained on the spot.
        folds: number of folds; cross-validate on data and save no model.
        config: a TOML file of settings; options given here override it.
        out: file for the model; run.h5 by default, demo.h5 for the demo.
        flash: bytes that code and model may take on a Cortex-M3, such as 64K: networks, sizes and words are tried, and
            the most accurate model on dev that fits is written to out, its .edm image and a figure beside it.
        ram: with flash, bytes of memory that a text of 64 tokens may take, such as 8K.
        max_instructions: with flash, about how many instructions a text may take.
        threads: threads that share the work; all cores, up to 8, by default; with flash, processes. The result does not
            depend on it.
        resume: continue a run that was stopped, from the checkpoint beside out.
        json: end standard output with one JSON object.
        options: the SETTINGS below.
    """
    from embdistill.data.corpora.layout import Layout
    from embdistill.model.config import Config, read_toml

    toml = read_toml(config) if config else {}
    settings = Config.from_options(options, config, toml)
    layout = Layout(text_column, label_column, delimiter, header)
    files = RunFiles(data, dev, test, format, layout, vectors, vocab, small_vectors)

    if flash:
        _refuse_with_flash(resume=resume, teacher=teacher, folds=folds, small_vectors=small_vectors)
        from embdistill.searching.arms import Limits

        limits = Limits.read(flash, ram, max_instructions)
        return train_within(limits, files, settings, options | toml, config, out or "run.h5", threads, json)
    for name, value in {"ram": ram, "max-instructions": max_instructions}.items():
        if value:
            raise UserError(f"--{name} needs --flash; give both, or omit --{name}")
    # Only now what takes long to import.
    from embdistill.kernels.machine.threads import MOST_CHUNKS, cores, use_threads

    use_threads(threads or min(cores(), MOST_CHUNKS))
    if not data:
        _refuse_without_data(dev=dev, test=test, vectors=vectors, vocab=vocab, small_vectors=small_vectors)
        _refuse_without_data(teacher=teacher, folds=folds, resume=resume, format=format != "auto")
        _refuse_without_data(**{name.replace("_", "-"): True for name in layout.given()})
        _check_out(out or "demo.h5", [config], resume)
        record = _train_demo(settings, options | toml, out or "demo.h5")
        return print_json(record) if json else print_demo(record)
    record = _train_on(files, settings, options | toml, config, teacher, folds, out, resume)
    print_json(record) if json else print_training(record)


def _train_on(files, settings, given, config, teacher, folds, out, resume):
    """The record of a run on these RunFiles, or of a cross-validation. given: the settings that the user gave."""
    from embdistill.model.unused import unused
    from embdistill.progress import announce_compilation, say
    from embdistill.training.experiment import cross_validate, run

    check_folds(folds, out=out, resume=resume, teacher=teacher, test=files.test)
    if not folds:
        out = _check_out(out or "run.h5", files.paths(config, *teacher), resume)
    announce_compilation()
    dataset = read_dataset(settings, files, folds)
    if line := unused(given, [settings], dataset.relations, bool(teacher)):
        say(line)
    if out and os.path.isfile(out):
        say(f"{out}: is there already, and is replaced when the training is done")
    return cross_validate(dataset, settings, folds) if folds else run(dataset, settings, out, resume, teacher).record


def _check_out(out, inputs, resume):
    """The place of the model; UserError, before any work, if something else would be lost there, or beside it."""
    from embdistill.storage.hdf5 import check_replaceable
    from embdistill.training.checkpoint import check_place

    check_writable(out, filter(None, inputs))
    check_replaceable(out, "run")
    check_place(out, resume)
    return out


def _train_demo(settings, given, out):
    """The record of the demo with the method of the settings, if it is given, or with several."""
    from embdistill.demo import METHODS, run_demo

    if "subwords" not in given:  # its table has all words of its vectors, and is small
        settings = replace(settings, subwords=0)
    return run_demo(settings, (settings.method,) if "method" in given else METHODS, out)


def _refuse_with_flash(**options):
    for name, value in options.items():
        if value:
            raise UserError(f"--{name.replace('_', '-')} does not go with --flash; omit one of them")


def _refuse_without_data(**options):
    for name, value in options.items():
        if value:
            raise UserError(f"--{name} needs --data; without --data the built-in demo runs")
