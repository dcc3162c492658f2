"""Methods whose table is made of codes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from conftest import JIT_DISABLED
from embdistill import load
from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.model.choices import CODES
from embdistill.model.config import Config
from embdistill.model.tables import CodedTable
from embdistill.training import experiment
from embdistill.training.learner import build_learner, code_tuner, fine_tuner
from training_helpers import config, trained


def bytes_of(codes, words, dim):
    """Of a table (words, dim), by hand: docs/method.md."""
    common = min(words, 256)
    if codes == "pq":
        blocks = (dim + 1) // 2
        return words * (blocks + 1) + 2 * 2 * blocks * common + 4 * common
    terms = min(max(1, dim // 4), common)
    return (words - common) * (2 * terms + 1) + common * (2 * dim + 4) + 4


@pytest.fixture(scope="module")
def trec(data):
    """A function from a method to its run on TREC, d = 50, and the dataset."""
    train, sizes = ("test.label", dict(filters=3, epochs=1)) if JIT_DISABLED else ("train.label", dict(epochs=4))
    settings = Config(subwords=0, **sizes)
    files = (data / "trec" / train, None, data / "trec" / "test.label", data / "vectors" / "vectors.300d.txt.gz")
    dataset = prepare(*files, settings).with_dev(0)
    return lambda method: experiment.run(dataset, replace(settings, method=method)), dataset


@pytest.fixture(scope="module")
def trec_encode(trec):
    return trec[0]("encode")


@pytest.mark.parametrize("codes", CODES)
def test_codes_of_trec_are_small_and_nearly_as_accurate(trec, trec_encode, codes):
    run, dataset = trec
    found, words = run(f"encode+{codes}"), len(dataset.vocabulary)
    assert trec_encode.record["bytes"]["table"] == 4 * 50 * words
    assert found.record["bytes"]["table"] == bytes_of(codes, words, 50)
    saved = trec_encode.record["bytes"]["table"] - found.record["bytes"]["table"]
    assert found.record["bytes"]["total"] == trec_encode.record["bytes"]["total"] - saved
    lost = np.linalg.norm(found.model.table - trec_encode.model.table) / np.linalg.norm(trec_encode.model.table)
    assert 0.01 < lost < {"pq": 0.1, "sparse": 0.3}[codes]
    for split in [] if JIT_DISABLED else ["dev", "test"]:
        assert found.record[split]["accuracy"] > trec_encode.record[split]["accuracy"] - 2


@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("before", ["direct", "encode", "direct+finetune"])
def test_codes_stay_and_the_network_is_trained_on(dataset, codes, before):
    settings = config(f"{before}+{codes}", finetune_rate=0.01)
    learner, _ = trained(dataset, settings)
    if "finetune" in before:
        learner = fine_tuner(learner, settings)
    counts = np.bincount(dataset.train.packed.ids, minlength=len(dataset.vocabulary))
    coded = code_tuner(learner, counts, settings)
    assert isinstance(coded.table, CodedTable) and coded.adam.rate == 0.01
    for name in learner.network.shapes():
        np.testing.assert_array_equal(coded.parameters.values[name], learner.parameters.values[name])
    np.testing.assert_allclose(coded.fold(), learner.fold(), atol=2e-3)  # few enough words for all to be kept
    table = coded.fold().copy()
    coded.epoch(dataset.train, 8)
    np.testing.assert_array_equal(coded.fold(), table)
    assert not np.array_equal(coded.parameters.values["hidden.weight"], learner.parameters.values["hidden.weight"])


@pytest.mark.parametrize("codes", CODES)
def test_the_network_is_trained_on_even_if_dev_was_better_without_codes(dataset, codes):
    settings = dict(epochs=1, finetune_rate=5.0)
    plain, found = (experiment.run(dataset, config(method, **settings)) for method in ("encode", f"encode+{codes}"))
    assert plain.model.about["history"][-1]["dev_loss"] < found.model.about["history"][-1]["dev_loss"]
    assert not np.array_equal(plain.model.values["hidden.weight"], found.model.values["hidden.weight"])


def test_the_seed_decides(rng):
    settings = config("direct+pq")
    learner = build_learner(rng.normal(size=(1000, 8)).astype(np.float32), 2, settings)
    learner.table.values[:] = rng.normal(size=(1000, 4))
    tables = [code_tuner(learner, np.ones(1000, np.int64), replace(settings, seed=seed)).fold() for seed in (0, 0, 1)]
    assert np.array_equal(*tables[:2]) and not np.array_equal(*tables[1:])


@pytest.mark.parametrize("codes", CODES)
def test_a_run_with_one_word(write, tmp_path, capsys, codes):
    lines = [f"__label__{label} {text}\n" for label in "ab" for text in ("lamp", "lamp x")] * 5
    texts, vectors, out = (
        write("".join(lines), "texts.txt"),
        write("lamp 0.5 -1 2\n", "vectors.txt"),
        tmp_path / "run.h5",
    )
    words = [
        "--method",
        f"encode+{codes}",
        "--dim",
        "3",
        "--network",
        "mean",
        "--epochs",
        "2",
        "--finetune-rate",
        "0.1",
    ]
    words += ["--out", str(out)]
    assert main(["train", "--data", str(texts), "--vectors", str(vectors), *words]) == 0
    assert load(out).table.shape == (2, 3) and "not used" not in capsys.readouterr().err


@pytest.mark.parametrize("codes", CODES)
def test_exports_hold_what_the_codes_decode_to(few_texts, few_vectors, tmp_path, capsys, codes):
    run, asked = tmp_path / "run.h5", ["turn the lamp on", "play that song", "", "zzz"]
    files = ["--data", str(few_texts), "--vectors", str(few_vectors), "--out", str(run)]
    settings = ["--method", f"encode+{codes}", "--dim", "5", "--epochs", "2", "--filters", "4", "--subwords", "0"]
    assert main(["train", *files, *settings, "--json"]) == 0
    stdout, stderr = capsys.readouterr()
    record, model = json.loads(stdout.splitlines()[-1]), load(run)
    assert stderr.endswith("neither it nor its exports are smaller for codes\n")
    assert record["method"] == f"encode+{codes}"
    assert record["bytes"]["table"] == bytes_of(codes, len(model.vocabulary), 5)
    assert model.bytes["table"] == model.table.nbytes == 4 * 5 * len(model.vocabulary)
    for dtype, near in (("float32", 1e-5), ("int8", 0.1)):
        out = tmp_path / f"{dtype}.edm"
        assert main(["export", str(run), "--to", "edm", "--dtype", dtype, "--out", str(out)]) == 0
        np.testing.assert_allclose(load(out).predict_proba(asked), model.predict_proba(asked), atol=near)
    for to in ("c", "onnx", "word2vec"):
        assert main(["export", str(run), "--to", to, "--out", str(tmp_path / to)]) == 0
