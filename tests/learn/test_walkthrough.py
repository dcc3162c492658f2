"""Every number of docs/learn/walkthrough.md, computed again by the kernels from those that the page says are given."""

import ast
import re
from types import SimpleNamespace

import numpy as np
import pytest

from embdistill.kernels.activations import RELU, TANH, activate_backward
from embdistill.kernels.adam import AdamStep, adam
from embdistill.kernels.batches import pick
from embdistill.kernels.dense import dense_backward, dense_forward
from embdistill.kernels.encode import encode_backward, encode_forward
from embdistill.kernels.losses import softmax
from embdistill.kernels.mean import mean_backward, mean_forward
from embdistill.model.choices import ACTIVATIONS
from embdistill.model.losses import soft_cross_entropy
from learn_helpers import LEARN

IDENTITY = ACTIVATIONS["identity"].load()
GIVEN = {"ids", "phi", "W", "b", "W1", "b1", "W2", "b2", "t"}
BLOCK = re.compile(r"<!-- \w+: benchmarks/programs/walkthrough.py -->\n```text\n(.*?)\n```\n<!-- end -->", re.DOTALL)
NUMBER = r"-?\d+(?:\.\d+)?"


def blocks():
    return [line for block in BLOCK.findall((LEARN / "walkthrough.md").read_text()) for line in block.splitlines()]


@pytest.fixture(scope="module")
def printed():
    """The arrays of the page by name."""
    arrays, rows = {}, None
    for line in blocks():
        if line.startswith("by hand"):
            continue
        name = re.match(r"(\w+) = ", line)
        if name:
            rows = arrays[name[1]] = []
        rows.append([float(number) for number in re.findall(rf"(?<=\s){NUMBER}", line)])
    return {name: np.array(rows) for name, rows in arrays.items()}


@pytest.fixture(scope="module")
def computed(printed):
    """The same by the kernels, from those in GIVEN."""
    phi, W, W1, W2, teacher = (printed[name].copy() for name in ("phi", "W", "W1", "W2", "t"))
    b, b1, b2 = (printed[name][0].copy() for name in ("b", "b1", "b2"))
    ids, label = printed["ids"][0].astype(np.int32), np.zeros(1, np.int32)
    offsets = np.array([0, len(ids)])
    words, places, picked = np.empty(len(ids), np.int32), np.empty(len(ids), np.int32), np.empty(2, np.int64)
    words = words[: pick(words, places, picked, np.full(len(phi), -1, np.int32), ids, offsets, np.zeros(1, np.int64))]
    found = {"words": words, "places": places, "A": np.bincount(places) / len(ids)}

    U, (H, d), C, D = len(words), W1.shape, len(W2), phi.shape[1]
    a, e, table, large = np.empty((U, d)), np.empty((U, d)), np.empty((len(phi), d)), np.empty((U, D))
    encode_forward(a, large, phi, words, W, b, IDENTITY, 1)
    encode_forward(e, large, phi, words, W, b, TANH, 1)
    m, c, h, z = np.empty((1, d)), np.empty((1, H)), np.empty((1, H)), np.empty((1, C))
    mean_forward(m, e, places, offsets)
    dense_forward(c, m, W1, b1, IDENTITY)
    dense_forward(h, m, W1, b1, RELU)
    dense_forward(z, h, W2, b2, IDENTITY)
    q, q_T, t_T, dz = (np.empty((1, C)) for _ in range(4))
    for out, logits in ((q, z), (q_T, z / 2), (t_T, teacher / 2)):
        softmax(out, logits)
    settings = SimpleNamespace(mixing=0.5, temperature=2.0)
    loss = soft_cross_entropy(dz, z, label, np.ones(1), teacher, settings)
    found |= {"a": a, "e": e, "m": m, "c": c, "h": h, "z": z, "q": q, "q_T": q_T, "t_T": t_T, "loss": loss, "dz": dz}

    dh, dW2, db2, dm, dW1, db1 = map(np.empty_like, (h, W2, b2, m, W1, b1))
    dense_backward(dh, dW2, db2, dz.copy(), z, h, W2, IDENTITY)
    dc = dh.copy()
    dense_backward(dm, dW1, db1, dc, h, m, W1, RELU)  # leaves in dc what passed through ReLU
    de, dW, db = map(np.empty_like, (e, W, b))
    mean_backward(de, dm, places, offsets)
    da = de.copy()
    activate_backward(da, e, TANH)
    encode_backward(dW, db, de, e, large, TANH, 1)
    found |= {"dW2": dW2, "db2": db2, "dh": dh, "dc": dc, "dW1": dW1, "db1": db1, "dm": dm}
    found |= {"de": de, "da": da, "dW": dW, "db": db}

    everyone, all_large = np.arange(len(phi), dtype=np.int32), np.empty_like(phi)
    encode_forward(table, all_large, phi, everyone, W, b, TANH, 1)
    found["table_before"] = table.copy()
    for values, gradient in ((W, dW), (b, db)):
        values = values.reshape(-1)
        adam(
            values,
            np.zeros_like(values),
            np.zeros_like(values),
            gradient.reshape(-1),
            AdamStep(1, 0.1, 0.9, 0.999, 1e-8),
        )
    encode_forward(table, all_large, phi, everyone, W, b, TANH, 1)
    return found | {"W_after": W, "b_after": b, "table": table}


def test_every_number_is_what_the_kernels_compute(printed, computed):
    assert set(printed) == set(computed) | GIVEN
    for name, values in computed.items():
        np.testing.assert_allclose(printed[name], np.atleast_2d(values), rtol=0, atol=0.51e-4, err_msg=name)


def test_what_is_reckoned_by_hand(printed):
    lines = [line for line in blocks() if line.startswith("by hand")]
    assert len(lines) >= 7
    for line in lines:
        name, *_, term, value = re.split(r": | = |\[", line.replace("by hand: ", "", 1))
        body = ast.parse(term.replace("tanh", "").replace("×", "*").replace("²", "**2"), mode="eval")
        reckoned = eval(compile(body, "page", "eval"))
        reckoned = np.tanh(reckoned) if "tanh" in term else reckoned
        assert reckoned == pytest.approx(float(value), abs=2e-4), line
        assert float(value) in printed[name], line


def test_no_number_is_typed_by_hand():
    prose = BLOCK.sub("", (LEARN / "walkthrough.md").read_text())
    assert set(re.findall(r"\d+\.\d+", prose)) == {"0.5", "0.1"}  # alpha, and the learning rate
