import numpy as np


def mean_backward(dm, ids, offsets, words):
    de = np.zeros((words, dm.shape[1]))
    for b, row in enumerate(dm):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for word in sentence:
            de[word] += row / len(sentence)
    return de


def loses_repeated_words(dm, ids, offsets, words):
    de = np.zeros((words, dm.shape[1]))
    for b, row in enumerate(dm):
        sentence = ids[offsets[b] : offsets[b + 1]]
        de[sentence] += row / max(1, len(sentence))
    return de


def forgets_to_divide(dm, ids, offsets, words):
    de = np.zeros((words, dm.shape[1]))
    np.add.at(de, ids, np.repeat(dm, np.diff(offsets), axis=0))
    return de


MISTAKES = [loses_repeated_words, forgets_to_divide]
