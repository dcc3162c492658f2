import numpy as np


def cell_backward(dh, dc_next, c, c_before, gates):
    i, o, f, g = gates
    dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
    du_i = dc * g * i * (1 - i)
    du_o = dh * np.tanh(c) * o * (1 - o)
    du_f = dc * c_before * f * (1 - f)
    du_g = dc * i * (1 - g**2)
    return du_i, du_o, du_f, du_g, dc * f


MISTAKES = [
    lambda dh, dc_next, *rest: cell_backward(dh, 0, *rest),
    lambda dh, dc_next, c, c_before, gates: cell_backward(dh, dc_next, 0 * c, c_before, gates),
    lambda dh, dc_next, c, c_before, gates: (*cell_backward(dh, dc_next, c, c_before, gates)[:4], dc_next),
]
