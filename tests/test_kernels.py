"""Every kernel against its naive twin, on random batches and on the edges."""

import numpy as np
import pytest
from numba import config

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

DTYPES = [np.float32, np.float64]
ROWS = 7  # distinct words of a batch

BATCHES = {
    "several": [[0, 3, 3, 6, 1], [2], [5, 4]],
    "empty sentence": [[], [1, 2, 3], []],
    "only an empty one": [[]],
    "no sentence": [],
    "one token": [[4]],
    "both ends of the table": [[0, 6], [6, 0, 6]],
    "longer than every filter": [[i % ROWS for i in range(23)]],
}


@pytest.fixture(params=BATCHES.values(), ids=BATCHES.keys())
def batch(request):
    """(ids, offsets) of a packed batch over ROWS words."""
    lengths = [len(sentence) for sentence in request.param]
    return np.array(sum(request.param, []), np.int32), np.cumsum([0, *lengths]).astype(np.int64)


def close(comp, ref):
    np.testing.assert_allclose(comp, ref, rtol=1e-5 if comp.dtype == np.float32 else 1e-12, atol=1e-6)
    assert comp.shape == ref.shape


def normal(rng, *shape, dtype):
    return rng.normal(size=shape).astype(dtype)


# ---- batches ----


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pick(batch, backwards, size):
    ids, offsets = batch
    order = np.arange(len(offsets) - 1)[::-1].copy() if backwards else np.repeat(np.arange(len(offsets) - 1), 2)
    counts = np.empty(-(-len(order) // size), np.int64)
    words, local = np.empty((2, np.diff(offsets)[order].sum()), np.int32)
    slot, picked = np.full(ROWS, -1, np.int32), np.empty(len(order) + len(counts), np.int64)
    batches.pick(words, local, picked, counts, slot, ids, offsets, order, size)
    first = 0
    for k, count in enumerate(counts):
        some = order[k * size : (k + 1) * size]
        ref_words, ref_local, ref_picked = naive.pick(ids, offsets, some)
        np.testing.assert_array_equal(words[first : first + count], ref_words)
        np.testing.assert_array_equal(local[first : first + len(ref_local)], ref_local)
        np.testing.assert_array_equal(picked[k * (size + 1) :][: len(some) + 1], ref_picked)
        first += len(ref_local)
    assert first == len(local)
    assert (slot == -1).all(), "scratch must be handed back as it was"


# ---- word vectors ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [[0], [6, 0, 3], []], ids=str)
def test_gather_rows(rng, dtype, rows):
    table, rows = normal(rng, ROWS, 3, dtype=dtype), np.array(rows, np.int32)
    out = np.full((len(rows), 3), np.nan, dtype)
    gather.gather_rows(out, table, rows)
    np.testing.assert_array_equal(out, naive.gather_rows(table, rows).reshape(out.shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("rows", [ROWS, 0])
@pytest.mark.parametrize("layer", ["bias_tanh", "bias_identity"])
def test_encoding_layer(rng, dtype, scale, rows, layer):
    product, bias = scale * normal(rng, rows, 3, dtype=dtype), normal(rng, 3, dtype=dtype)
    encoded = product.astype(dtype)
    getattr(encode, layer)(encoded, bias)
    close(encoded, getattr(naive, layer)(product, bias).astype(dtype))

    dencoded = normal(rng, rows, 3, dtype=dtype)
    ref_dproduct, ref_dbias = getattr(naive, layer + "_backward")(dencoded, encoded)
    dbias = np.full(3, np.nan, dtype)
    getattr(encode, layer + "_backward")(dencoded, dbias, encoded)  # becomes that of the product
    close(dencoded, ref_dproduct)
    close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pieces", [1, 3, 20])
@pytest.mark.parametrize("rows", [[0], [6, 0, 3, 3], []], ids=str)
@pytest.mark.parametrize("sharing", [False, True])
def test_gather_matmul(rng, dtype, pieces, rows, sharing, monkeypatch):
    table, weight, rows = normal(rng, ROWS, 3, dtype=dtype), normal(rng, 5, 3, dtype=dtype), np.array(rows, np.int32)
    product, out = np.full((len(rows), 5), np.nan, dtype), np.full((len(rows), 3), np.nan, dtype)
    monkeypatch.setattr(cut, "sharing", sharing)
    gather.gather_matmul(product, out, table, rows, weight, pieces)
    ref = naive.gather_rows(table, rows).reshape(out.shape)
    np.testing.assert_array_equal(out, ref)
    close(product, naive.matmul(ref, weight.T))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pieces", [1, 3, 20])
@pytest.mark.parametrize("sharing", [False, True])
def test_matmul(rng, dtype, pieces, sharing, monkeypatch):
    monkeypatch.setattr(cut, "sharing", sharing)
    for rows, columns in ((11, 5), (5, 11)):
        a, b = normal(rng, rows, 4, dtype=dtype), normal(rng, 4, columns, dtype=dtype)
        for kernel, factor in ((matmul.matmul, b), (matmul.matmul_transposed, b.T.copy())):
            out = np.full((rows, columns), np.nan, dtype)
            kernel(out, a, factor, pieces)
            close(out, naive.matmul(a, b))


def test_an_error_in_a_shared_piece_is_not_lost(monkeypatch):
    def half(out, piece, pieces):
        if piece == 3:
            raise ValueError
        out[piece] = 1

    monkeypatch.setattr(cut, "sharing", True)
    for out in (np.zeros(4), np.zeros(8, np.float32)):
        with pytest.raises(ValueError if config.DISABLE_JIT else MemoryError):
            cut.InPieces(half)(out, len(out))


@pytest.mark.filterwarnings("ignore:np.*faster on contiguous")
def test_sharing_takes_arrays_of_every_layout(rng, monkeypatch):
    """The types of all arrays are told apart, though only the dtype of the first is looked up."""
    a, b = normal(rng, 40, 6, dtype=np.float32), normal(rng, 6, 5, dtype=np.float32)
    monkeypatch.setattr(cut, "sharing", True)
    frozen = b.copy()
    frozen.flags.writeable = False
    for factor in (b, np.asfortranarray(b), np.repeat(b, 2, axis=0)[::2], frozen, b):
        out = np.full((40, 5), np.nan, np.float32)
        matmul.matmul(out, a, factor, 4)
        close(out, naive.matmul(a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pieces", [1, 3, 20])
@pytest.mark.parametrize("rows", [0, 11])
@pytest.mark.parametrize("sharing", [False, True])
def test_transposed_matmul(rng, dtype, pieces, rows, sharing, monkeypatch):
    a, b = normal(rng, rows, 4, dtype=dtype), normal(rng, rows, 5, dtype=dtype)
    monkeypatch.setattr(cut, "sharing", sharing)
    for left, right in ((a, b), (b, a)):  # cut along the columns, and along the rows
        out = np.full((left.shape[1], right.shape[1]), np.nan, dtype)
        matmul.transposed_matmul(out, left, right, pieces)
        close(out, naive.matmul(left.T, right))


# ---- networks ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0, 1, 13107, 65535])
@pytest.mark.parametrize("seed", [0, 12345, 2**64 - 1])
@pytest.mark.parametrize("count", [0, 1, 4, 1003])
def test_draw_keep(dtype, threshold, seed, count):
    keep = np.full(count, np.nan, dtype)
    dropout.draw_keep(keep, np.uint64(seed), threshold, dtype(1.25))
    np.testing.assert_array_equal(keep, naive.draw_keep(count, seed, threshold, 1.25))


def test_draw_keep_is_splitmix64():
    """From seed 0 its first number is 0xe220a8397b1dcdaf (Vigna's splitmix64.c; java.util.SplittableRandom)."""
    keep = np.empty(4, np.float32)
    for i, part in enumerate((0xCDAF, 0x7B1D, 0xA839, 0xE220)):
        for threshold, kept in ((part, 1), (part + 1, 0)):
            dropout.draw_keep(keep, np.uint64(0), threshold, np.float32(1))
            assert keep[i] == kept


@pytest.mark.parametrize("dtype", DTYPES)
def test_bias_relu(rng, dtype):
    product, bias = normal(rng, 4, 5, dtype=dtype), normal(rng, 5, dtype=dtype)
    hidden = product.copy()
    dense.bias_relu(hidden, bias)
    close(hidden, naive.bias_relu(product, bias))

    dhidden = normal(rng, 4, 5, dtype=dtype)
    ref_dproduct, ref_dbias = naive.bias_relu_backward(dhidden, hidden)
    dbias = np.full(5, np.nan, dtype)
    dense.bias_relu_backward(dhidden, dbias, hidden)  # becomes that of the product
    close(dhidden, ref_dproduct)
    close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [0, 1, 6])
def test_linear(rng, dtype, rows):
    inputs, weight, bias = (normal(rng, *shape, dtype=dtype) for shape in ((rows, 5), (3, 5), (3,)))
    out = np.full((rows, 3), np.nan, dtype)
    dense.linear_forward(out, inputs, weight, bias)
    close(out, naive.matmul(inputs, weight.T) + bias)

    dout = normal(rng, rows, 3, dtype=dtype)
    found = [np.full_like(of, np.nan) for of in (inputs, weight, bias)]
    dense.linear_backward(*found, dout, inputs, weight)
    for comp, ref in zip(found, naive.linear_backward(dout, inputs, weight), strict=True):
        close(comp, ref)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mean(rng, dtype, batch):
    ids, offsets = batch
    embeddings = normal(rng, ROWS, 3, dtype=dtype)
    out = np.full((len(offsets) - 1, 3), np.nan, dtype)
    pool.mean_forward(out, embeddings, ids, offsets)
    close(out, naive.mean_forward(embeddings, ids, offsets))

    dout = normal(rng, *out.shape, dtype=dtype)
    dembeddings = np.full_like(embeddings, np.nan)
    pool.mean_backward(dembeddings, dout, ids, offsets)
    close(dembeddings, naive.mean_backward(ROWS, dout, ids, offsets))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("widths", [(1,), (3, 4, 5), (2, 7)], ids=str)
@pytest.mark.parametrize("filters", [3, 18])  # a part of a chunk of them, and more than one chunk
@pytest.mark.parametrize("pieces, sharing", [(1, False), (2, True), (8, False)])
def test_conv_max(rng, dtype, widths, features, filters, pieces, sharing, batch, monkeypatch):
    monkeypatch.setattr(cut, "sharing", sharing)
    ids, offsets = batch
    places = [ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)]
    ids = np.stack(places, axis=1) + ROWS * np.arange(features, dtype=np.int32)
    sizes = (4, 2, 2)[:features]
    inputs = tuple(normal(rng, ROWS, size, dtype=dtype) for size in sizes)
    weights = tuple(normal(rng, sum(widths) * filters, size, dtype=dtype) for size in sizes)
    products = np.concatenate([naive.matmul(x, w.T) for x, w in zip(inputs, weights, strict=True)])
    others = products[ROWS:]
    products = products.reshape(features * ROWS, sum(widths), filters)
    bias = normal(rng, filters * len(widths), dtype=dtype)
    pooled = np.full((len(offsets) - 1, filters * len(widths)), np.nan, dtype)
    position = np.full(pooled.shape, -99, np.int32)
    mapped = (inputs[0], weights[0], others, bias, ids, offsets, np.array(widths))
    conv.conv_max_forward(pooled, position, *mapped, pieces)
    ref_pooled, ref_position = naive.conv_max_forward(products, bias, ids, offsets, widths)
    close(pooled, ref_pooled)
    np.testing.assert_array_equal(position, ref_position)

    dpooled = normal(rng, *pooled.shape, dtype=dtype) / 8  # or sums of many would be off by more
    margin = max(widths) - 1
    dbias = np.full_like(bias, np.nan)
    for f, (rows, weight, place) in enumerate(zip(inputs, weights, places, strict=True)):
        tokens = np.full((len(ids) + len(offsets) * margin, sizes[f]), np.nan, dtype)
        dweight, drows = np.full_like(weight, np.nan), np.full_like(rows, np.nan)
        dtokens = np.full((pieces, *tokens.shape), np.nan, dtype)
        conv.spread_tokens(tokens, rows, place, offsets, margin)
        won = (dpooled, pooled, position, tokens, weight, offsets, np.array(widths))
        conv.conv_max_backward(dweight, dbias, dtokens, *won, pieces)
        conv.spread_tokens_backward(drows, dtokens, place, offsets, margin)
        # Of the naive gradient of the products, what reaches the rows of this one of the features.
        dproducts, ref_dbias = naive.conv_max_backward(products, bias, dpooled, ids, offsets, widths, f)
        dproducts = dproducts[f * ROWS : (f + 1) * ROWS].reshape(ROWS, -1)
        close(dweight, naive.matmul(dproducts.T, rows))
        close(drows, naive.matmul(dproducts, weight))
        close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
def test_spread_tokens(rng, dtype, batch):
    ids, offsets = batch
    inputs = normal(rng, ROWS, 3, dtype=dtype)
    tokens = np.full((len(ids) + 2 * len(offsets), 3), np.nan, dtype)
    conv.spread_tokens(tokens, inputs, ids, offsets, 2)
    np.testing.assert_array_equal(tokens, naive.spread_tokens(inputs, ids, offsets, 2))

    dtokens, dinputs = normal(rng, 3, *tokens.shape, dtype=dtype), np.full_like(inputs, np.nan)
    conv.spread_tokens_backward(dinputs, dtokens, ids, offsets, 2)
    close(dinputs, naive.spread_tokens_backward(ROWS, dtokens, ids, offsets, 2))


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh(dtype):
    values = np.array([0, 1e-30, -1e-3, 0.3, -0.7, 1, 9, -20, 21, -1e4, np.inf, -np.inf, np.nan], dtype)
    comp = values.copy()
    lstm.tanh(comp)
    np.testing.assert_allclose(comp, naive.tanh(values), rtol=6 * np.finfo(dtype).eps, atol=0)


def test_time_major(batch):
    _, offsets = batch
    tokens, starts, order = time_major(offsets)
    ref_tokens, ref_starts, ref_order = naive.time_major(offsets)
    np.testing.assert_array_equal(order, ref_order)
    np.testing.assert_array_equal(tokens, ref_tokens)
    np.testing.assert_array_equal(starts, ref_starts)


def time_major(offsets):
    """tokens, starts and order of a packed batch."""
    tokens, order = np.full((2, offsets[-1]), -99, np.int32), np.full(len(offsets) - 1, -99)
    starts = np.full(offsets[-1] + 1, -99)
    return tokens, starts[: lstm.time_major(tokens, starts, order, offsets) + 1], order


def by_row(array, tokens):
    """[direction, token] of the naive twin as [direction, row] of the kernels."""
    return np.stack([array[z, tokens[z]] for z in range(2)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("pieces, sharing", [(1, False), (2, False), (2, True)])
def test_lstm(rng, dtype, features, scale, pieces, sharing, batch, monkeypatch):
    monkeypatch.setattr(cut, "sharing", sharing)
    ids, offsets = batch
    units = 3
    ids = np.stack([ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)], axis=1)
    products, bias = normal(rng, ROWS, 2, 4 * units, dtype=dtype), normal(rng, 2, 4 * units, dtype=dtype)
    if scale > 1:  # every gate is fully open or shut
        products = np.copysign(dtype(scale), products)
    recurrent = normal(rng, 2, 4 * units, units, dtype=dtype)
    tokens, starts, order = time_major(offsets)
    states, cells = (np.full((2, len(ids), units), np.nan, dtype) for _ in range(2))
    gates = np.full((2, len(ids), 4 * units), np.nan, dtype)
    lstm.lstm_forward(states, cells, gates, products, bias, recurrent, ids, tokens, starts, pieces)
    ref = naive.lstm_forward(products, bias, recurrent, ids, offsets)
    for comp, expected in zip((states, cells, gates), ref, strict=True):
        assert np.isfinite(comp).all()
        close(comp, by_row(expected, tokens))

    # Any row, or none, may have been chosen for a number of a sentence.
    place = np.array([[0] * 2 * units, *rng.integers(0, 99, (len(order), 2 * units))])[1:]
    lengths = np.diff(offsets)[:, None]
    place = np.where((lengths > 0) & (place < 80), place % np.maximum(lengths, 1), -1)  # by sentence
    rank = np.argsort(order)[:, None]
    position = np.where(place >= 0, starts[np.maximum(place, 0)] + rank, -1).astype(np.int32)
    dpooled = normal(rng, *position.shape, dtype=dtype)
    dstates = np.stack([np.zeros((len(ids), units), dtype)] * 2)  # by row
    for z, b, h in np.ndindex(2, len(order), units):
        if position[b, z * units + h] >= 0:
            dstates[z, position[b, z * units + h], h] = dpooled[b, z * units + h]
    dstates = np.stack([dstates[z, np.argsort(tokens[z])] for z in range(2)])  # by token
    dproducts = np.full_like(products, np.nan)
    drecurrent, dbias = np.full_like(recurrent, np.nan), np.full_like(bias, np.nan)
    rest = (gates, cells, states, recurrent, ids, tokens, starts)
    lstm.lstm_backward(drecurrent, dbias, dproducts, dpooled, position, order, *rest, pieces)
    ref_dproducts, ref_dsums = naive.lstm_backward(products, bias, recurrent, dstates, ids, offsets)
    close(dproducts, ref_dproducts)
    close(gates, by_row(ref_dsums, tokens))
    close(dbias, ref_dsums.sum(axis=1))
    close(drecurrent, naive.recurrent_gradient(ref_dsums, ref[0], offsets))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pooling", ["last_state", "max_state"])
def test_pooled_states(rng, dtype, pooling, batch):
    ids, offsets = batch
    units = 3
    states = normal(rng, 2, len(ids), units, dtype=dtype).round()  # by token; some are equal
    tokens, starts, order = time_major(offsets)
    pooled = np.full((len(offsets) - 1, 2 * units), np.nan, dtype)
    position = np.full(pooled.shape, -99, np.int32)
    getattr(lstm, pooling)(pooled, position, by_row(states, tokens), order, starts)
    ref_pooled, ref_token = getattr(naive, pooling)(states, offsets)
    np.testing.assert_array_equal(pooled, ref_pooled)
    for b, j in np.ndindex(position.shape):
        row = position[b, j]
        assert (tokens[j // units, row] if row >= 0 else -1) == ref_token[b, j]


# ---- loss and optimiser ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4, -1e4])
def test_softmax_and_cross_entropy(rng, dtype, scale):
    logits = (scale * rng.normal(size=(6, 4))).astype(dtype)
    logits[0] = scale  # all equal
    labels = np.array([0, 3, 1, 2, 3, 0], np.int32)
    out = np.empty_like(logits)
    softmax.softmax(out, logits)
    close(out, naive.softmax(logits))
    assert np.isfinite(out).all()

    dlogits = np.empty_like(logits)
    loss = softmax.cross_entropy(dlogits, logits, labels)
    ref_loss, ref_dlogits = naive.cross_entropy(logits, labels)
    assert loss == pytest.approx(ref_loss, rel=1e-6)
    np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4, -1e4])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
def test_soft_cross_entropy(rng, dtype, scale, temperature, mixing):
    logits, teacher = (scale * normal(rng, 5, 4, dtype=np.float64) for _ in range(2))
    logits[0], teacher[1], logits[2] = scale, scale, teacher[2]  # all equal; student and teacher alike
    logits, teacher, labels = logits.astype(dtype), teacher.astype(dtype), np.array([0, 3, 1, 2, 3], np.int32)
    dlogits = np.full_like(logits, np.nan)
    loss = matching.soft_cross_entropy(dlogits, logits, teacher, labels, temperature, mixing)
    ref_loss, ref_dlogits = naive.soft_cross_entropy(logits, teacher, labels, temperature, mixing)
    assert loss == pytest.approx(ref_loss, rel=1e-6)
    np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)
    if mixing == 0:
        assert loss == pytest.approx(softmax.cross_entropy(dlogits, logits, labels), rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 1e4])
def test_squared_error(rng, dtype, scale):
    logits, teacher = ((scale * normal(rng, 5, 4, dtype=np.float64)).astype(dtype) for _ in range(2))
    dlogits = np.full_like(logits, np.nan)
    loss = matching.squared_error(dlogits, logits, teacher)
    ref_loss, ref_dlogits = naive.squared_error(logits, teacher)
    assert loss == pytest.approx(ref_loss, rel=1e-6)
    np.testing.assert_allclose(dlogits, ref_dlogits, rtol=1e-5, atol=1e-6)
    assert matching.squared_error(dlogits, teacher, teacher) == 0 and not dlogits.any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 1000])
def test_adam(rng, dtype, step):
    values, mean, gradient = (normal(rng, 9, dtype=dtype) for _ in range(3))
    square = mean**2
    settings = (step, 0.01, 0.9, 0.999, 1e-8)
    ref = naive.adam(values, mean, square, gradient, *settings)
    adam.adam(values, mean, square, gradient, *settings)
    for comp, expected in zip((values, mean, square), ref, strict=True):
        close(comp, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_adam_rows_moves_only_its_rows(rng, dtype):
    table, mean, square = normal(rng, ROWS, 3, dtype=dtype), np.zeros((ROWS, 3), dtype), np.zeros((ROWS, 3), dtype)
    before, rows, gradient = table.copy(), np.array([6, 0], np.int32), normal(rng, 2, 3, dtype=dtype)
    settings = (2, 0.01, 0.9, 0.999, 1e-8)
    adam.adam_rows(table, mean, square, gradient, rows, *settings)
    for r in range(ROWS):
        if r in rows:
            ref = naive.adam(before[r], np.zeros(3), np.zeros(3), gradient[list(rows).index(r)], *settings)
            close(table[r], ref[0].astype(dtype))
        else:
            np.testing.assert_array_equal(table[r], before[r])
            assert not mean[r].any() and not square[r].any()
