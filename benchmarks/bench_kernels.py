"""Every kernel at the size of one training batch of 50 questions: 500 tokens, 250 distinct words, d = 50.

Run: pytest benchmarks/bench_kernels.py; with --benchmark-autosave to keep the figures, and with --benchmark-compare to
see them beside those kept last.
"""

import numba
import numpy as np
import pytest

import naive
from embdistill.kernels import (
    adam,
    batches,
    conv,
    dense,
    dropout,
    encode,
    gather,
    lstm,
    matching,
    matmul,
    pool,
    softmax,
)
from embdistill.kernels.machine import pieces as cut

V, U, N, B, D, d, H, C = 8000, 250, 500, 50, 300, 50, 100, 6
WIDTHS = (3, 4, 5)
ADAM = (10, 0.001, 0.9, 0.999, 1e-8)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def packed(rng):
    """ids (N,) of U words, and offsets of B sentences of 1 to 19 tokens."""
    cuts = np.sort(rng.choice(np.arange(1, N), B - 1, replace=False))
    return rng.integers(0, U, N).astype(np.int32), np.array([0, *cuts, N], np.int64)


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def close(comp, ref):
    np.testing.assert_allclose(comp, ref, rtol=1e-4, atol=1e-5)


def timed(benchmark, kernel, *arguments, flops=0, idle=0):
    """Time a kernel. flops: of its products; idle: bytes of its arrays that it does not touch (see conftest.py)."""
    benchmark.group = kernel.__module__.rpartition(".")[2]
    benchmark.extra_info["flops"] = int(flops)
    benchmark.extra_info["bytes"] = sum(a.nbytes for a in arguments if isinstance(a, np.ndarray)) - idle
    benchmark(kernel, *arguments)


def test_pick(benchmark, packed, rng):
    ids, offsets = packed
    order, words, local = rng.permutation(B), np.empty(N, np.int32), np.empty(N, np.int32)
    picked, counts = np.empty(B + 1, np.int64), np.empty(1, np.int64)
    arguments = (words, local, picked, counts, np.full(V, -1, np.int32), ids, offsets, order, B)
    batches.pick(*arguments)
    for comp, ref in zip((words[: counts[0]], local, picked), naive.pick(ids, offsets, order), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, batches.pick, *arguments)


def test_gather_rows(benchmark, rng):
    table, rows, out = normal(rng, V, D), rng.integers(0, V, U).astype(np.int32), np.empty((U, D), np.float32)
    gather.gather_rows(out, table, rows)
    np.testing.assert_array_equal(out, table[rows])
    timed(benchmark, gather.gather_rows, out, table, rows, idle=table.nbytes - out.nbytes)


@pytest.fixture(params=[(False, 1), (False, 2), (True, 2)], ids=["1 piece", "2 pieces", "2 pieces, 2 threads"])
def pieces(request, monkeypatch):
    """Into how many pieces a product is cut; they are shared among threads where the name says so."""
    monkeypatch.setattr(cut, "sharing", request.param[0])
    numba.set_num_threads(2 if request.param[0] else 1)
    return request.param[1]


def test_matmul(benchmark, rng, pieces):
    a, b, out = normal(rng, U, 2 * 4 * H), normal(rng, 2 * 4 * H, d), np.empty((U, d), np.float32)
    matmul.matmul(out, a, b, pieces)
    close(out[:3], naive.matmul(a[:3], b))
    timed(benchmark, matmul.matmul, out, a, b, pieces, flops=2 * a.size * b.shape[1])


def test_matmul_transposed(benchmark, rng, pieces):
    a, b, out = normal(rng, U, d), normal(rng, H * sum(WIDTHS), d), np.empty((U, H * sum(WIDTHS)), np.float32)
    matmul.matmul_transposed(out, a, b, pieces)
    close(out[:3], naive.matmul(a[:3], b.T))
    timed(benchmark, matmul.matmul_transposed, out, a, b, pieces, flops=2 * a.size * b.shape[0])


def test_gather_matmul(benchmark, rng, pieces):
    table, rows, weight = normal(rng, V, D), rng.integers(0, V, U).astype(np.int32), normal(rng, d, D)
    product, out = np.empty((U, d), np.float32), np.empty((U, D), np.float32)
    arguments = (product, out, table, rows, weight, pieces)
    gather.gather_matmul(*arguments)
    np.testing.assert_array_equal(out, table[rows])
    close(product[:3], naive.matmul(table[rows[:3]], weight.T))
    timed(benchmark, gather.gather_matmul, *arguments, flops=2 * U * weight.size, idle=table.nbytes - out.nbytes)


def test_transposed_matmul(benchmark, rng, pieces):
    a, b, out = normal(rng, U, d), normal(rng, U, D), np.empty((d, D), np.float32)
    matmul.transposed_matmul(out, a, b, pieces)
    close(out[:3], naive.matmul(a.T[:3], b))
    timed(benchmark, matmul.transposed_matmul, out, a, b, pieces, flops=2 * a.size * b.shape[1])


@pytest.mark.parametrize("layer", ["bias_tanh", "bias_identity"])
def test_encoding_layer(benchmark, rng, layer):
    product, bias = normal(rng, U, d), normal(rng, d)
    out, kernel = product.copy(), getattr(encode, layer)
    kernel(out, bias)
    close(out, getattr(naive, layer)(product, bias))
    timed(benchmark, kernel, out, bias)


@pytest.mark.parametrize("layer", ["bias_tanh_backward", "bias_identity_backward"])
def test_encoding_layer_backward(benchmark, rng, layer):
    dencoded, encoded = normal(rng, U, d), np.tanh(normal(rng, U, d))
    dproduct, dbias, kernel = dencoded.copy(), np.empty(d, np.float32), getattr(encode, layer)
    kernel(dproduct, dbias, encoded)
    close(dproduct, getattr(naive, layer)(dencoded, encoded)[0])
    timed(benchmark, kernel, dproduct, dbias, encoded)


def test_draw_keep(benchmark):
    keep = np.empty(B * H * len(WIDTHS), np.float32)
    dropout.draw_keep(keep, np.uint64(1), 2**15, np.float32(2))
    close(keep, naive.draw_keep(len(keep), 1, 2**15, 2))
    timed(benchmark, dropout.draw_keep, keep, np.uint64(1), 2**15, np.float32(2))


def test_bias_relu(benchmark, rng):
    product, bias = normal(rng, B, H), normal(rng, H)
    out = product.copy()
    dense.bias_relu(out, bias)
    close(out, naive.bias_relu(product, bias))
    timed(benchmark, dense.bias_relu, out, bias)


def test_bias_relu_backward(benchmark, rng):
    dhidden, hidden = normal(rng, B, H), np.maximum(normal(rng, B, H), 0)
    dproduct, dbias = dhidden.copy(), np.empty(H, np.float32)
    dense.bias_relu_backward(dproduct, dbias, hidden)
    close(dproduct, naive.bias_relu_backward(dhidden, hidden)[0])
    timed(benchmark, dense.bias_relu_backward, dproduct, dbias, hidden)


def test_linear_forward(benchmark, rng):
    inputs, weight, bias = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, C)
    out = np.empty((B, C), np.float32)
    dense.linear_forward(out, inputs, weight, bias)
    close(out, naive.matmul(inputs, weight.T) + bias)
    timed(benchmark, dense.linear_forward, out, inputs, weight, bias, flops=2 * inputs.size * C)


def test_linear_backward(benchmark, rng):
    inputs, weight, dout = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, B, C)
    found = [np.empty_like(inputs), np.empty_like(weight), np.empty(C, np.float32)]
    dense.linear_backward(*found, dout, inputs, weight)
    for comp, ref in zip(found, naive.linear_backward(dout, inputs, weight), strict=True):
        close(comp, ref)
    timed(benchmark, dense.linear_backward, *found, dout, inputs, weight, flops=4 * inputs.size * C)


def test_mean_forward(benchmark, packed, rng):
    embeddings, out = normal(rng, U, d), np.empty((B, d), np.float32)
    pool.mean_forward(out, embeddings, *packed)
    close(out, naive.mean_forward(embeddings, *packed))
    timed(benchmark, pool.mean_forward, out, embeddings, *packed)


def test_mean_backward(benchmark, packed, rng):
    dout, dembeddings = normal(rng, B, d), np.empty((U, d), np.float32)
    pool.mean_backward(dembeddings, dout, *packed)
    close(dembeddings, naive.mean_backward(U, dout, *packed))
    timed(benchmark, pool.mean_backward, dembeddings, dout, *packed)


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def convolved(packed, rng, request):
    """Arguments of conv_max_forward after a call that was checked on the first sentences, and the products within."""
    places, offsets = [packed[0], *rng.integers(0, U, (request.param - 1, N), np.int32)], packed[1]
    ids = np.stack(places, axis=1) + U * np.arange(len(places), dtype=np.int32)
    inputs, weight, bias = normal(rng, U, d), normal(rng, sum(WIDTHS) * H, d), normal(rng, H * len(WIDTHS))
    others = normal(rng, (len(places) - 1) * U, len(weight))
    pooled = np.empty((B, len(bias)), np.float32)
    position = np.empty(pooled.shape, np.int32)
    arguments = (pooled, position, inputs, weight, others, bias, ids, offsets, np.array(WIDTHS), 1)
    conv.conv_max_forward(*arguments)
    products = np.concatenate([inputs @ weight.T, others]).reshape(-1, sum(WIDTHS), H)
    ref_pooled, ref_position = naive.conv_max_forward(products, bias, ids, offsets[:3], WIDTHS)
    close(pooled[:2], ref_pooled)
    assert (position[:2] == ref_position).mean() > 0.999  # sums that are equal but for round-off may tie
    return arguments, products


def test_conv_max_forward(benchmark, convolved):
    arguments, _ = convolved
    _, _, inputs, weight, *_ = arguments
    timed(benchmark, conv.conv_max_forward, *arguments, flops=2 * inputs.size * len(weight))


def test_conv_max_backward(benchmark, convolved, rng):
    (pooled, position, inputs, weight, _, bias, ids, offsets, widths, _), products = convolved
    dpooled = normal(rng, *pooled.shape)
    margin, place = max(WIDTHS) - 1, np.ascontiguousarray(ids[:, 0])
    tokens = np.empty((N + (B + 1) * margin, d), np.float32)
    dweight, dbias, dtokens = np.empty_like(weight), np.empty_like(bias), np.empty((1, *tokens.shape), np.float32)
    conv.spread_tokens(tokens, inputs, place, offsets, margin)
    few = slice(0, 2)
    arguments = (dpooled[few], pooled[few], position[few], tokens, weight, offsets[:3], widths)
    conv.conv_max_backward(dweight, dbias, dtokens, *arguments, 1)
    dproducts, _ = naive.conv_max_backward(products, bias, dpooled[few], ids, offsets[:3], WIDTHS, 0)
    close(dweight, dproducts[:U].reshape(U, -1).T @ inputs)
    arguments = (dpooled, pooled, position, tokens, weight, offsets, widths)
    windows = np.repeat(WIDTHS, H) @ (pooled > 0).sum(axis=0)  # of all filters, in rows
    timed(benchmark, conv.conv_max_backward, dweight, dbias, dtokens, *arguments, 1, flops=4 * d * windows)


def test_spread_tokens(benchmark, packed, rng):
    inputs, tokens = normal(rng, U, d), np.empty((N + 4 * (B + 1), d), np.float32)
    conv.spread_tokens(tokens, inputs, *packed, 4)
    np.testing.assert_array_equal(tokens, naive.spread_tokens(inputs, *packed, 4))
    timed(benchmark, conv.spread_tokens, tokens, inputs, *packed, 4)


def test_spread_tokens_backward(benchmark, packed, rng):
    dinputs, dtokens = np.empty((U, d), np.float32), normal(rng, 2, N + 4 * (B + 1), d)
    conv.spread_tokens_backward(dinputs, dtokens, *packed, 4)
    close(dinputs, naive.spread_tokens_backward(U, dtokens, *packed, 4))
    timed(benchmark, conv.spread_tokens_backward, dinputs, dtokens, *packed, 4)


@pytest.mark.parametrize("size", [H, 4 * H], ids="{} numbers".format)
def test_tanh(benchmark, rng, size):
    values = normal(rng, size)
    ref = naive.tanh(values)
    lstm.tanh(values)
    close(values, ref)
    timed(benchmark, lstm.tanh, values)


def time_major(offsets):
    """tokens, starts and order of a packed batch."""
    tokens, starts, order = np.empty((2, N), np.int32), np.empty(N + 1, np.int64), np.empty(B, np.int64)
    return tokens, starts[: lstm.time_major(tokens, starts, order, offsets) + 1], order


def test_time_major(benchmark, packed):
    _, offsets = packed
    tokens, starts, order = time_major(offsets)
    for comp, ref in zip((tokens, starts, order), naive.time_major(offsets), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, lstm.time_major, tokens, np.empty(N + 1, np.int64), order, offsets)


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def recurred(packed, rng, request):
    """Arguments of lstm_forward after a call that was checked on the first sentence."""
    ids, offsets = packed
    ids = np.stack([ids, *rng.integers(0, U, (request.param - 1, N), np.int32)], axis=1)
    tokens, starts, _ = time_major(offsets)
    products, bias, recurrent = normal(rng, U, 2, 4 * H), normal(rng, 2, 4 * H), normal(rng, 2, 4 * H, H) / 10
    states, cells, gates = (np.empty((2, N, size), np.float32) for size in (H, H, 4 * H))
    arguments = (states, cells, gates, products, bias, recurrent, ids, tokens, starts, 2)
    lstm.lstm_forward(*arguments)
    first = offsets[1]
    ref = naive.lstm_forward(products, bias, recurrent, ids[:first], offsets[:2])
    for z in range(2):
        place = np.argsort(tokens[z])[:first]  # row of each token
        for comp, expected in zip((states, cells, gates), ref, strict=True):
            close(comp[z, place], expected[z])
    return arguments


def test_lstm_forward(benchmark, recurred):
    timed(benchmark, lstm.lstm_forward, *recurred, flops=2 * 2 * N * 4 * H * H)


def test_lstm_backward(benchmark, recurred, packed, rng):
    states, cells, gates, products, bias, recurrent, ids, tokens, starts, _ = recurred
    dproducts, dz, order = np.zeros_like(products), gates.copy(), time_major(packed[1])[2]
    drecurrent, dbias = np.empty_like(recurrent), np.empty_like(bias)
    rest = (cells, states, recurrent, ids, tokens, starts, 2)
    dpooled, position = normal(rng, B, 2 * H), np.empty((B, 2 * H), np.int32)
    lstm.max_state(np.empty((B, 2 * H), np.float32), position, states, order, starts)
    chosen = (dpooled, position, order)
    lstm.lstm_backward(drecurrent, dbias, dproducts, *chosen, dz, *rest)
    offsets = packed[1][:2]
    by_token = np.zeros((2, offsets[1], H), np.float32)
    for z, h in np.ndindex(2, H):
        by_token[z, tokens[z, position[0, z * H + h]], h] = dpooled[0, z * H + h]
    _, ref = naive.lstm_backward(products, bias, recurrent, by_token, ids[: offsets[1]], offsets)
    for z in range(2):
        close(dz[z, np.argsort(tokens[z])[: offsets[1]]], ref[z])
    arguments = (drecurrent, dbias, dproducts, *chosen, gates, *rest)
    benchmark.extra_info["flops"] = 2 * 2 * 2 * N * 4 * H * H
    benchmark.extra_info["bytes"] = sum(argument.nbytes for argument in arguments[:-1])
    benchmark.group = "lstm"
    kept = gates.copy()

    def fresh():  # the kernel writes over the gates
        gates[:] = kept
        return arguments, {}

    benchmark.pedantic(lstm.lstm_backward, setup=fresh, rounds=50)


@pytest.mark.parametrize("pooling", ["last_state", "max_state"])
def test_pooled_states(benchmark, packed, rng, pooling):
    _, offsets = packed
    tokens, starts, order = time_major(offsets)
    states, pooled, position = normal(rng, 2, N, H), np.empty((B, 2 * H), np.float32), np.empty((B, 2 * H), np.int32)
    kernel = getattr(lstm, pooling)
    kernel(pooled, position, states, order, starts)
    by_token = np.stack([states[z, np.argsort(tokens[z])] for z in range(2)])
    np.testing.assert_array_equal(pooled, getattr(naive, pooling)(by_token, offsets)[0])
    timed(benchmark, kernel, pooled, position, states, order, starts)


def test_softmax(benchmark, rng):
    logits, out = normal(rng, B, C), np.empty((B, C), np.float32)
    softmax.softmax(out, logits)
    close(out, naive.softmax(logits))
    timed(benchmark, softmax.softmax, out, logits)


def test_cross_entropy(benchmark, rng):
    logits, dlogits, labels = normal(rng, B, C), np.empty((B, C), np.float32), rng.integers(0, C, B).astype(np.int32)
    loss = softmax.cross_entropy(dlogits, logits, labels)
    assert loss == pytest.approx(naive.cross_entropy(logits, labels)[0], rel=1e-5)
    timed(benchmark, softmax.cross_entropy, dlogits, logits, labels)


def test_soft_cross_entropy(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    arguments = (logits, teacher, rng.integers(0, C, B).astype(np.int32), 2.0, 0.5)
    loss = matching.soft_cross_entropy(dlogits, *arguments)
    assert loss == pytest.approx(naive.soft_cross_entropy(*arguments)[0], rel=1e-5)
    timed(benchmark, matching.soft_cross_entropy, dlogits, *arguments)


def test_squared_error(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    assert matching.squared_error(dlogits, logits, teacher) == pytest.approx(naive.squared_error(logits, teacher)[0])
    timed(benchmark, matching.squared_error, dlogits, logits, teacher)


@pytest.mark.parametrize("size", [1000, 100_000], ids="{} numbers".format)
def test_adam(benchmark, rng, size):
    values, mean, gradient = (normal(rng, size) for _ in range(3))
    square = mean**2
    ref = naive.adam(values, mean, square, gradient, *ADAM)
    adam.adam(values, mean, square, gradient, *ADAM)
    close(values, ref[0])
    timed(benchmark, adam.adam, values, mean, square, gradient, *ADAM)


def test_adam_rows(benchmark, rng):
    table, gradient = normal(rng, V, d), normal(rng, U, d)
    mean, square, rows = np.zeros_like(table), np.zeros_like(table), rng.permutation(V)[:U].astype(np.int32)
    ref = naive.adam(table[rows[0]], mean[rows[0]], square[rows[0]], gradient[0], *ADAM)
    adam.adam_rows(table, mean, square, gradient, rows, *ADAM)
    close(table[rows[0]], ref[0])
    idle = 3 * (table.nbytes - gradient.nbytes)
    timed(benchmark, adam.adam_rows, table, mean, square, gradient, rows, *ADAM, idle=idle)
