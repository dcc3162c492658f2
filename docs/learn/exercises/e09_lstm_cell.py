"""9. One step back through an LSTM.

forward() below is one step of one unit or many, number by number. Given dh, the gradient of the state, and dc_next,
what the cell gets from the step after it, write the gradients of the four sums u and of the cell before. Begin with
dc: c is used by h and by the next step, so it gets two gradients, which add up.

Read: derivations.md, the LSTM. In the project: kernels/lstm.py, _cell_backward.
"""

import numpy as np


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def forward(u_i, u_o, u_f, u_g, c_before):
    i, o, f, g = sigmoid(u_i), sigmoid(u_o), sigmoid(u_f), np.tanh(u_g)
    c = f * c_before + i * g
    return o * np.tanh(c), c, (i, o, f, g)


def cell_backward(dh, dc_next, c, c_before, gates):
    """(du_i, du_o, du_f, du_g, dc_before), each (H); gates are (i, o, f, g) of forward."""
    raise NotImplementedError


def test_by_differences():
    rng = np.random.default_rng(9)
    inputs, dh, dc_next, step = list(rng.normal(size=(5, 3))), rng.normal(size=3), rng.normal(size=3), 1e-6
    _, c, gates = forward(*inputs)
    found = cell_backward(dh, dc_next, c, inputs[-1], gates)
    assert len(found) == len(inputs)
    for k, gradient in enumerate(found):
        above, below = ([x + (j == k) * s for j, x in enumerate(inputs)] for s in (step, -step))
        (h_above, c_above, _), (h_below, c_below, _) = forward(*above), forward(*below)
        expected = (dh * (h_above - h_below) + dc_next * (c_above - c_below)) / (2 * step)
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-8)
