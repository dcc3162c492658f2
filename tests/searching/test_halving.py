"""Successive halving: who is dropped, and that nobody starts anew."""

from embdistill.model.config import Config
from embdistill.searching.arms import Arm
from embdistill.searching.halving import FIRST_EPOCHS, LEFT, survivors
from embdistill.searching.jobs import Progress
from embdistill.training.loop import Epoch


class Trainer:
    """Gives arm i a score that grows with i and its epochs; keeps what it was asked for."""

    def __init__(self):
        self.rounds = []

    def __call__(self, jobs):
        self.rounds.append(jobs)
        return [self.trained(*job) for job in jobs]

    def trained(self, arm, progress, epochs):
        done = list(progress.history) if progress else []
        new = [self.epoch(number, arm.config.seed) for number in range(len(done) + 1, epochs + 1)]
        return Progress(done + new, {}, {})

    def epoch(self, number, quality):
        return Epoch(number, 0.0, 0.0, 0.0, 0.0, quality + number / 1000)


def arms(count):
    return [Arm(Config(network="mean", seed=seed), None) for seed in range(count)]


def test_the_worse_half_is_dropped_until_few_are_left():
    train = Trainer()
    found = survivors(arms(40), train, 100)
    assert [len(jobs) for jobs in train.rounds] == [40, 20, 10, LEFT]
    assert [{epochs for *_, epochs in jobs} for jobs in train.rounds] == [
        {FIRST_EPOCHS}, {2 * FIRST_EPOCHS}, {4 * FIRST_EPOCHS}, {100}
    ]  # fmt: skip
    assert [arm.config.seed for arm, _ in found] == [39, 38, 37, 36, 35, 34]


def test_survivors_go_on_from_where_they_were():
    train = Trainer()
    found = survivors(arms(20), train, 100)
    before = {arm.config.seed: progress for arm, progress, _ in train.rounds[1]}
    assert all(len(progress.history) == FIRST_EPOCHS for progress in before.values())
    assert [epoch.number for epoch in found[0][1].history] == [*range(1, 101)]


def test_few_arms_are_trained_to_their_end_at_once():
    train = Trainer()
    assert len(survivors(arms(LEFT), train, 100)) == LEFT
    assert [epochs for *_, epochs in train.rounds[0]] == [100] * LEFT and len(train.rounds) == 1


def test_the_most_epochs_end_it():
    train = Trainer()
    survivors(arms(20), train, 3)
    assert [{epochs for *_, epochs in jobs} for jobs in train.rounds] == [{3}]
