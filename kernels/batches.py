"""Packed batches: choosing sentences, and the distinct words among their tokens."""

from numba import njit


@njit(cache=True, nogil=True)
def count_tokens(offsets, order):
    """How many tokens the sentences order[0], order[1], ... have together.

    Shapes: offsets (all sentences + 1,) int64; order (B,) int64. Returns an int.
    """
    n = 0
    for b in range(order.shape[0]):
        n += offsets[order[b] + 1] - offsets[order[b]]
    return n


@njit(cache=True, nogil=True)
def pack(out_ids, out_offsets, ids, offsets, order):
    """Copy the sentences order[0], order[1], ... of a packed corpus one behind the other.

    Shapes: out_ids (N,) int32, at least as long as the chosen sentences together; out_offsets (B+1,) int64;
        ids (all tokens,) int32; offsets (all sentences + 1,) int64; order (B,) int64.
    Writes: out_ids[:n] and out_offsets. Returns n, the number of tokens.
    """
    n = 0
    out_offsets[0] = 0
    for b in range(order.shape[0]):
        for i in range(offsets[order[b]], offsets[order[b] + 1]):
            out_ids[n] = ids[i]
            n += 1
        out_offsets[b + 1] = n
    return n


@njit(cache=True, nogil=True)
def pack_rows(out, rows, offsets, order):
    """Copy a row for each token of the sentences order[0], order[1], ..., as pack copies their ids.

    Shapes: out (N, m), rows (all tokens, m), of one dtype; offsets (all sentences + 1,) int64; order (B,) int64.
    Writes: out.
    """
    n = 0
    for b in range(order.shape[0]):
        for i in range(offsets[order[b]], offsets[order[b] + 1]):
            for j in range(rows.shape[1]):
                out[n, j] = rows[i, j]
            n += 1


@njit(cache=True, nogil=True)
def distinct(words, local, slot, ids):
    """Find the distinct words of a batch, so that each is encoded and convolved once, however often it occurs.

    Formula: words[local[i]] == ids[i] for every token i; words are in order of first occurrence.
    Shapes: words (N,) int32; local (N,) int32; slot (V,) int32, all -1; ids (N,) int32 in 0..V-1.
    Writes: words[:U] and local. slot is scratch, and all -1 again at the end. Returns U.
    """
    count = 0
    for i in range(ids.shape[0]):
        if slot[ids[i]] < 0:
            slot[ids[i]] = count
            words[count] = ids[i]
            count += 1
        local[i] = slot[ids[i]]
    for u in range(count):
        slot[words[u]] = -1
    return count
