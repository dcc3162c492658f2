"""Every kernel at the size of one training batch of 50 questions: 500 tokens, 250 distinct words, d = 50.

Run: pytest benchmarks/timing/bench_kernels.py; with --benchmark-autosave to keep the figures, and with
--benchmark-compare to see them beside those kept last.
"""

import numpy as np
import pytest

import naive
from embdistill.kernels import adam, batches, conv, dense, dropout, encode, losses, lstm, mean
from embdistill.kernels.activations import RELU, TANH, tanh
from embdistill.kernels.machine import threads

V, U, N, B, D, d, H, C = 8000, 250, 500, 50, 300, 50, 100, 6
WIDTHS = (3, 4, 5)
ADAM = adam.AdamStep(10, 0.001, 0.9, 0.999, 1e-8)


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


def arrays_of(arguments):
    """The arrays among arguments, those of named tuples too."""
    for argument in arguments:
        if isinstance(argument, tuple):
            yield from arrays_of(argument)
        elif isinstance(argument, np.ndarray):
            yield argument


def timed(benchmark, kernel, *arguments, flops=0, idle=0):
    """Time a kernel. flops: of its products; idle: bytes of its arrays that it does not touch (see conftest.py)."""
    benchmark.group = kernel.__module__.rpartition(".")[2]
    benchmark.extra_info["flops"] = int(flops)
    benchmark.extra_info["bytes"] = sum(array.nbytes for array in arrays_of(arguments)) - idle
    benchmark(kernel, *arguments)


@pytest.fixture(params=[(1, 1), (2, 1), (2, 2)], ids=["1 chunk", "2 chunks", "2 chunks, 2 threads"])
def n_chunks(request):
    """How many chunks a kernel computes; they are shared among threads where the name says so."""
    count, number = request.param
    if number > threads.cores():
        pytest.skip("needs two cores")
    threads.use_threads(number)
    yield count
    threads.use_threads(1)


def test_pick(benchmark, packed, rng):
    ids, offsets = packed
    sentences, words, local = rng.permutation(B), np.empty(N, np.int32), np.empty(N, np.int32)
    picked = np.empty(B + 1, np.int64)
    arguments = (words, local, picked, np.full(V, -1, np.int32), ids, offsets, sentences)
    count = batches.pick(*arguments)
    for comp, ref in zip((words[:count], local, picked), naive.pick(ids, offsets, sentences), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, batches.pick, *arguments)


@pytest.fixture
def encoded(rng, n_chunks):
    """Arguments of encode_forward after a call that was checked on the first words."""
    vectors, words = normal(rng, V, D), rng.integers(0, V, U).astype(np.int32)
    weight, bias = normal(rng, d, D) / 10, normal(rng, d)
    arguments = (
        np.empty((U, d), np.float32),
        np.empty((U, D), np.float32),
        vectors,
        words,
        weight,
        bias,
        TANH,
        n_chunks,
    )
    encode.encode_forward(*arguments)
    close(arguments[0][:3], naive.dense_forward(vectors[words[:3]], weight, bias, "tanh"))
    return arguments


def test_encode_forward(benchmark, encoded):
    _, large, vectors, _, weight, *_ = encoded
    idle = vectors.nbytes - large.nbytes
    timed(benchmark, encode.encode_forward, *encoded, flops=2 * U * weight.size, idle=idle)


def test_encode_backward(benchmark, encoded, rng):
    out, large, _, _, weight, bias, activation, n_chunks = encoded
    dweight, dbias, dencoded = np.empty_like(weight), np.empty_like(bias), normal(rng, U, d)
    arguments = (dweight, dbias, dencoded, out, large, activation, n_chunks)
    encode.encode_backward(*arguments)
    close(dweight[:, :3], naive.matmul((dencoded * (1 - out**2)).T, large[:, :3]))
    timed(benchmark, encode.encode_backward, *arguments, flops=2 * U * weight.size)


def test_product(benchmark, rng, n_chunks):
    a, b, out = normal(rng, U, 2 * 4 * H), normal(rng, 2 * 4 * H, d), np.empty((U, d), np.float32)
    dense.product(out, a, b, n_chunks)
    close(out[:3], naive.matmul(a[:3], b))
    timed(benchmark, dense.product, out, a, b, n_chunks, flops=2 * a.size * b.shape[1])


def test_draw_mask(benchmark):
    mask = np.empty(B * H * len(WIDTHS), np.float32)
    dropout.draw_mask(mask, np.uint64(1), 2**15, np.float32(2))
    close(mask, naive.draw_mask(len(mask), 1, 2**15, 2))
    timed(benchmark, dropout.draw_mask, mask, np.uint64(1), 2**15, np.float32(2))


def test_dense_forward(benchmark, rng):
    inputs, weight, bias = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, C)
    out = np.empty((B, C), np.float32)
    dense.dense_forward(out, inputs, weight, bias, RELU)
    close(out, naive.dense_forward(inputs, weight, bias, "relu"))
    timed(benchmark, dense.dense_forward, out, inputs, weight, bias, RELU, flops=2 * inputs.size * C)


def test_dense_backward(benchmark, rng):
    inputs, weight, dout = normal(rng, B, 3 * H), normal(rng, C, 3 * H), normal(rng, B, C)
    out = np.maximum(normal(rng, B, C), 0)
    found = [np.empty_like(inputs), np.empty_like(weight), np.empty(C, np.float32)]
    ref = naive.dense_backward(dout, out, inputs, weight, "relu")
    dense.dense_backward(*found, dout, out, inputs, weight, RELU)
    for comp, expected in zip(found, ref, strict=True):
        close(comp, expected)
    timed(benchmark, dense.dense_backward, *found, dout, out, inputs, weight, RELU, flops=4 * inputs.size * C)


def test_mean_forward(benchmark, packed, rng):
    embeddings, out = normal(rng, U, d), np.empty((B, d), np.float32)
    mean.mean_forward(out, embeddings, *packed)
    close(out, naive.mean_forward(embeddings, *packed))
    timed(benchmark, mean.mean_forward, out, embeddings, *packed)


def test_mean_backward(benchmark, packed, rng):
    dout, dembeddings = normal(rng, B, d), np.empty((U, d), np.float32)
    mean.mean_backward(dembeddings, dout, *packed)
    close(dembeddings, naive.mean_backward(U, dout, *packed))
    timed(benchmark, mean.mean_backward, dembeddings, dout, *packed)


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def convolved(packed, rng, request):
    """Arguments of conv_max_forward after a call that was checked on the first sentences, and the products within."""
    places, offsets = [packed[0], *rng.integers(0, U, (request.param - 1, N), np.int32)], packed[1]
    ids = np.stack(places, axis=1) + U * np.arange(len(places), dtype=np.int32)
    inputs, bias = normal(rng, U, d), normal(rng, H * len(WIDTHS))
    filters = conv.Filters(normal(rng, sum(WIDTHS) * H, d), bias, np.array(WIDTHS))
    others = normal(rng, (len(places) - 1) * U, len(filters.weight))
    pooled = np.empty((B, len(bias)), np.float32)
    argmax = np.empty(pooled.shape, np.int32)
    arguments = (pooled, argmax, inputs, others, filters, ids, offsets, 1)
    conv.conv_max_forward(*arguments)
    products = np.concatenate([inputs @ filters.weight.T, others]).reshape(-1, sum(WIDTHS), H)
    ref_pooled, ref_argmax = naive.conv_max_forward(products, bias, ids, offsets[:3], WIDTHS)
    close(pooled[:2], ref_pooled)
    assert (argmax[:2] == ref_argmax).mean() > 0.999  # sums that are equal but for round-off may tie
    return arguments, products


def test_conv_max_forward(benchmark, convolved):
    arguments, _ = convolved
    _, _, inputs, _, filters, *_ = arguments
    timed(benchmark, conv.conv_max_forward, *arguments, flops=2 * inputs.size * len(filters.weight))


def test_conv_max_backward(benchmark, convolved, rng):
    (pooled, argmax, inputs, _, filters, ids, offsets, _), products = convolved
    dpooled = normal(rng, *pooled.shape)
    margin, place = max(WIDTHS) - 1, np.ascontiguousarray(ids[:, 0])
    tokens = np.empty((N + (B + 1) * margin, d), np.float32)
    dfilters = filters._replace(weight=np.empty_like(filters.weight), bias=np.empty_like(filters.bias))
    dtokens = np.empty((1, *tokens.shape), np.float32)
    conv.spread_tokens(tokens, inputs, place, offsets, margin)
    few = slice(0, 2)
    arguments = (dpooled[few], pooled[few], argmax[few], tokens, filters, offsets[:3])
    conv.conv_max_backward(dfilters, dtokens, *arguments, 1)
    dproducts, _ = naive.conv_max_backward(products, filters.bias, dpooled[few], ids, offsets[:3], WIDTHS, 0)
    close(dfilters.weight, dproducts[:U].reshape(U, -1).T @ inputs)
    windows = np.repeat(WIDTHS, H) @ (pooled > 0).sum(axis=0)  # of all filters, in rows
    arguments = (dfilters, dtokens, dpooled, pooled, argmax, tokens, filters, offsets, 1)
    timed(benchmark, conv.conv_max_backward, *arguments, flops=4 * d * windows)


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


@pytest.mark.parametrize("size", [H, 4 * H], ids="{} values".format)
def test_tanh(benchmark, rng, size):
    values = normal(rng, size)
    ref = naive.tanh(values)
    tanh(values)
    close(values, ref)
    timed(benchmark, tanh, values)


def time_major(offsets):
    """The Steps of a packed batch."""
    steps = lstm.Steps(np.empty(B, np.int64), np.empty(N + 1, np.int64), np.empty((2, N), np.int32))
    return steps._replace(starts=steps.starts[: lstm.time_major(steps, offsets) + 1])


def test_time_major(benchmark, packed):
    _, offsets = packed
    steps = time_major(offsets)
    ref_tokens, ref_starts, ref_order = naive.time_major(offsets)
    for comp, ref in zip(steps, (ref_order, ref_starts, ref_tokens), strict=True):
        np.testing.assert_array_equal(comp, ref)
    timed(benchmark, lstm.time_major, steps._replace(starts=np.empty(N + 1, np.int64)), offsets)


@pytest.fixture(params=[1, 3], ids="{} rows a token".format)
def recurred(packed, rng, request):
    """Arguments of lstm_forward after a call that was checked on the first sentence."""
    ids, offsets = packed
    ids = np.stack([ids, *rng.integers(0, U, (request.param - 1, N), np.int32)], axis=1)
    steps, products = time_major(offsets), normal(rng, U, 2, 4 * H)
    recurrence = lstm.Recurrence(normal(rng, 2, 4 * H), normal(rng, 2, 4 * H, H) / 10)
    trace = lstm.Trace(*(np.empty((2, N, size), np.float32) for size in (H, H, 4 * H)))
    arguments = (trace, products, recurrence, ids, steps, 2)
    lstm.lstm_forward(*arguments)
    first = offsets[1]
    ref = naive.lstm_forward(products, *recurrence, ids[:first], offsets[:2])
    for z in range(2):
        place = np.argsort(steps.tokens[z])[:first]  # row of each token
        for comp, expected in zip(trace, ref, strict=True):
            close(comp[z, place], expected[z])
    return arguments


def test_lstm_forward(benchmark, recurred):
    timed(benchmark, lstm.lstm_forward, *recurred, flops=2 * 2 * N * 4 * H * H)


def test_lstm_backward(benchmark, recurred, packed, rng):
    trace, products, recurrence, ids, steps, _ = recurred
    drecurrence = lstm.Recurrence(*(np.empty_like(array) for array in recurrence))
    dpooled, argmax = normal(rng, B, 2 * H), np.empty((B, 2 * H), np.int32)
    lstm.max_state(np.empty((B, 2 * H), np.float32), argmax, trace.states, steps)
    kept = trace.gates.copy()
    arguments = (drecurrence, np.empty_like(products), dpooled, argmax, trace, recurrence, ids, steps, 2)
    lstm.lstm_backward(*arguments)
    offsets = packed[1][:2]
    by_token = np.zeros((2, offsets[1], H), np.float32)
    for z, h in np.ndindex(2, H):
        by_token[z, steps.tokens[z, argmax[0, z * H + h]], h] = dpooled[0, z * H + h]
    _, ref = naive.lstm_backward(products, *recurrence, by_token, ids[: offsets[1]], offsets)
    for z in range(2):
        close(trace.gates[z, np.argsort(steps.tokens[z])[: offsets[1]]], ref[z])
    benchmark.extra_info["flops"] = 2 * 2 * 2 * N * 4 * H * H
    benchmark.extra_info["bytes"] = sum(array.nbytes for array in arrays_of(arguments))
    benchmark.group = "lstm"

    def fresh():  # the kernel writes over the gates
        trace.gates[:] = kept
        return arguments, {}

    benchmark.pedantic(lstm.lstm_backward, setup=fresh, rounds=50)


@pytest.mark.parametrize("pooling", ["last_state", "max_state"])
def test_pooled_states(benchmark, packed, rng, pooling):
    _, offsets = packed
    steps = time_major(offsets)
    states, pooled, argmax = normal(rng, 2, N, H), np.empty((B, 2 * H), np.float32), np.empty((B, 2 * H), np.int32)
    kernel = getattr(lstm, pooling)
    kernel(pooled, argmax, states, steps)
    by_token = np.stack([states[z, np.argsort(steps.tokens[z])] for z in range(2)])
    np.testing.assert_array_equal(pooled, getattr(naive, pooling)(by_token, offsets)[0])
    timed(benchmark, kernel, pooled, argmax, states, steps)


def test_softmax(benchmark, rng):
    logits, out = normal(rng, B, C), np.empty((B, C), np.float32)
    losses.softmax(out, logits)
    close(out, naive.softmax(logits))
    timed(benchmark, losses.softmax, out, logits)


def test_cross_entropy(benchmark, rng):
    logits, dlogits, labels = normal(rng, B, C), np.empty((B, C), np.float32), rng.integers(0, C, B).astype(np.int32)
    loss = losses.cross_entropy(dlogits, logits, labels)
    assert loss == pytest.approx(naive.cross_entropy(logits, labels)[0], rel=1e-5)
    timed(benchmark, losses.cross_entropy, dlogits, logits, labels)


def test_softened_cross_entropy(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    loss = losses.softened_cross_entropy(dlogits, logits, teacher, 2.0)
    assert loss == pytest.approx(naive.softened_cross_entropy(logits, teacher, 2.0)[0], rel=1e-5)
    timed(benchmark, losses.softened_cross_entropy, dlogits, logits, teacher, 2.0)


def test_squared_error(benchmark, rng):
    logits, teacher, dlogits = normal(rng, B, C), normal(rng, B, C), np.empty((B, C), np.float32)
    assert losses.squared_error(dlogits, logits, teacher) == pytest.approx(naive.squared_error(logits, teacher)[0])
    timed(benchmark, losses.squared_error, dlogits, logits, teacher)


@pytest.mark.parametrize("size", [1000, 100_000], ids="{} weights".format)
def test_adam(benchmark, rng, size):
    values, first, gradient = (normal(rng, size) for _ in range(3))
    second = first**2
    ref = naive.adam(values, first, second, gradient, *ADAM)
    adam.adam(values, first, second, gradient, ADAM)
    close(values, ref[0])
    timed(benchmark, adam.adam, values, first, second, gradient, ADAM)


def test_adam_rows(benchmark, rng):
    table, gradient = normal(rng, V, d), normal(rng, U, d)
    first, second, chosen = np.zeros_like(table), np.zeros_like(table), rng.permutation(V)[:U].astype(np.int32)
    ref = naive.adam(table[chosen[0]], first[chosen[0]], second[chosen[0]], gradient[0], *ADAM)
    adam.adam_rows(table, first, second, gradient, chosen, ADAM)
    close(table[chosen[0]], ref[0])
    idle = 3 * (table.nbytes - gradient.nbytes)
    timed(benchmark, adam.adam_rows, table, first, second, gradient, chosen, ADAM, idle=idle)
