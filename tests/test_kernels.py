"""Every kernel against its naive twin, on random batches and on the edges."""

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
from embdistill.kernels import pieces as cut

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


@pytest.mark.parametrize("order", [[0], [1, 0], [2, 2, 0], []], ids=str)
def test_pack(order):
    ids, offsets = np.array([5, 1, 2, 9, 9], np.int32), np.array([0, 2, 2, 5])
    ref_ids, ref_offsets = naive.pack(ids, offsets, order)
    comp_ids, comp_offsets = np.empty(len(ref_ids), np.int32), np.empty(len(order) + 1, np.int64)
    assert batches.pack(comp_ids, comp_offsets, ids, offsets, np.array(order, np.int64)) == len(ref_ids)
    np.testing.assert_array_equal(comp_ids, ref_ids)
    np.testing.assert_array_equal(comp_offsets, ref_offsets)
    assert batches.count_tokens(offsets, np.array(order, np.int64)) == naive.count_tokens(offsets, order)
    rows = np.arange(10, dtype=np.int32).reshape(5, 2)
    comp_rows = np.empty((len(ref_ids), 2), np.int32)
    batches.pack_rows(comp_rows, rows, offsets, np.array(order, np.int64))
    np.testing.assert_array_equal(comp_rows, naive.pack_rows(rows, offsets, order).reshape(-1, 2))


def test_distinct(batch):
    ids, _ = batch
    ref_words, ref_local = naive.distinct(ids)
    words, local, slot = np.empty(len(ids), np.int32), np.empty(len(ids), np.int32), np.full(ROWS, -1, np.int32)
    count = batches.distinct(words, local, slot, ids)
    np.testing.assert_array_equal(words[:count], ref_words)
    np.testing.assert_array_equal(local, ref_local)
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
@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("layer", ["bias_tanh", "bias_identity"])
def test_encoding_layer(rng, dtype, scale, rows, in_place, layer):
    product, bias = scale * normal(rng, rows, 3, dtype=dtype), normal(rng, 3, dtype=dtype)
    encoded = product.astype(dtype)
    getattr(encode, layer)(encoded, bias)
    close(encoded, getattr(naive, layer)(product, bias).astype(dtype))

    dencoded = normal(rng, rows, 3, dtype=dtype)
    ref_dproduct, ref_dbias = getattr(naive, layer + "_backward")(dencoded, encoded)
    dproduct, dbias = dencoded if in_place else np.empty_like(dencoded), np.full(3, np.nan, dtype)
    getattr(encode, layer + "_backward")(dproduct, dbias, dencoded, encoded)
    close(dproduct, ref_dproduct)
    close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pieces", [1, 3, 20])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("sharing", [False, True])
def test_matmul(rng, dtype, pieces, order, sharing, monkeypatch):
    a, b = normal(rng, 11, 4, dtype=dtype), np.asarray(normal(rng, 4, 5, dtype=dtype), order=order)
    out = np.full((11, 5), np.nan, dtype)
    monkeypatch.setattr(cut, "sharing", sharing)
    matmul.matmul(out, a, b, pieces)
    close(out, naive.matmul(a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pieces", [1, 3, 20])
@pytest.mark.parametrize("rows", [0, 11])
@pytest.mark.parametrize("sharing", [False, True])
def test_transposed_matmul(rng, dtype, pieces, rows, sharing, monkeypatch):
    a, b = normal(rng, rows, 4, dtype=dtype), normal(rng, rows, 5, dtype=dtype)
    parts = np.full((pieces, 4, 5), np.nan, dtype)
    monkeypatch.setattr(cut, "sharing", sharing)
    matmul.transposed_matmul(parts, a, b, pieces)
    close(parts.sum(axis=0), naive.matmul(a.T, b))


# ---- networks ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0, 1, 32768, 65535])
def test_keep_drawn(dtype, threshold):
    drawn = np.array([0, 1, 32767, 32768, 65534, 65535], np.uint16)
    keep = np.full(5, np.nan, dtype)  # shorter than what was drawn
    dropout.keep_drawn(keep, drawn, threshold, dtype(1.25))
    np.testing.assert_array_equal(keep, naive.keep_drawn(drawn[:5], threshold, 1.25))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bias_relu(rng, dtype):
    product, bias = normal(rng, 4, 5, dtype=dtype), normal(rng, 5, dtype=dtype)
    hidden = product.copy()
    dense.bias_relu(hidden, bias)
    close(hidden, naive.bias_relu(product, bias))

    dhidden = normal(rng, 4, 5, dtype=dtype)
    dproduct, dbias = dhidden.copy(), np.full(5, np.nan, dtype)
    dense.bias_relu_backward(dproduct, dbias, dproduct, hidden)
    ref_dproduct, ref_dbias = naive.bias_relu_backward(dhidden, hidden)
    close(dproduct, ref_dproduct)
    close(dbias, ref_dbias)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mean(rng, dtype, batch):
    ids, offsets = batch
    embeddings = normal(rng, ROWS, 3, dtype=dtype)
    out = np.full((len(offsets) - 1, 3), np.nan, dtype)
    pool.mean_forward(out, embeddings, ids, offsets)
    close(out, naive.mean_forward(embeddings, ids, offsets))

    dout = normal(rng, *out.shape, dtype=dtype)
    before = normal(rng, ROWS, 3, dtype=dtype)
    dembeddings = before.copy()
    pool.mean_backward(dembeddings, dout, ids, offsets)
    close(dembeddings, before + naive.mean_backward(ROWS, dout, ids, offsets))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("widths", [(1,), (3, 4, 5), (2, 7)], ids=str)
@pytest.mark.parametrize("pieces", [1, 2])
def test_conv_max(rng, dtype, widths, features, pieces, batch):
    ids, offsets = batch
    ids = np.stack([ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)], axis=1)
    filters = 3
    products = normal(rng, ROWS, sum(widths), filters, dtype=dtype)
    bias = normal(rng, filters * len(widths), dtype=dtype)
    pooled = np.full((len(offsets) - 1, filters * len(widths)), np.nan, dtype)
    position = np.full(pooled.shape, -99, np.int32)
    conv.conv_max_forward(pooled, position, products, bias, ids, offsets, np.array(widths), pieces)
    ref_pooled, ref_position = naive.conv_max_forward(products, bias, ids, offsets, widths)
    close(pooled, ref_pooled)
    np.testing.assert_array_equal(position, ref_position)

    dpooled = normal(rng, *pooled.shape, dtype=dtype)
    inputs, weight = normal(rng, ROWS, 4, dtype=dtype), normal(rng, sum(widths) * filters, 4, dtype=dtype)
    margin = max(widths) - 1
    tokens = np.full((len(ids) + len(offsets) * margin, 4), np.nan, dtype)
    dweight, dbias = np.full_like(weight, np.nan), np.full_like(bias, np.nan)
    dtokens, dinputs = np.full((pieces, *tokens.shape), np.nan, dtype), np.full_like(inputs, np.nan)
    for f in range(features):
        place = np.ascontiguousarray(ids[:, f])
        conv.spread_tokens(tokens, inputs, place, offsets, margin)
        won = (dpooled, pooled, position, tokens, weight, offsets, np.array(widths))
        conv.conv_max_backward(dweight, dbias, dtokens, *won, pieces)
        conv.spread_tokens_backward(dinputs, dtokens, place, offsets, margin)
        # Of the naive gradient of the products, what reaches the rows through this one of the features.
        dproducts, ref_dbias = naive.conv_max_backward(products, bias, dpooled, ids, offsets, widths, f)
        dproducts = dproducts.reshape(ROWS, -1)
        close(dweight, naive.matmul(dproducts.T, inputs))
        close(dinputs, naive.matmul(dproducts, weight))
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
    ref_tokens, ref_starts = naive.time_major(offsets, order)
    np.testing.assert_array_equal(tokens, ref_tokens)
    np.testing.assert_array_equal(starts, ref_starts)


def time_major(offsets):
    """tokens, starts and order of a packed batch."""
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    tokens, starts = np.full((2, lengths.sum()), -99, np.int32), np.full(lengths.max(initial=0) + 1, -99)
    lstm.time_major(tokens, starts, offsets, order)
    return tokens, starts, order


def by_row(array, tokens):
    """[direction, token] of the naive twin as [direction, row] of the kernels."""
    return np.stack([array[z, tokens[z]] for z in range(2)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("pieces", [1, 2])
def test_lstm(rng, dtype, features, scale, pieces, batch):
    ids, offsets = batch
    units = 3
    ids = np.stack([ids, *rng.integers(0, ROWS, (features - 1, len(ids)), np.int32)], axis=1)
    products, bias = normal(rng, ROWS, 2, 4 * units, dtype=dtype), normal(rng, 2, 4 * units, dtype=dtype)
    if scale > 1:  # every gate is fully open or shut
        products = np.copysign(dtype(scale), products)
    recurrent = normal(rng, 2, 4 * units, units, dtype=dtype)
    tokens, starts, _ = time_major(offsets)
    states, cells = (np.full((2, len(ids), units), np.nan, dtype) for _ in range(2))
    gates = np.full((2, len(ids), 4 * units), np.nan, dtype)
    lstm.lstm_forward(states, cells, gates, products, bias, recurrent, ids, tokens, starts, pieces)
    ref = naive.lstm_forward(products, bias, recurrent, ids, offsets)
    for comp, expected in zip((states, cells, gates), ref, strict=True):
        assert np.isfinite(comp).all()
        close(comp, by_row(expected, tokens))

    dstates = normal(rng, 2, len(ids), units, dtype=dtype)  # by token
    dproducts = np.full_like(products, np.nan)
    drecurrent, dbias = np.full_like(recurrent, np.nan), np.full_like(bias, np.nan)
    rest = (gates, cells, states, recurrent, ids, tokens, starts)
    lstm.lstm_backward(drecurrent, dbias, dproducts, by_row(dstates, tokens), *rest, pieces)
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
    states = normal(rng, 2, len(ids), units, dtype=dtype)  # by token
    tokens, starts, order = time_major(offsets)
    pooled = np.full((len(offsets) - 1, 2 * units), np.nan, dtype)
    position = np.full(pooled.shape, -99, np.int32)
    getattr(lstm, pooling)(pooled, position, by_row(states, tokens), order, starts)
    ref_pooled, ref_where = getattr(naive, pooling)(states, offsets)
    np.testing.assert_array_equal(pooled, ref_pooled)

    dpooled, before = normal(rng, *pooled.shape, dtype=dtype), normal(rng, *states.shape, dtype=dtype)
    dstates = before.copy()
    lstm.pooled_backward(dstates, dpooled, position)
    close(dstates, before + by_row(naive.pooled_backward(dpooled, ref_where, len(ids)), tokens))


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
