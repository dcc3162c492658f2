"""Batches: sentences picked from a packed corpus, and the distinct words among their tokens."""

from numba import njit


@njit(cache=True, nogil=True)
def pick(words, local, picked, counts, slot, ids, offsets, order, size):
    """Pick the sentences order[0], order[1], ..., `size` a batch, and find the distinct words of each batch, so that
    each is encoded only once.

    Formula: with f the number of tokens in the batches before k, words[f:f + counts[k]] are the distinct words of batch
        k in order of first occurrence, and words[f + local[n]] is the word of token n, one token behind the other; with
        p = picked[k (size + 1):], sentence b of the batch is local[f + p[b]:f + p[b + 1]].
    Shapes: words, local (N,) int32, N being the tokens of the picked sentences; picked (P + K,) int64, counts (K,)
        int64 for P sentences in K batches; slot (V,) int32, all -1; ids (all tokens,) int32 in 0..V-1; offsets (all
        sentences + 1,) int64; order (P,) int64; size: int, 1 or more.
    Writes: local, picked, counts, and words[f:f + counts[k]] of each batch. slot is scratch, and all -1 at the end.
    """
    n = p = 0
    for k in range(counts.shape[0]):
        begin, count = n, 0
        picked[p] = 0
        for sentence in order[k * size : (k + 1) * size]:
            for i in range(offsets[sentence], offsets[sentence + 1]):
                word = ids[i]
                if slot[word] < 0:
                    slot[word] = count
                    words[begin + count] = word
                    count += 1
                local[n] = slot[word]
                n += 1
            p += 1
            picked[p] = n - begin
        p += 1
        for u in range(count):
            slot[words[begin + u]] = -1
        counts[k] = count
