"""A comparison: runs the jobs that are not in runs.jsonl yet, in parallel, then writes the results."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from embdistill import stopping
from embdistill.comparison.plan import Grid, check_test, plan
from embdistill.comparison.results import make_folder, write_results
from embdistill.comparison.runs_file import RUNS, RunsFile, dataset_digest
from embdistill.comparison.workers import process_pool, run_job
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.kernels.machine.threads import cores
from embdistill.model.config import Config
from embdistill.model.metrics import headline
from embdistill.progress import bar as progress_bar
from embdistill.progress import say
from embdistill.stopping import ending_in_order, held
from embdistill.storage.temporary import sweep
from embdistill.training.experiment import warn_of_dim
from embdistill.training.warm_up import warm_up

TEACHERS = "teachers"  # the folder through which runs share the logits of their teachers
POLL = 0.2  # seconds between two looks at whether a signal has come


def compare(
    dataset: Dataset,
    config: Config,
    grid: Grid,
    folder: str | Path = "comparison",
    workers: int | None = None,
    make_executor: Callable[[int, Dataset], Executor] = process_pool,
    command: str = "",
) -> list[dict]:
    """Run the whole grid, and write the results to `folder`. Runs that are there already are not repeated.

    config: the settings that all runs share. workers: processes, by default one per core. make_executor: takes their
    number and the dataset, for which workers.hand_over must have been called in each. command: the command line, for
    the report.

    Returns the records, in the order of method, dim, seed and fold. Raises UserError for what the user can fix, in a
    run too; the runs finished by then are in `folder`.
    """
    jobs = plan(config, grid, dataset.vectors.shape[1])
    check_test(dataset.test, grid.folds)
    if grid.folds is not None:
        dataset.fold(0, grid.folds, grid.seeds[0])  # refuses before any run
    folder = make_folder(folder)
    with RunsFile(folder / RUNS, dataset_digest(dataset)) as file:
        runs = file.read(jobs)
        missing = [job for job in jobs if job not in runs]
        if missing:
            _prepare(dataset, missing)
            have_teachers = any(job.config.parsed.objective != "labels" for job in jobs)
            cache = make_folder(folder / TEACHERS) if have_teachers else None
            try:
                with ending_in_order(), make_executor(min(workers or cores(), len(missing)), dataset) as executor:
                    _run_all(missing, executor, cache, runs, file)
            except BrokenProcessPool as error:
                stopping.check()  # a signal to all processes ends the workers too
                raise UserError(
                    f"a worker process died, perhaps out of memory; the finished runs are in {file.path}: give the "
                    "same command again, with fewer --workers"
                ) from error
            except KeyboardInterrupt:
                say(f"{len(runs)} runs are in {file.path}; the same command goes on from there")
                raise
            finally:
                for place in (folder, cache):  # of workers that were ended
                    place and sweep(place)
    return write_results(folder, [runs[job] for job in jobs], dataset, command)


def _prepare(dataset, jobs):
    """Compile the kernels once, here rather than in every worker, and give the warnings that silent workers would."""
    for config in {replace(job.config, dim=1, seed=0): job.config for job in jobs}.values():
        warm_up(dataset, config)
    for config in dict.fromkeys(replace(job.config, seed=0) for job in jobs):
        warn_of_dim(dataset, config)


def _run_all(jobs, executor, cache, runs, file):
    """Run the jobs, and add each run to `runs` and to the file as it ends. Raises what a run raises."""
    # By seed, so that a comparison that is stopped has complete pairs; large dims first, since they take longest.
    order = sorted(jobs, key=lambda job: (job.config.seed, job.fold or 0, -job.config.dim))
    with held():
        futures = {executor.submit(run_job, job, cache): job for job in order}
    total = len(runs) + len(jobs)
    # Only now that the workers are forked, since the bar starts a thread.
    with progress_bar(
        total=total,
        initial=len(runs),
        desc="runs",
        bar_format="{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed}, about {remaining} left{postfix}",
    ) as bar:
        while futures:
            with held():  # a signal amid `wait` would leave locks taken, on which the pool waits for ever
                _take_finished(futures, runs, file, bar, total)


def _take_finished(futures, runs, file, bar, total):
    error = None
    for future in wait(futures, POLL, return_when=FIRST_COMPLETED).done:
        job = futures.pop(future)
        if future.exception():
            error = future.exception()
        else:
            runs[job] = file.append(future.result())
            _show(bar, job.title, runs[job], f"{len(runs)}/{total}")
    if error:
        raise error


def _show(bar, title, run, done):
    """A finished run, behind the bar; without a terminal, in a line of its own."""
    score = f"{headline(run['test']):.1f} %"
    if bar.disable:
        say(f"{done} {title}: test {score}, {run['seconds']['train']:.1f} s")
    else:
        bar.set_postfix_str(f"{title}: {score}", refresh=False)
        bar.update()
