"""Batches: sentences picked from a packed corpus, over the distinct words among their tokens."""

from embdistill.kernels.machine.compiling import kernel


@kernel
def pick(words, local, picked, scratch, ids, offsets, sentences):
    """Pick sentences for a batch, and find the distinct words among their tokens, so that each is encoded only once.

    Formula: words[:U] are the distinct words in order of first occurrence; sentence b of the batch is
        local[picked[b]:picked[b + 1]], and words[local[n]] is the word of its token n.
    Shapes: words, local (N,) int32, N being the tokens of the picked sentences; picked (B+1,) int64; scratch (V,)
        int32, all -1; ids (all tokens,) int32 in 0..V-1; offsets (all sentences + 1,) int64; sentences (B,) int64.
    Writes: local, picked and words[:U]; scratch is all -1 again at the end. Returns U.
    """
    n = count = 0
    picked[0] = 0
    for b in range(sentences.shape[0]):
        for i in range(offsets[sentences[b]], offsets[sentences[b] + 1]):
            word = ids[i]
            if scratch[word] < 0:
                scratch[word] = count
                words[count] = word
                count += 1
            local[n] = scratch[word]
            n += 1
        picked[b + 1] = n
    for u in range(count):
        scratch[words[u]] = -1
    return count
