"""A run that is stopped by a signal goes on amid its epoch, and ends as if nothing had been."""

import pytest

from embdistill import stopping
from embdistill.model.config import Config
from embdistill.training import checkpoint
from embdistill.training.experiment import run
from embdistill.training.learner import Learner
from training_helpers import SMALL


@pytest.mark.parametrize("method", ["encode", "large+finetune", "encode2+ensemble"])
@pytest.mark.parametrize("step", [4, 9, 17])
def test_a_run_stopped_between_two_steps_gives_the_same_bytes(dataset, tmp_path, monkeypatch, method, step):
    config = Config(method=method, word_dropout=0.5, **SMALL | {"epochs": 3, "batch": 6})
    whole = run(dataset, config).model.digest()
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    out, stops, loss = tmp_path / "run.h5", 0, Learner.loss
    for _ in range(6):
        steps = iter(range(1000))

        def stopped(self, *arguments, steps=steps, stops=stops):
            if next(steps) == step and stops < 5:
                stopping._asked = 15  # as the handler of SIGTERM does in a held block
            return loss(self, *arguments)

        monkeypatch.setattr(Learner, "loss", stopped)
        try:
            found = run(dataset, config, out, resume=stops > 0).model.digest()
            break
        except stopping.Stopped:
            stops += 1
        finally:
            stopping._asked = None
    assert found == whole and stops >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


def test_a_run_too_short_for_a_checkpoint_leaves_none(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "_asked", 15)
    with pytest.raises(stopping.Stopped):
        run(dataset, Config(**SMALL), tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []
