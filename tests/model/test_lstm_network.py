"""The lstm network alone: its gradients, and its logits against a recurrence written out for one sentence at a time."""

import numpy as np
import pytest

from conftest import JIT_DISABLED
from embdistill.data.packed import Packed
from embdistill.kernels.losses import cross_entropy
from embdistill.model.networks.lstm import Lstm
from embdistill.model.parameters import Parameters
from gradient_check import check

WORDS, DIM, CLASSES, UNITS, REACH = 6, 4, 3, 2, 2
SENTENCES = [[1, 2, 2, 5], [], [0], [5, 4, 3, 2, 1, 0, 1]]
LABELS = np.array([0, 2, 1, 1], np.int32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture(params=["last", "max"])
def pooling(request):
    return request.param


@pytest.fixture(params=[0, 3], ids=["words", "words and positions"])
def position_dim(request):
    return request.param


@pytest.fixture
def network(pooling, position_dim):
    return Lstm(DIM, CLASSES, UNITS, pooling, position_dim, REACH if position_dim else 0)


@pytest.fixture
def batch(rng, position_dim):
    lengths = [len(sentence) for sentence in SENTENCES]
    ids, offsets = np.array(sum(SENTENCES, []), np.int32), np.cumsum([0, *lengths]).astype(np.int64)
    if position_dim == 0:
        return Packed(ids, offsets)
    return Packed(ids, offsets, rng.integers(-REACH - 2, REACH + 3, (len(ids), 2)).astype(np.int32))


def parameters(network, rng, dtype=np.float64):
    """Random numbers everywhere: biases of zero would hide an error in them."""
    made = Parameters(network.shapes(), dtype)
    made.flat[:] = rng.normal(size=made.flat.shape)
    return made


@pytest.mark.parametrize("dropout", [0, 0.4])
def test_gradient(rng, network, batch, dropout):
    embeddings = rng.normal(size=(WORDS, DIM))
    made = parameters(network, rng)
    mask = (rng.random((len(SENTENCES), network.features)) >= dropout) / (1 - dropout) if dropout else None
    dlogits = np.empty((len(SENTENCES), CLASSES))

    def loss():
        logits, _ = network.forward(made.values, embeddings, batch, mask)
        return cross_entropy(dlogits, logits, LABELS, np.ones(len(LABELS)))

    made.flat_gradient[:] = np.nan  # the backward pass must write all of it, and add to none of it
    logits, backward = network.forward(made.values, embeddings, batch, mask)
    cross_entropy(dlogits, logits, LABELS, np.ones(len(LABELS)))
    dembeddings = backward(dlogits, made.gradients)
    check(embeddings, dembeddings, loss)
    check(made.flat, made.flat_gradient.copy(), loss)


def plain_logits(network, values, embeddings, batch):
    """One sentence and one step at a time, from vectors one behind the other; no code of ours."""
    weight = [values["lstm.weight"]]
    vectors = [embeddings[batch.ids]]
    if network.position_dim:
        for entity in (1, 2):
            weight.append(values[f"lstm.position{entity}"])
            rows = np.clip(batch.positions[:, entity - 1], -REACH, REACH) + REACH
            vectors.append(values[f"position{entity}.table"][rows])
    weight, vectors = np.hstack(weight), np.hstack(vectors)
    half = len(weight) // 2
    logits = []
    for start, end in zip(batch.offsets, batch.offsets[1:], strict=False):
        pooled = []
        for z, sentence in enumerate([vectors[start:end], vectors[start:end][::-1]]):
            h, c = np.zeros(UNITS), np.zeros(UNITS)
            states = [] if len(sentence) else [h]
            for x in sentence:
                part = slice(z * half, (z + 1) * half)
                sums = weight[part] @ x + values["lstm.bias"][part] + values["lstm.recurrent"][z] @ h
                i, o, f, g = np.split(sums, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
                states.append(h)
            pooled.append(states[-1] if network.pooling == "last" else np.max(states, axis=0))
        logits.append(values["output.weight"] @ np.concatenate(pooled) + values["output.bias"])
    return np.array(logits)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_are_those_of_a_plain_recurrence(rng, network, batch, dtype):
    embeddings = rng.normal(size=(WORDS, DIM)).astype(dtype)
    values = parameters(network, rng, dtype).values
    logits, _ = network.forward(values, embeddings, batch)
    assert logits.dtype == dtype
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(logits, plain_logits(network, values, embeddings, batch), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("sentences", [[], [[]], [[], []]], ids=str)
def test_batch_without_a_token(rng, pooling, sentences):
    network = Lstm(DIM, CLASSES, UNITS, pooling)
    made = parameters(network, rng)
    made.flat_gradient[:] = np.nan
    batch = Packed(np.empty(0, np.int32), np.zeros(len(sentences) + 1, np.int64))
    logits, backward = network.forward(made.values, np.empty((0, DIM)), batch)
    np.testing.assert_array_equal(logits, np.tile(made.values["output.bias"], (len(sentences), 1)))
    assert backward(np.ones_like(logits), made.gradients).shape == (0, DIM)
    for name, gradient in made.gradients.items():
        assert name == "output.bias" or not gradient.any(), name


def test_start(network, position_dim, rng):
    made = Parameters(network.shapes(), np.float64)
    made.flat[:] = np.nan
    network.initialise(made.values, rng)
    assert np.isfinite(made.flat).all()
    for gate in made.values["lstm.recurrent"].reshape(8, UNITS, UNITS):
        np.testing.assert_allclose(gate @ gate.T, np.eye(UNITS), atol=1e-12)
    np.testing.assert_array_equal(made.values["lstm.bias"].reshape(2, 4, UNITS)[:, :, 0], [[0, 0, 1, 0]] * 2)


def test_order_of_the_sentences_does_not_matter(rng, pooling):
    network = Lstm(DIM, CLASSES, UNITS, pooling)
    embeddings, values = rng.normal(size=(WORDS, DIM)), parameters(network, rng).values
    count = 10 if JIT_DISABLED else 100
    sentences = [rng.integers(0, WORDS, length).astype(np.int32) for length in rng.integers(0, 12, count)]

    def logits(order):
        ids = np.concatenate([sentences[b] for b in order])
        offsets = np.cumsum([0, *(len(sentences[b]) for b in order)]).astype(np.int64)
        return network.forward(values, embeddings, Packed(ids, offsets))[0]

    order = rng.permutation(count)
    np.testing.assert_allclose(logits(order), logits(range(count))[order], rtol=1e-12, atol=1e-12)
