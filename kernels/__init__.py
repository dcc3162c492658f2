"""The formulas of training: short Numba functions over arrays, forward and backward in one file.

Outputs come first in every signature. Letters of the shapes: V words in the vocabulary, U distinct words of a batch,
N tokens, B sentences, D and d dimensions of the large and the small vectors, H hidden units or filters, C classes.
A batch is packed: sentence b is ids[offsets[b]:offsets[b + 1]]. Numba does not check bounds: whoever calls a kernel has
checked ids and offsets before (embdistill.data.packed.check_packed).

machine/ has how they run, runtime/ the C99 runtime. This file imports nothing, so that the C runtime can be used
without Numba.
"""
