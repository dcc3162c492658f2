"""Comparisons on a dask cluster of real processes, some of which die."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cluster_helpers import PATIENCE, results, scheduler, wait_until, worker
from comparison_helpers import CONFIG, METHODS, entries, grid
from embdistill.comparison import cluster_pool as pools
from embdistill.comparison import compare as comparison
from embdistill.comparison.cluster_pool import cluster_pool
from embdistill.comparison.cluster_worker import run_on_worker
from embdistill.comparison.compare import compare
from embdistill.comparison.runs_file import RUNS
from embdistill.comparison.workers import run_job
from embdistill.errors import UserError


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The scheduler of two workers, the second one with two threads, and as many of BLAS."""
    folder = tmp_path_factory.mktemp("cluster")
    two = {"threads": 2, "OPENBLAS_NUM_THREADS": "2"}
    with scheduler(folder) as (address, _), worker(address, folder), worker(address, folder, **two):
        yield address


@pytest.fixture
def client(address):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        yield client


def killer(deaths, marks):
    """A function in place of run_job, which kills its worker in the end if the seed is 1: so often, as marks show."""

    def run_and_die(job, cache):
        found = run_job(job, cache)
        for death in range(deaths):
            if job.config.seed == 1 and job.config.method == "encode" and not (marks / str(death)).exists():
                (marks / str(death)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return found

    return run_and_die


def test_same_results_though_a_worker_is_killed(
    few_dataset, tmp_path, address, client, finished_comparison, monkeypatch, capfd
):
    monkeypatch.setattr(comparison, "run_job", killer(1, tmp_path))
    compare(few_dataset, CONFIG, grid(["large", *METHODS], (4, 3)), tmp_path, make_executor=cluster_pool(address))
    assert results(tmp_path) == results(finished_comparison[0])
    lines = capfd.readouterr().err.splitlines()
    assert [line.startswith("encode d=") for line in lines if line.endswith("; it is run again")] == [True]
    assert len([line for line in lines if line.startswith("workers run one job at a time")]) == 1


def test_a_job_that_kills_every_worker_is_named_and_what_is_finished_is_kept(
    few_dataset, tmp_path, address, client, monkeypatch
):
    monkeypatch.setattr(comparison, "run_job", killer(pools.MOST_LOSSES, tmp_path))
    with pytest.raises(
        UserError, match=r"^encode d=4 seed 1: lost on 3 workers, which perhaps ran out of memory; the"
    ) as caught:
        compare(few_dataset, CONFIG, grid(), tmp_path, make_executor=cluster_pool(address))
    assert "\n" not in str(caught.value) and {run["seed"] for run in entries(tmp_path)} >= {0}


def test_jobs_of_a_worker_run_one_by_one_in_one_thread_with_a_cache_of_its_own(few_dataset, tmp_path, client):
    def slow(job, cache):
        from threadpoolctl import threadpool_info

        begun = time.monotonic()
        time.sleep(0.3)
        return begun, time.monotonic(), cache, {pool["num_threads"] for pool in threadpool_info()}

    two_threads = [name for name, threads in client.nthreads().items() if threads == 2]
    arguments = few_dataset, slow, None, tmp_path / "on another machine"
    runs = [client.submit(run_on_worker, *arguments, workers=two_threads, pure=False) for _ in range(2)]
    (first_begun, first_ended, cache, threads), (second_begun, second_ended, *_) = client.gather(runs)
    assert first_ended <= second_begun or second_ended <= first_begun
    assert threads == {1} and cache.is_dir() and tmp_path not in cache.parents


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_jobs_on_the_cluster_end_with_the_comparison(few_texts, few_vectors, tmp_path, address, client, blow):
    words = ["--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--network", "mean", "--out", "cmp"]
    words += ["--epochs", 10**9, "--patience", 10**9, "--methods", "direct", "--seeds", 3, "--scheduler", address]
    command = [sys.executable, "-m", "embdistill", "compare", *map(str, words)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    wait_until(lambda: all(client.processing().values()))
    process.send_signal(blow)
    _, err = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err and (b"the same command goes on from there" in err) == (blow == signal.SIGINT)
    one_thread = [name for name, threads in client.nthreads().items() if threads == 1]
    assert client.submit(abs, -1, workers=one_thread, pure=False).result(timeout=PATIENCE) == 1  # it is free


def test_a_scheduler_that_goes(few_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "NO_WORKERS", 1e9)
    with scheduler(tmp_path) as (address, process):
        executor = cluster_pool(address)(1, few_dataset)
        future = executor.submit(run_job, None)
        process.kill()
        with pytest.raises(UserError, match=f"^the scheduler {address} is gone; the finished runs are kept"):
            future.result(timeout=PATIENCE)
        executor.shutdown()


def test_a_scheduler_without_workers(few_dataset, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(pools, "NO_WORKERS", 0)
    with scheduler(tmp_path) as (address, _):
        with pytest.raises(UserError, match=f"^no workers at {address} for 0 s; start some, and"):
            compare(few_dataset, CONFIG, grid(), tmp_path / "out", make_executor=cluster_pool(address))
        assert f"no workers at {address}: waiting for `dask worker {address}`" in capfd.readouterr().err
    assert not (tmp_path / "out" / RUNS).read_bytes()
