"""A whole search: teachers, the order of the words, rounds of training, images of the best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.holdout import SHARE, dev_size
from embdistill.data.prepare import Corpora
from embdistill.errors import UserError
from embdistill.export.budget import Candidate
from embdistill.model.choices import COMBINATIONS
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.progress import say
from embdistill.searching.arms import Limits, arms, fitting
from embdistill.searching.halving import survivors
from embdistill.searching.instructions import instructions, mean_text
from embdistill.searching.jobs import advance, finish, rank, refitted, teach
from embdistill.searching.pool import run_jobs
from embdistill.training.teachers import teacher_configs
from embdistill.training.warm_up import warm_up

LEAST_DEV = 50  # texts
REFERENCE = Config(method="encode", network="cnn", dim=16, filters=50)  # whose words are ranked


@dataclass(frozen=True)
class Found:
    """The most accurate model that fits: the candidate, its model and .edm image, trained on train and dev; the image
    with the scores of the candidate, trained without dev; instructions a text; and all candidates considered."""

    chosen: Candidate
    model: Model
    image: bytes
    image_without_dev: bytes
    instructions: int
    considered: list[Candidate]


def check_dev(corpora: Corpora) -> None:
    """UserError if dev, or what will be held out as dev, is too small to tell models apart."""
    texts = len(corpora.dev.examples) if corpora.dev else dev_size(len(corpora.data.examples))
    if texts < LEAST_DEV:
        problem = f"dev has {texts} texts, too few to tell models apart; the search needs {LEAST_DEV}"
        given = f"{round(LEAST_DEV / SHARE)} texts as --data, of which a tenth is held out"
        raise UserError(f"--flash: {problem}: give a longer --dev FILE, or {given}")


def search(dataset: Dataset, config: Config, configs: Sequence[Config], limits: Limits, workers: int) -> Found:
    """The most accurate model on dev that fits, among settings, each with as many words as it has room for.

    config: what the settings share (space.shared_settings). workers: processes. The test split is not read. UserError
    if nothing fits.
    """
    dataset = replace(dataset, test=None).with_dev(config.seed)
    text = mean_text(dataset.dev)
    configs = fitting(dataset, configs, limits, text)
    dataset, ranked = _taught_and_ranked(dataset, config, configs, workers)
    tried = arms(dataset, configs, limits, ranked)
    say(f"{len(tried)} candidates fit, with {_words(tried)} words")

    def train(jobs):
        return run_jobs([(advance, *job) for job in jobs], dataset, workers)

    best = survivors(tried, train, config.epochs)
    # A second model of each: the mean of two says more of their settings.
    others = [replace(arm, config=replace(arm.config, seed=(config.seed + 1) % 2**63)) for arm, _ in best]
    best += zip(others, train([(arm, None, config.epochs) for arm in others]), strict=True)
    typos = bool(config.correct or config.subwords)
    jobs = [(finish, arm, progress, limits.budget, typos) for arm, progress in best]
    finished = run_jobs(jobs, dataset, workers)
    considered = [candidate for each in finished for candidate in each.considered]
    fit = [(arm, each) for (arm, _), each in zip(best, finished, strict=True) if each.best]
    title = surest([(arm.title, each.best) for arm, each in fit], dataset.dev.packed.sentences)
    arm, first = next((arm, each) for arm, each in fit if arm.title == title)
    say(f"chosen: {arm.title}, dev {first.best.dev:.1f} %; it is trained again, on train and dev")
    ((image, model),) = run_jobs([(refitted, arm, first)], dataset, 1)
    return Found(first.best, model, image, first.image, instructions(model.network, text), considered)


def _taught_and_ranked(dataset, config, configs, workers) -> tuple[Dataset, np.ndarray]:
    """The dataset with the logits of the teachers, which all settings share, and the rows (n,) of its words, the most
    important ones first."""
    reference = replace(REFERENCE, seed=config.seed, epochs=config.epochs)
    taught = next((each for each in configs if each.parsed.has_teacher), None)
    teachers = teacher_configs(replace(config, method=taught.method)) if taught else []
    for each in {(each.network, each.method): each for each in [*configs, *teachers, reference]}.values():
        warm_up(dataset, each)  # before there are processes, which would all compile
    say(f"teachers: {len(teachers)}; what each of {len(dataset.vocabulary) - 1} words costs is measured")
    *found, ranked = run_jobs([*((teach, each) for each in teachers), (rank, reference)], dataset, workers)
    if not found:
        return dataset, ranked
    combine = COMBINATIONS[config.combine].load()
    train, dev = (combine(np.stack(logits)) if len(logits) > 1 else logits[0] for logits in zip(*found, strict=True))
    splits = {"train": replace(dataset.train, targets=train), "dev": replace(dataset.dev, targets=dev)}
    return replace(dataset, **splits), ranked


def surest(finished: list[tuple[str, Candidate]], texts: int) -> str:
    """The title to choose, of the best images of models, some of which differ in nothing but their seed and share it.

    Of those whose mean score is within one standard error, on so many dev texts, of the highest, the one with the
    lowest mean cross-entropy: that tells models apart whose scores on so few texts do not.
    """
    by_title = {title: [each for other, each in finished if other == title] for title, _ in finished}
    scores = {title: np.mean([each.score for each in own]) for title, own in by_title.items()}
    share = max(scores.values()) / 100
    least = 100 * (share - math.sqrt(share * (1 - share) / texts))
    equals = [title for title, score in scores.items() if score >= least]
    return min(equals, key=lambda title: np.mean([each.cross_entropy for each in by_title[title]]))


def _words(tried):
    counts = [len(arm.words) for arm in tried]
    fewest, most = min(counts), max(counts)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
