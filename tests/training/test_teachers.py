"""Teachers: trained on the spot, given, and kept."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import put
from embdistill.data.prepare import prepare
from embdistill.errors import UserError
from embdistill.model.choices import COMBINATIONS
from embdistill.storage.arrays import load_arrays
from embdistill.training import checkpoint, stages
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.experiment import run
from embdistill.training.learner import Learner
from embdistill.training.loop import fit
from embdistill.training.teachers import SEED_STEP, given_logits, teacher_configs, teacher_logits
from training_helpers import config


def test_teachers_on_the_spot():
    settings = config("encode+ensemble", network="cnn", teachers=3, teacher_networks="cnn,mean", dim=3, seed=7)
    made = teacher_configs(settings)
    assert [teacher.network for teacher in made] == ["cnn", "mean", "cnn"]
    assert [teacher.seed for teacher in made] == [7, 7 + SEED_STEP, 7 + 2 * SEED_STEP]
    assert {teacher.method for teacher in made} == {"large"} and {teacher.filters for teacher in made} == {4}
    assert teacher_configs(replace(settings, method="encode+soft")) == made[:1]
    assert teacher_configs(replace(settings, seed=2**63 - 1))[1].seed == SEED_STEP - 1


@pytest.mark.parametrize("match", ["soft", "logits"])
def test_a_given_teacher_is_as_good_as_one_trained_on_the_spot(dataset, teacher, match):
    settings = config(f"encode+{match}")
    trained, _ = teacher_logits(dataset, settings, Checkpoint(None, {}), (), None)
    (logits,) = given_logits([teacher], dataset, settings)
    np.testing.assert_array_equal(logits, trained)
    given = run(dataset, settings, teachers=[teacher])
    assert given.model.digest() == run(dataset, settings).model.digest()
    assert given.record["seconds"]["teachers"] == 0
    assert [file["path"] for file in given.model.about["inputs"] if file["role"] == "teacher"] == [str(teacher)]


def test_several_given_teachers_are_combined(dataset, teacher, tmp_path):
    run(dataset, config("large", seed=9), tmp_path / "other.h5")
    paths = [teacher, tmp_path / "other.h5"]
    for name, combination in COMBINATIONS.items():
        settings = config("encode+ensemble", combine=name)
        expected = combination.load()(np.stack(given_logits(paths, dataset, settings)))
        combined, seconds = teacher_logits(dataset, settings, Checkpoint(None, {}), paths, None)
        np.testing.assert_array_equal(combined, expected)
        assert seconds == 0
        run(dataset, settings, teachers=paths)


def test_a_teacher_that_does_not_fit_is_refused(dataset, teacher, few_texts, few_vectors, marked, tmp_path):
    other = tmp_path / "classes.txt"
    other.write_text(few_texts.read_text().replace("__label__music", "__label__noise"))
    settings = config("encode+soft")
    whole = config("encode+soft", split="whitespace")
    cases = [
        (prepare(other, None, None, few_vectors, settings), settings, "a teacher of other classes"),
        (prepare(few_texts, None, None, few_vectors, settings, listed={"word40"}), settings, "of another vocabulary"),
        (prepare(marked, None, None, few_vectors, settings), config("encode+soft", network="cnn"), "of another task"),
        (prepare(few_texts, None, few_texts, few_vectors, whole), whole, "texts are split otherwise"),
    ]
    for other_task, its, said in cases:
        with pytest.raises(UserError, match=f"^{teacher}: .*{said}"):
            run(other_task, its, tmp_path / "run.h5", teachers=[teacher])
    with pytest.raises(UserError, match="2 teachers are an ensemble"):
        run(dataset, settings, tmp_path / "run.h5", teachers=[teacher, teacher])
    with pytest.raises(UserError, match="method encode matches labels alone"):
        run(dataset, config("encode"), tmp_path / "run.h5", teachers=[teacher])
    assert not (tmp_path / "run.h5").exists()


def test_outputs_of_teachers_are_computed_once_and_without_dropout(dataset, monkeypatch):
    calls, plain = [], Learner.logits
    sentences = dataset.train.packed.sentences

    def counted(self, packed):
        result = plain(self, packed)
        if packed.sentences == sentences:
            calls.append(self.config.method)
            assert plain(self, packed).tobytes() == result.tobytes()
        return result

    monkeypatch.setattr(Learner, "logits", counted)
    run(dataset, config("encode+ensemble", dropout=0.5, epochs=3))
    assert calls == ["large", "large"]


def test_a_cache_of_teachers_changes_no_weight(dataset, tmp_path, monkeypatch):
    settings = config("encode2+logits+ensemble")
    plain = run(dataset, settings).model.digest()
    assert run(dataset, settings, cache=tmp_path).model.digest() == plain
    assert len(list(tmp_path.glob("*.h5"))) == 2
    fitted = []
    monkeypatch.setattr(
        stages, "fit", lambda learner, *rest: (fitted.append(learner.config.method), fit(learner, *rest))
    )
    again = run(dataset, settings, cache=tmp_path)
    assert again.model.digest() == plain and fitted == [settings.method]
    assert again.record["seconds"]["teachers"] > 0
    # Nor is a teacher another one where its student reads unknown words.
    frequent = replace(dataset, frequent_words=["unmet"], frequent_vectors=np.ones((1, 8), np.float32))
    run(frequent, replace(settings, subwords=8, spellings=1), cache=tmp_path)
    assert fitted == [settings.method] * 2


def test_a_damaged_teacher_in_the_cache_is_trained_again(dataset, tmp_path):
    settings = config("encode+soft")
    plain = run(dataset, settings, cache=tmp_path).model.digest()
    (kept,) = tmp_path.glob("*.h5")
    sound = kept.read_bytes()
    whole = put(tmp_path, sound, "whole")
    for damaged in (sound[:-1], b"", sound[:600] + b"x" + sound[601:]):
        kept.write_bytes(damaged)
        assert run(dataset, settings, cache=tmp_path).model.digest() == plain
        logits = load_arrays(kept, "teacher")[0]["teacher"]["logits"]
        assert (logits == load_arrays(whole, "teacher")[0]["teacher"]["logits"]).all()


def test_a_large_run_is_no_cached_teacher_of_another_network(dataset, tmp_path):
    settings = dict(network="mean", teacher_networks="cnn")
    plain = run(dataset, config("encode+soft", **settings)).model.digest()
    run(dataset, config("large", **settings), cache=tmp_path)
    assert run(dataset, config("encode+soft", **settings), cache=tmp_path).model.digest() == plain


def test_resume_with_another_teacher_under_the_same_name_is_refused(dataset, teacher, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    given = tmp_path / "teacher.h5"
    given.write_bytes(teacher.read_bytes())
    run(dataset, config("encode+soft"), tmp_path / "run.h5", teachers=[given])
    monkeypatch.undo()
    run(dataset, config("large", seed=3), given)
    with pytest.raises(UserError, match="made with other files or settings"):
        run(dataset, config("encode+soft"), tmp_path / "run.h5", resume=True, teachers=[given])


def test_a_teacher_that_does_not_fit_on_the_command_line(refused, few_texts, few_vectors, teacher):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--vocab", few_vectors, "--network", "mean"]
    problem = refused(*words, "--method", "soft", "--teacher", teacher)
    assert problem.startswith(f"{teacher}: a teacher of another vocabulary")
