"""Jobs of a search on the processes of a pool."""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from embdistill import stopping
from embdistill.comparison.workers import process_pool
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.stopping import held

POLL = 0.2  # seconds between two looks at whether a signal has come


def run_jobs(jobs: Sequence[tuple], dataset: Dataset, workers: int) -> list[Any]:
    """What jobs give, in their order: each a function of the module `jobs` and its arguments.

    Raises what one raises.
    """
    try:
        with process_pool(min(workers, len(jobs)), dataset) as executor:
            with held():
                futures = [executor.submit(*job) for job in jobs]
            left = set(futures)
            while left:
                with held():  # a signal amid `wait` would leave locks taken, on which the pool waits for ever
                    done, left = wait(left, POLL, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
            return [future.result() for future in futures]
    except BrokenProcessPool as error:
        stopping.check()  # a signal to all processes ends the workers too
        problem = "a process of the search died, perhaps out of memory"
        raise UserError(f"{problem}; let it have one process (--threads 1, in Python workers=1)") from error
