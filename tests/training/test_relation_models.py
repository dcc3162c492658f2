"""Models of relations, from training to prediction."""

import numpy as np
import pytest

from embdistill import load
from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.model import metrics
from embdistill.model.config import Config
from embdistill.training.experiment import run
from embdistill.training.learner import build_learner
from embdistill.training.loop import fit
from training_helpers import RELATIONS, SENTENCES, config


def test_relations_need_a_network_with_positions(refused, marked, few_vectors):
    problem = refused("train", "--data", marked, "--vectors", few_vectors, "--network", "mean")
    assert problem.startswith("--network mean: cannot tell where the entities are; use cnn or lstm")


@pytest.fixture(scope="module")
def relation_run(marked, few_vectors, tmp_path_factory):
    path = tmp_path_factory.mktemp("relations") / "run.h5"
    settings = config("encode+soft+finetune", network="cnn", position_dim=2)
    run(prepare(marked, None, marked, few_vectors, settings), settings, path)
    return path


def test_texts_without_marks_are_refused_with_their_line(refused, relation_run, tmp_path, few_texts, marked, teacher):
    (tmp_path / "input.txt").write_text(SENTENCES[0] + "\n" + SENTENCES[1] + "\nno mark at all\n")
    assert refused("predict", relation_run, "--input", "input.txt").startswith("input.txt:3: no <e1>; mark two")
    (tmp_path / "input.txt").write_text(SENTENCES[0] + "\n\n")
    assert refused("predict", relation_run, "--input", "input.txt").startswith("input.txt:2: no <e1>")
    assert refused("evaluate", relation_run, "--data", few_texts).startswith(f"{few_texts}: of another kind")
    assert refused("evaluate", teacher, "--data", marked).startswith(f"{marked}: of another kind")
    (tmp_path / "bad.txt").write_text(marked.read_text().replace("<e1>lamp", "lamp", 1))
    assert refused("evaluate", relation_run, "--data", "bad.txt").startswith("bad.txt:1: no <e1>")


def test_predict_of_relations(relation_run, tmp_path, capsys):
    (tmp_path / "input.txt").write_text("\n".join(SENTENCES))
    assert main(["predict", str(relation_run), "--input", str(tmp_path / "input.txt")]) == 0
    labels = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == load(relation_run).predict(SENTENCES) and set(labels) <= set(RELATIONS)


@pytest.mark.parametrize("network", ["cnn", "lstm"])
def test_semeval(data, tmp_path, capsys, network):
    folder, blocks = data / "semeval2010_task8", 400
    lines = (folder / "TRAIN_FILE.TXT").read_text("latin-1").splitlines(keepends=True)[: 4 * blocks]
    (tmp_path / "train.txt").write_text("".join(lines), "latin-1")
    test = folder / "TEST_FILE_FULL.TXT"
    known = {line.strip() for line in lines[1::4]}
    held = test.read_text("latin-1").splitlines(keepends=True)
    blocks = [held[i : i + 4] for i in range(0, len(held), 4)]
    blocks = [block for block in blocks if len(block) > 1 and block[1].strip() in known]
    (tmp_path / "test.txt").write_text("".join(sum(blocks, [])), "latin-1")
    sizes = {"dim": 5, "filters": 4, "units": 4, "position_dim": 3, "epochs": 2}
    settings = Config(network=network, **sizes, correct=False, subwords=0)  # so that row 0 stands for unknown words
    vectors = data / "vectors" / "vectors.300d.txt.gz"
    dataset = prepare(tmp_path / "train.txt", None, tmp_path / "test.txt", vectors, settings).with_dev(0)
    assert dataset.relations and dataset.test.packed.sentences == len(blocks) >= 2600
    finished = run(dataset, settings, tmp_path / "run.h5")
    learner = build_learner(dataset.vectors, len(dataset.labels), settings, relations=True)
    fit(learner, dataset.train, dataset.dev, [], lambda *_: None, lambda _: None)
    embeddings, _ = learner.table.forward(learner.parameters.values, np.arange(len(dataset.vocabulary), dtype=np.int32))
    unfolded, _ = learner.network.forward(learner.parameters.values, embeddings, dataset.test.packed)
    folded = load(tmp_path / "run.h5").logits(dataset.test.packed)
    np.testing.assert_allclose(folded, unfolded, rtol=0, atol=1e-5)
    counts = metrics.count(dataset.test.labels, folded.argmax(axis=1), len(dataset.labels))
    assert finished.record["test"]["official_f1"] == metrics.relation_f1(dataset.labels, counts)
    texts = [example[0].split("\t")[1].strip()[1:-1] for example in blocks[:5]]
    (tmp_path / "input.txt").write_text("\n".join(texts) + "\n")
    assert main(["predict", str(tmp_path / "run.h5"), "--input", str(tmp_path / "input.txt")]) == 0
    said = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == [dataset.labels[c] for c in folded[:5].argmax(axis=1)]
