"""Which runs a comparison consists of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embdistill.data.typos import Typos
from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.model.methods import parse

MOST_RUNS = 100_000  # of a comparison


@dataclass(frozen=True)
class Grid:
    """What to compare: every method at every dim with every seed.

    folds: None to score each run on the dataset's test split; K for K-fold cross-validation on the training split,
    shuffled anew for each seed. typos: score each run with these typing errors too.
    """

    methods: Sequence[str]
    dims: Sequence[int]
    seeds: Sequence[int]
    folds: int | None = None
    typos: Typos | None = None


@dataclass(frozen=True)
class Job:
    """One run of a comparison; fold (0..folds-1) and folds are None without cross-validation."""

    config: Config
    fold: int | None = None
    folds: int | None = None
    typos: Typos | None = None

    @property
    def title(self) -> str:
        fold = "" if self.fold is None else f" fold {self.fold + 1}/{self.folds}"
        return f"{self.config.method} d={self.config.dim} seed {self.config.seed}{fold}"

    def settings(self) -> dict:
        """The entries of runs.jsonl that this job determines."""
        typos = {"typos": self.typos.as_dict()} if self.typos else {}
        return {"config": self.config.as_dict(), "fold": self.fold, "folds": self.folds, **typos}


def check_test(test: object | None, folds: int | None) -> None:
    """UserError if runs have nothing to be scored on: neither a test split, nor folds."""
    if test is None and folds is None:
        raise UserError("--test is missing; a comparison needs a test split: give --test FILE or --folds K")


def plan(config: Config, grid: Grid, large_dim: int) -> list[Job]:
    """The runs in the order of their results: by method, dim, seed and fold.

    config: the settings that all runs share. large_dim: D; methods that keep the large vectors run at this dim only.
    Raises UserError for an empty list, a duplicate, a value out of range, and fewer than two folds.
    """
    for option in ("methods", "dims", "seeds"):
        if not getattr(grid, option):
            raise UserError(f"--{option} is empty; give one or more, separated by commas")
    if grid.folds is not None and grid.folds < 2:
        raise UserError(f"--folds {grid.folds}: must be at least 2")
    runs = len(grid.methods) * len(grid.dims) * len(grid.seeds) * (grid.folds or 1)
    if runs > MOST_RUNS:
        raise UserError(f"{runs} runs are asked for, and {MOST_RUNS} are the most; give fewer --seeds or --folds")
    jobs = [
        Job(replace(config, method=method, dim=dim, seed=seed), fold, grid.folds, grid.typos)
        for method in grid.methods
        for dim in ([large_dim] if parse(method).tunes_large_vectors else grid.dims)
        for seed in grid.seeds
        for fold in ([None] if grid.folds is None else range(grid.folds))
    ]
    for job, times in Counter(jobs).items():
        if times > 1:
            raise UserError(f"{job.title} is asked for {times} times; name every method, dim and seed once")
    return jobs
