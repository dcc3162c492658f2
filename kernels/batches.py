"""Batches: sentences picked from a packed corpus, and the distinct words among their tokens."""

from numba import njit


@njit(cache=True, nogil=True)
def pick(words, local, picked, slot, ids, offsets, order):
    """Pick the sentences order[0], order[1], ..., and find their distinct words, so that each is encoded only once.

    Formula: for token n of the picked sentences, one behind the other, words[local[n]] is its id in the corpus; words
        are in order of first occurrence; sentence b is local[picked[b]:picked[b + 1]].
    Shapes: words, local (N,) int32, N being the tokens of the picked sentences; picked (B+1,) int64; slot (V,) int32,
        all -1; ids (all tokens,) int32 in 0..V-1; offsets (all sentences + 1,) int64; order (B,) int64.
    Writes: words[:U], local and picked. slot is scratch, and all -1 again at the end. Returns U.
    """
    count = n = 0
    picked[0] = 0
    for b in range(order.shape[0]):
        for i in range(offsets[order[b]], offsets[order[b] + 1]):
            word = ids[i]
            if slot[word] < 0:
                slot[word] = count
                words[count] = word
                count += 1
            local[n] = slot[word]
            n += 1
        picked[b + 1] = n
    for u in range(count):
        slot[words[u]] = -1
    return count
