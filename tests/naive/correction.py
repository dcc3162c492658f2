"""Unknown words that are one edit away from a known one, after docs/edm.md: every edit is made and looked up."""


def edits(word: str, letters: list[str]) -> list[str]:
    """All words one edit away: by kind of edit, and of each kind from left to right."""
    places = range(len(word) + 1)
    deletions = [word[:i] + word[i + 1 :] for i in places[:-1]]
    swaps = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in places[:-2]]
    substitutions = [word[:i] + letter + word[i + 1 :] for i in places[:-1] for letter in letters]
    insertions = [word[:i] + letter + word[i:] for i in places for letter in letters]
    return deletions + swaps + substitutions + insertions


def correct(word: str, classes: dict[str, int], letters: list[str], shortest=4, longest=24, least=1) -> str | None:
    """The known word that an unknown one is read as, or None. classes: of frequency, of each known word."""
    if len(word) > longest or set(word) & set("0123456789"):
        return None
    found = [edit for edit in edits(word, sorted(letters)) if len(edit) >= shortest and classes.get(edit, -1) >= least]
    return max(found, key=classes.get, default=None)  # the first of those that are equal
