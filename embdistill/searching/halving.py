"""Successive halving: train all arms a little, drop the worse half, train the others on, and so on.

Source: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization", figure 1.
"""

from collections.abc import Callable, Sequence

from embdistill.progress import say
from embdistill.searching.arms import Arm
from embdistill.searching.jobs import Progress

FIRST_EPOCHS = 8  # of all arms; those that are left have twice as many each round
LEFT = 6  # arms that are trained to their end


def survivors(
    arms: Sequence[Arm], train: Callable[[list[tuple[Arm, Progress | None, int]]], list[Progress]], most_epochs: int
) -> list[tuple[Arm, Progress]]:
    """The best LEFT arms, trained until they no longer get better or have most_epochs; the best one first.

    train: trains arms on, from their progress, until they have so many epochs.
    """
    field, epochs = [(arm, None) for arm in arms], min(FIRST_EPOCHS, most_epochs)
    while True:
        last = len(field) <= LEFT or epochs >= most_epochs
        goal = most_epochs if last else epochs
        found = train([(arm, progress, goal) for arm, progress in field])
        field = [(arm, progress) for (arm, _), progress in zip(field, found, strict=True)]
        field.sort(key=lambda each: (each[1].best.dev_score, -each[1].best.dev_loss), reverse=True)
        best, score = field[0][0], field[0][1].best.dev_score
        say(f"{len(field)} candidates, {goal} epochs at most: the best is {best.title}, dev {score:.1f} %")
        field = field[: max(LEFT, len(field) // 2)]
        if last:
            return field
        epochs *= 2
