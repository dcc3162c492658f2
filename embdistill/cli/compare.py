"""The verb `compare`."""

import re
import shlex
import sys
from dataclasses import replace

from embdistill.cli.inputs import RunFiles, check_folds, read_dataset
from embdistill.cli.printing import print_json
from embdistill.errors import UserError

WORKERS_A_CORE = 8  # at most


def compare(
    *,
    data: str | None = None, dev: str | None = None, test: str | None = None, format: str = "auto",
    text_column: str | None = None, label_column: str | None = None, delimiter: str | None = None, header: str = "true",
    vectors: str | None = None, vocab: str | None = None, small_vectors: str | None = None,
    folds: int | None = None, config: str | None = None,
    methods: tuple[str, ...] = ("large", "direct", "encode"), dims: tuple[int, ...] = (50, 10), seeds: int = 5,
    workers: int | None = None, scheduler: str | None = None, typos: str | None = None, typo_seed: str | None = None,
    out: str | None = None, json: bool = False, **options,
):  # fmt: skip
    """Train every method at every dimension with every seed, side by side, and say which differences are real.

    A comparison that was stopped continues where it was when the same command is given again.

    Args:
        data: labelled texts; dev, test, format, vectors, vocab, small_vectors and config as for train.
        dev: as for train.
        test: as for train.
        format: as for train.
        text_column: as for train.
        label_column: as for train.
        delimiter: as for train.
        header: as for train.
        vectors: as for train.
        vocab: as for train.
        small_vectors: as for train; for methods with a direct table.
        folds: number of folds; cross-validate on data, instead of a test file.
        config: as for train.
        methods: methods, separated by commas.
        dims: dimensions of the small table, separated by commas.
        seeds: how many seeds, counted from 0.
        workers: processes that train at the same time; one a core by default.
        scheduler: the address of a dask scheduler, as tcp://HOST:8786, whose workers train instead.
        typos: score each run on texts with typing errors too; as for evaluate.
        typo_seed: as for evaluate.
        out: the folder for results, figures and the report.
        json: end standard output with one JSON object, the summary.
        options: the SETTINGS below.
    """
    from embdistill.data.corpora.layout import Layout
    from embdistill.data.typos import Typos
    from embdistill.model.config import read_toml

    layout = Layout(text_column, label_column, delimiter, header)
    files = RunFiles(data, dev, test, format, layout, vectors, vocab, small_vectors)
    toml = read_toml(config) if config else {}
    settings = _settings(options, config, toml)
    _check(files, out, folds, dims)
    grid, configs = _grid(settings, methods, dims, seeds, folds, Typos.from_options(typos, typo_seed))
    pool = _pool(workers, scheduler)
    # Only now what takes long to import.
    from embdistill.comparison.compare import compare as run_all
    from embdistill.comparison.results import make_folder
    from embdistill.kernels.machine.threads import use_threads

    use_threads(1)
    make_folder(out, files.paths(config))
    dataset = _read(files, replace(settings, dim=dims[0]), folds, options | toml, configs)
    command = shlex.join(["python", "-m", "embdistill", *sys.argv[1:]])
    _print(run_all(dataset, settings, grid, out, workers, pool, command), out, json)


def _read(files, settings, folds, given, configs):
    """The Dataset of RunFiles; it is said which of the given settings none of the configs uses."""
    from embdistill.model.unused import unused
    from embdistill.progress import announce_compilation, say

    announce_compilation()
    dataset = read_dataset(settings, files, folds)
    if line := unused(given, configs, dataset.relations):
        say(line)
    return dataset


def _settings(options, config, toml):
    """The Config that all runs share; UserError for a setting in the TOML file that the runs differ in."""
    from embdistill.model.config import Config

    for name in ("method", "dim", "seed"):
        if name in toml:
            raise UserError(f"{config}: {name} is not for compare; remove it and give --{name}s")
    return Config.from_options(options, config, toml)


def _grid(settings, methods, dims, seeds, folds, typos):
    """The grid, and the settings of its methods; UserError, before any file is read, for runs that there are not."""
    from embdistill.comparison.plan import Grid, plan

    try:
        configs = [replace(settings, method=name) for name in methods]
        grid = Grid([config.method for config in configs], dims, range(seeds), folds, typos)
        plan(settings, grid, large_dim=1)  # what it will be makes no difference to what is wrong
    except UserError as error:
        # As they are named here.
        raise UserError(re.sub(r"^--(method|dim|seed)\b", r"--\1s", str(error))) from error
    return grid, configs


def _pool(workers, scheduler):
    """What makes the workers of the comparison; connected to the scheduler, before files are read."""
    from embdistill.comparison.cluster_pool import cluster_pool
    from embdistill.comparison.workers import process_pool
    from embdistill.kernels.machine.threads import cores

    if workers and scheduler is not None:
        raise UserError("--workers and --scheduler exclude each other: a cluster has the workers that joined it")
    most = WORKERS_A_CORE * cores()
    if workers and workers > most:
        raise UserError(f"--workers {workers}: must be from 1 to {most}, for the {cores()} cores at hand")
    return process_pool if scheduler is None else cluster_pool(scheduler)


def _check(files, out, folds, dims):
    from embdistill.comparison.plan import check_test

    check_folds(folds, test=files.test)
    if not files.data:
        raise UserError("--data is missing; name labelled texts")
    if not out:
        raise UserError("--out is missing; name a folder")
    check_test(files.test, folds)
    if files.small_vectors and len(dims) > 1:
        raise UserError(f"--small-vectors have one dimension; give that one to --dims, not {len(dims)}")


def _print(records, out, json):
    from embdistill.comparison.statistics import overlap, summarise
    from embdistill.comparison.summary_table import markdown, remarks

    rows = summarise(records)
    if json:
        return print_json({"out": out, "runs": records, "summary": rows})
    print(markdown(rows))
    print(*remarks(rows, overlap(records)), sep="\n")
