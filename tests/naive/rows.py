"""Twin of kernels/rows.py."""

import numpy as np


def gather_rows(table, rows):
    return np.array([[table[r, j] for j in range(table.shape[1])] for r in rows], table.dtype)
