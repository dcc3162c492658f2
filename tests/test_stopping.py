"""Signals end a process in order: at once, or at the end of a step."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from embdistill import stopping

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send itself such signals")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def handled():
    before = [signal.getsignal(number) for number in SIGNALS]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with stopping.ending_in_order():
        yield
    assert [signal.getsignal(number) for number in SIGNALS] == [signal.default_int_handler, *before[1:]]
    signal.signal(signal.SIGINT, before[0])


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_stopped(number):
    with pytest.raises(stopping.Stopped, match=number.name) as caught:
        os.kill(os.getpid(), number)
    assert caught.value.number == number


def test_in_a_held_block_it_waits_for_the_end():
    done = False
    with pytest.raises(stopping.Stopped), stopping.held(), stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        done = True
    assert done


def test_or_for_a_check():
    done = False
    with stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(stopping.Stopped):
            stopping.check()
        done = True
        with pytest.raises(KeyboardInterrupt) as caught:
            os.kill(os.getpid(), signal.SIGINT)  # who asks twice does not wait
        assert not isinstance(caught.value, stopping.Stopped)
        stopping._asked = None
    assert done


def test_what_is_unwanted_stops_at_a_check():
    unwanted = False
    with stopping.once(lambda: unwanted):
        stopping.check()
        unwanted = True
        with pytest.raises(stopping.Stopped):
            stopping.check()
    stopping.check()


def test_an_error_in_a_held_block_is_not_replaced():
    with pytest.raises(ValueError, match="made up"), stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        raise ValueError("made up")


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    with stopping.ending_in_order():
        os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)


def test_in_another_thread_nothing_is_done():
    before = [signal.getsignal(number) for number in SIGNALS]

    def inside():
        with stopping.ending_in_order():
            return [signal.getsignal(number) for number in SIGNALS]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == before
