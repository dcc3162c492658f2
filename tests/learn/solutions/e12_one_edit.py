def deletions(word):
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def swaps(word):
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}


def substitutions(word, letters):
    return {word[:i] + letter + word[i + 1 :] for i in range(len(word)) for letter in letters}


def insertions(word, letters):
    return {word[:i] + letter + word[i:] for i in range(len(word) + 1) for letter in letters}


def one_edit(word, letters):
    return (deletions(word) | swaps(word) | substitutions(word, letters) | insertions(word, letters)) - {word}


MISTAKES = [
    lambda word, letters: one_edit(word, letters) | {word},
    lambda word, letters: deletions(word) | substitutions(word, letters) | insertions(word, letters),
    lambda word, letters: one_edit(word, letters) - {word + letter for letter in letters},
]
