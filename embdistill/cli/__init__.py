"""The verbs of the command line: parse, call, print.

What a verb needs is imported by that verb: `predict` of an .edm file starts in less time than NumPy.
"""

import math
import os
import sys

from embdistill.cli.arguments import settle
from embdistill.cli.printing import print_demo, print_facts, print_json, print_scores, print_table
from embdistill.errors import MarkError, UserError, located, reading


def train(
    *,
    data="",
    dev="",
    test="",
    format="auto",
    vectors="",
    vocab="",
    small_vectors="",
    teacher="",
    folds="",
    config="",
    out="",
    threads="",
    resume=False,
    json=False,
    **settings,
):
    """Train a small classifier from labelled texts and large word vectors. Without arguments: the built-in demo.

    Args:
        data: labelled texts; formats: trec, sst5, sst2 (and sst5-phrases, sst2-phrases), polarity (NAME.pos beside
            NAME.neg), semeval, fasttext, csv, tsv, jsonl.
        dev: labelled texts that training is stopped by; without it, a seeded tenth of data is held out.
        test: labelled texts that the trained model is scored on.
        format: format of data, dev and test; auto tells it by the name and the first line.
        vectors: large word vectors: GloVe, word2vec (text or binary), fastText .vec, each also .gz, or our HDF5.
        vocab: a text file of more words for the small table, which else has those of data, dev and test only.
        small_vectors: vectors of dimension --dim, in any format of --vectors, that a direct table starts from.
        teacher: a run file to match, or several with commas between them; without it teachers are trained on the spot.
        folds: cross-validation; train and test so many times on parts of data, and save no model.
        config: a TOML file of settings; options given here go before it.
        out: where the model goes; run.h5 unless given (demo.h5 for the demo).
        threads: threads that share the work; all cores, up to 8, unless given. The result does not depend on it.
        resume: go on with a run that was stopped, from the checkpoint beside out.
        json: end standard output with one JSON object.
    """
    from embdistill.model.config import Config, read_toml

    method = settings.get("method") or (read_toml(config).get("method") if config else None)
    config = Config.from_options(settings, config)
    _own_threads(threads)
    if not data:
        format = format.replace("auto", "")
        _refuse_without_data(dev=dev, test=test, format=format, vectors=vectors, vocab=vocab, resume=resume)
        _refuse_without_data(small_vectors=small_vectors, teacher=teacher, folds=folds)
        from embdistill.demo import run_demo

        record = run_demo(config, method and config.method, out or "demo.h5")
        return print_json(record) if json else print_demo(record)

    from embdistill.progress import announce_compilation
    from embdistill.storage.files import check_writable
    from embdistill.training.experiment import cross_validate, run

    teachers = [path for path in teacher.split(",") if path]
    if folds:
        _refuse_with("folds", out=out, resume=resume, teacher=teacher, test=test)
        folds = _count("folds", folds, least=2)
    else:
        inputs = filter(None, [data, dev, test, vectors, vocab, small_vectors, *teachers])
        out = check_writable(out or "run.h5", inputs)
    announce_compilation()
    dataset = _task(data, dev, test, vectors, vocab, small_vectors, format, config)
    record = (
        cross_validate(dataset, config, folds) if folds else run(dataset, config, out, bool(resume), teachers).record
    )
    if json:
        print_json(record)
    else:
        print_table([*record["runs"], record] if folds else [record])
        print("the last line: means over the folds" if folds else f"saved: {out}")


def _task(data, dev, test, vectors, vocab, small_vectors, format, config):
    """The files of a run, made ready; what was left out or changed in them is said."""
    from embdistill.data.dataset import file_record, prepare, read_words
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.progress import say

    if not vectors:
        raise UserError("--vectors is missing; name a file of word vectors, such as glove.6B.300d.txt")
    listed = read_words(vocab, Tokenizer(config.split, config.lowercase)) if vocab else frozenset()
    dataset = prepare(data, dev or None, test or None, vectors, config, format, listed, small_vectors or None)
    if vocab:
        dataset.inputs.append(file_record("vocab", vocab))
    for note in dataset.notes:
        say(note)
    return dataset


def compare(
    *,
    data="",
    dev="",
    test="",
    format="auto",
    vectors="",
    vocab="",
    small_vectors="",
    folds="",
    config="",
    methods="large,direct,encode",
    dims="50,10",
    seeds="5",
    workers="",
    out="",
    json=False,
    **settings,
):
    """Train every method at every dimension with every seed, side by side, and say which differences are real.

    A comparison that was stopped goes on where it was when the same command is given again.

    Args:
        data: labelled texts; dev, test, format, vectors, vocab, small_vectors and config as for train.
        dev: as for train.
        test: as for train.
        format: as for train.
        vectors: as for train.
        vocab: as for train.
        small_vectors: as for train; for methods with a direct table.
        folds: cross-validation with so many folds, instead of a test file.
        config: as for train.
        methods: methods with commas between them.
        dims: dimensions of the small table, with commas between them.
        seeds: how many seeds, from 0 on.
        workers: processes that train at the same time; as many as cores unless given.
        out: the folder for results, figures and the report.
        json: end standard output with one JSON object, the summary.
    """
    import shlex
    from dataclasses import replace

    from embdistill.model.config import Config, read_toml

    for name in PLURAL:
        if config and name in read_toml(config):
            raise UserError(f"{config}: {name} is not for compare; take it out and give --{name}s")
    config = Config.from_options(settings, config)
    for name, value in {"data": data, "out": out}.items():
        if not value:
            raise UserError(f"--{name} is missing; name {'labelled texts' if name == 'data' else 'a folder'}")
    methods = [Config.from_options({"method": name.strip()}).method for name in methods.split(",")]
    dims = [_count("dims", dim.strip()) for dim in dims.split(",")]
    seeds, folds = _count("seeds", seeds), _count("folds", folds, least=2) if folds else None
    if folds:
        _refuse_with("folds", test=test)
    if small_vectors and len(dims) > 1:
        raise UserError(f"--small-vectors have one dimension; give that one to --dims, not {len(dims)}")
    _own_threads("1")

    from embdistill.comparison import compare as comparison
    from embdistill.comparison import statistics as summary
    from embdistill.progress import announce_compilation

    workers = _count("workers", workers) if workers else None
    comparison.make_folder(out)
    announce_compilation()
    dataset = _task(data, dev, test, vectors, vocab, small_vectors, format, replace(config, dim=dims[0]))
    command = shlex.join(["python", "-m", "embdistill", *sys.argv[1:]])
    records = comparison.compare(dataset, config, methods, dims, range(seeds), folds, out, workers, command=command)
    rows = summary.summarise(records)
    if json:
        return print_json({"out": out, "runs": records, "summary": rows})
    print(summary.markdown(rows))
    print(*summary.remarks(rows, summary.overlap(records)), sep="\n")


def evaluate(model, *, data="", format="auto", json=False):
    """Score a model on labelled texts: accuracy, macro-F1, each class, and the confusion matrix.

    Args:
        model: a run or .edm file.
        data: labelled texts.
        format: as for train.
        json: print one JSON object.
    """
    if not data:
        raise UserError("--data is missing; name a file of labelled texts")
    from embdistill import load
    from embdistill.model import evaluation

    scores = evaluation.evaluate(load(model), data, format)
    if json:
        print_json({"model": model, "data": data, **scores})
    else:
        print_scores(scores)


def predict(model, *, input="-", json=False):
    """Print label TAB probability for each text, a text a line.

    Args:
        model: a run or .edm file.
        input: a text file; - is standard input.
        json: print one JSON object instead, with the probability of every class.
    """
    from embdistill import load

    loaded = load(model)
    with reading(input):
        stream = open(input, "rb") if input != "-" else sys.stdin.buffer
    predictions, texts, unknown = [], 0, 0
    with stream:
        for lines in _lines_as_they_come(stream):
            try:
                rows, known = loaded.logits_and_known(lines)
            except MarkError as error:
                raise UserError(located(input, texts + error.index + 1, str(error))) from error
            texts, unknown = texts + len(lines), unknown + known.count(0)
            for row in rows:
                best, probabilities = row.index(max(row)), _softmax(row)
                if json:
                    by_label = dict(zip(loaded.labels, probabilities, strict=True))
                    predictions.append({"label": loaded.labels[best], "probabilities": by_label})
                else:
                    print(f"{loaded.labels[best]}\t{probabilities[best]:.6f}")
            sys.stdout.flush()
    if unknown:
        print(f"{unknown} of {texts} texts have no word that the model knows", file=sys.stderr)
    if json:
        print_json({"predictions": predictions})


def _softmax(logits):
    """Probabilities of one text; in plain Python, since NumPy alone takes longer to start than all else here."""
    largest = max(logits)
    exponentials = [math.exp(logit - largest) for logit in logits]
    return [exponential / sum(exponentials) for exponential in exponentials]


def _lines_as_they_come(stream):
    """The lines that can be read at once, again and again, so that a slow stream is answered line by line."""
    rest = b""
    while block := stream.read1(1 << 16):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def info(file, *, json=False):
    """Say what a run, .edm or vector file holds.

    Args:
        file: a run, .edm or vector file.
        json: print one JSON object.
    """
    from embdistill.model.edm import is_edm

    if is_edm(file):
        facts = _edm_facts(file)
        return print_json(facts) if json else print_facts(facts)
    from embdistill.model.run_file import load_run
    from embdistill.storage.hdf5 import schema_of

    if schema_of(file) == "vectors":
        return vectors_info(file, json=json)
    model = load_run(file)
    facts = {
        "labels": model.labels,
        "vocabulary": len(model.vocabulary),
        "tokenizer": model.tokenizer.settings,
        "weights": {"table": list(model.table.shape)} | {name: list(v.shape) for name, v in model.values.items()},
        "weights_sha256": model.digest(),
        **model.about,
    }
    if json:
        return print_json(facts)
    print_table([model.about["record"]])
    del facts["record"], facts["history"]
    print_facts(facts)


def _edm_facts(file):
    from embdistill.model.edm import load_edm

    model = load_edm(file)
    return {
        "labels": model.labels,
        "vocabulary": model.vocabulary,
        "tokenizer": model.tokenizer.settings,
        "network": model.network,
        "bytes": model.bytes,
        "sections": model.sections,
        "about": model.about,
    }


def verify(file):
    """Check that a file is whole, unaltered and of a known schema; exit code 2 if it is not.

    Args:
        file: a run, .edm, checkpoint or vector file.
    """
    from embdistill.model.edm import is_edm

    if is_edm(file):
        _edm_facts(file)  # reads all of it
        return print(f"{file}: sound edm file")
    from embdistill.data.vectors.hdf5_file import vectors_summary
    from embdistill.model.run_file import load_run
    from embdistill.storage.arrays import load_arrays
    from embdistill.storage.hdf5 import schema_of

    schema = schema_of(file)
    readers = {"run": load_run, "vectors": vectors_summary}
    readers.get(schema, lambda path: load_arrays(path, schema))(file)
    print(f"{file}: sound {schema} file")


def export(model, *, to="", out="", dtype="", flash="", ram="", data="", dev="", json=False):
    """Write a trained model for another program: an .edm file, a C project, ONNX, or word vectors.

    Args:
        model: a run file; with flash, one or several with commas between them, of which the most accurate is taken.
        to: edm (one file, for C and Python), c (a folder with a C project), onnx, or word2vec (the small table).
        out: the file or folder to write.
        dtype: float32 (unless given), or int8, about a quarter of the size; edm and c only. With flash, both are tried.
        flash: bytes that code and model may take on a Cortex-M3, such as 64K; words that matter least are left out.
        ram: with flash, bytes of memory that a text of 64 tokens may take, such as 8K.
        data: with flash, the training texts of the run files, if they are not where they were.
        dev: with flash, the dev texts of the run files, if they are not where they were.
        json: print one JSON object.
    """
    if to not in FORMATS:
        raise UserError(f"--to {to}: must be one of {', '.join(FORMATS)}")
    if not out:
        raise UserError("--out is missing; name the file or folder to write")
    if flash:
        return _export_within(model, to, out, dtype, flash, ram, data, dev, json)
    for name, value in {"ram": ram, "data": data, "dev": dev}.items():
        if value:
            raise UserError(f"--{name} goes with --flash; give that too, or leave it away")
    from embdistill.export import write

    record = write(model, to, out, dtype or "float32")
    print_json(record) if json else print(f"{out}: {record['bytes']:,} bytes")


def _export_within(model, to, out, dtype, flash, ram, data, dev, json):
    from embdistill.export import budget as budgets
    from embdistill.export import write_image
    from embdistill.export.edm import DTYPES
    from embdistill.storage.files import check_writable

    if to not in ("edm", "c"):
        raise UserError(f"--flash does not go with --to {to}; leave it away, or export to edm or c")
    if dtype and dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: must be {' or '.join(DTYPES)}")
    sizes = {name: budgets.parse_size(name, value) for name, value in {"flash": flash, "ram": ram}.items() if value}
    budget, paths = budgets.Budget(**sizes), [path.strip() for path in model.split(",") if path.strip()] or [model]
    if to == "edm":
        check_writable(out, paths)
    choice = budgets.choose(paths, budget, [dtype] if dtype else DTYPES, data, dev)
    write_image(choice.image, to, out)
    if json:
        return print_json({"to": to, "out": out, **budgets.as_record(choice, budget)})
    print(budgets.table(choice))
    print(budgets.verdict(choice.chosen, budget))
    print(f"{out}: {choice.chosen.bytes:,} bytes")


def vectors_import(src, *, out="", vocab="", dtype="float32", licence="", note="", json=False):
    """Turn a vector file into our HDF5, which is read faster; keep only the words asked for.

    Args:
        src: GloVe, word2vec (text or binary) or fastText .vec, each also .gz, or our HDF5.
        out: the file to write.
        vocab: a text file; only its words are kept. Words are matched exactly.
        dtype: float32, float16, or int8 with a scale a row.
        licence: licence of the vectors, kept in the file.
        note: anything else to keep in the file, such as where the vectors come from.
        json: print one JSON object.
    """
    from embdistill.data.dataset import file_record, read_words
    from embdistill.data.tokenizer import Tokenizer
    from embdistill.data.vectors import open_vectors
    from embdistill.data.vectors.hdf5_file import SCALED, vectors_summary, write_vectors
    from embdistill.storage.files import check_writable

    if not out:
        raise UserError("--out is missing; name the file to write, such as vectors.h5")
    if dtype not in SCALED:
        raise UserError(f"--dtype {dtype}: must be one of {', '.join(SCALED)}")
    check_writable(out, filter(None, [src, vocab]))
    wanted = read_words(vocab, Tokenizer("whitespace", lowercase=False)) if vocab else None
    file = open_vectors(src)
    source = {"source": os.path.basename(src), "sha256": file_record("source", src)["sha256"], "format": file.format}
    about = {**source, "licence": licence, "note": note}
    if file.format == "hdf5":  # what our own file says of its vectors goes on with them
        theirs = vectors_summary(src)["about"]
        about |= {name: about[name] or theirs.get(name, "") for name in ("licence", "note")}
    words = write_vectors(out, file.rows(wanted), file.dim, dtype, about)
    for line in file.notes:
        print(line, file=sys.stderr)
    if json:
        print_json({"out": out, "words": words, "dim": file.dim, "dtype": dtype, "counts": dict(file.counts)})
    else:
        print(f"{out}: {words} words x {file.dim}, {dtype}, {os.path.getsize(out)} bytes")


def vectors_info(file, *, json=False):
    """Say what a vector file holds, reading all of it.

    Args:
        file: a vector file of any format.
        json: print one JSON object.
    """
    from embdistill.data.vectors import open_vectors

    vectors = open_vectors(file)
    words = sum(1 for _ in vectors.rows())
    facts = {"format": vectors.format, "words": words, "dim": vectors.dim, "counts": dict(vectors.counts)}
    if vectors.format == "hdf5":
        from embdistill.data.vectors.hdf5_file import vectors_summary

        facts |= vectors_summary(file)
    if json:
        return print_json(facts)
    print_facts(facts)


def vectors_neighbors(file, word, *, count="10", json=False):
    """Print the words nearest to a word, with their cosines.

    Args:
        file: a vector file of any format.
        word: the word, exactly as the file has it.
        count: how many.
        json: print one JSON object.
    """
    from embdistill.data.vectors import open_vectors
    from embdistill.data.vectors.neighbors import nearest

    neighbors = nearest(open_vectors(file), word, _count("count", count))
    if json:
        return print_json({"word": word, "neighbors": [{"word": w, "cosine": cosine} for w, cosine in neighbors]})
    for other, cosine in neighbors:
        print(f"{other}\t{cosine:.4f}")


FORMATS = ("edm", "c", "onnx", "word2vec")  # of export
COMMANDS = {
    "train": train,
    "compare": compare,
    "evaluate": evaluate,
    "predict": predict,
    "info": info,
    "verify": verify,
    "export": export,
    "vectors": {"import": vectors_import, "info": vectors_info, "neighbors": vectors_neighbors},
}


PLURAL = ("method", "dim", "seed")  # settings that compare takes many of, as --methods and so on


def _spell_out_settings(command, left_out):
    """Give train and compare the fields of Config as options, in their signatures and their helps."""
    import inspect
    from dataclasses import fields

    from embdistill.model.config import Config

    settings = [setting for setting in fields(Config) if setting.name not in left_out]
    signature = inspect.signature(command)
    options = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    options += [inspect.Parameter(s.name, inspect.Parameter.KEYWORD_ONLY, default=str(s.default)) for s in settings]
    command.__signature__ = signature.replace(parameters=options)
    command.__doc__ += "".join(f"        {s.name}: {s.metadata['help']}.\n" for s in settings)


def _keep_blas_to_one_thread():
    """BLAS reads its number of threads when NumPy is first imported, so this comes first. See kernels/machine."""
    for library in ("OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def _count(name, value, least=1):
    if not value.isdecimal() or int(value) < least:
        raise UserError(f"--{name} {value}: must be a whole number from {least} on")
    return int(value)


def _refuse_with(given, **options):
    for name, value in options.items():
        if value:
            raise UserError(f"--{name} does not go with --{given}; leave one away")


def _own_threads(threads):
    count = _count("threads", threads) if threads else None
    from embdistill.kernels.machine.threads import cores, use_threads

    use_threads(count or cores())


def _refuse_without_data(**options):
    for name, value in options.items():
        if value:
            raise UserError(f"--{name} needs --data; without --data the built-in demo runs")


def main(words: list[str] | None = None) -> int:
    """Run one command line; returns the exit code: 0 done, 2 the user's mistake, said in one line."""
    words = sys.argv[1:] if words is None else words
    _keep_blas_to_one_thread()
    if words == ["--version"]:
        from importlib.metadata import version

        print(f"embdistill {version('embdistill')}")
        return 0
    try:
        with_settings = {"train": (), "compare": PLURAL}
        for name in with_settings.keys() & set(words[:1]):
            if not hasattr(COMMANDS[name], "__signature__"):
                _spell_out_settings(COMMANDS[name], with_settings[name])
        command, arguments, options = settle(words, COMMANDS)
        if command is None:
            import fire

            fire.Fire(COMMANDS, arguments, "embdistill")
        else:
            command(*arguments, **options)
        sys.stdout.flush()
        return 0
    except UserError as error:
        print(f"embdistill: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"embdistill: not enough memory ({error}); give smaller sizes or fewer data", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone, as in `predict ... | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"embdistill: standard output cannot be written ({error.strerror}); make room for it", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("embdistill: stopped; train goes on from its last checkpoint with --resume", file=sys.stderr)
        return 1
