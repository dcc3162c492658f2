"""Dropout: which features of a batch stay, and how much larger they get for it.

Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 4; scaled
while training, as in their section 10.
"""

from numba import njit


@njit(cache=True, nogil=True)
def keep_drawn(keep, drawn, threshold, scale):
    """Turn random numbers into the factors of the features.

    Formula: keep[i] = scale if drawn[i] >= threshold else 0.
    Shapes: keep (n,) float; drawn (n,) uint16; threshold: int, 0..65535; scale: of the dtype of keep.
    Writes: keep.
    """
    nothing = keep.dtype.type(0)
    for i in range(keep.shape[0]):
        keep[i] = scale if drawn[i] >= threshold else nothing
