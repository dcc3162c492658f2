"""When work is shared among threads: as long as that is faster, and never beyond what was given."""

from itertools import pairwise

import pytest

from embdistill.kernels.machine import pieces, threads


class Clock:
    """Time as a step takes it: so many seconds shared, one second alone."""

    def __init__(self):
        self.now, self.shared_seconds = 0.0, 0.6

    def perf_counter(self):
        return self.now

    def steps(self, pace, count):
        """Which of so many steps were shared."""
        shared = []
        for _ in range(count):
            with pace.step(tokens=10):
                shared.append(pieces.sharing)
                self.now += self.shared_seconds if pieces.sharing else 1.0
        return shared


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(threads, "_given", 2)
    monkeypatch.setattr(pieces, "sharing", True)
    clock = Clock()
    monkeypatch.setattr(threads, "time", clock)
    return clock


def test_the_first_steps_are_done_alone_and_the_others_shared(clock):
    assert clock.steps(threads.Pace(), 50) == [False] * 3 + [True] * 47


def test_sharing_that_is_slower_is_tried_ever_more_seldom(clock):
    clock.shared_seconds = 30
    shared = clock.steps(threads.Pace(), 2000)
    tries = [i for i in range(1, 2000) if shared[i] and not shared[i - 1]]
    assert sum(shared) == 3 * len(tries)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == [35, 67, 131, 259, 515]


def test_sharing_comes_back_when_it_is_faster_again(clock):
    pace = threads.Pace()
    clock.shared_seconds = 30
    clock.steps(pace, 10)
    clock.shared_seconds = 0.6
    assert all(clock.steps(pace, 200)[-100:])


def test_one_slow_step_changes_nothing(clock):
    pace = threads.Pace()
    clock.steps(pace, 10)
    clock.shared_seconds = 30
    clock.steps(pace, 2)
    clock.shared_seconds = 0.6
    assert all(clock.steps(pace, 20))


def test_sharing_that_has_lasted_is_missed_for_a_short_while_only(clock):
    pace = threads.Pace()
    for _ in range(9):  # now and then, another program takes the cores for a moment
        clock.shared_seconds = 0.6
        clock.steps(pace, 120)
        clock.shared_seconds = 30
        clock.steps(pace, 3)
    clock.shared_seconds = 0.6
    assert clock.steps(pace, 40)[-8:] == [True] * 8


def test_one_thread_shares_nothing(clock, monkeypatch):
    monkeypatch.setattr(threads, "_given", 1)
    monkeypatch.setattr(pieces, "sharing", False)
    assert not any(clock.steps(threads.Pace(), 50))


def test_a_step_that_fails_says_why(clock):
    with pytest.raises(ZeroDivisionError), threads.Pace().step(tokens=10):
        1 / 0  # noqa: B018
