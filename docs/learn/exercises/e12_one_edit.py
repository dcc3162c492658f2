"""12. All words one typing error away.

To correct "ligth", look up every word that is one edit away from it: a letter left out, two neighbours swapped, a
letter replaced, a letter put in. There are few of them, so this is fast even on a microcontroller, and needs no
list of words beside the table (Norvig 2007). Write the set of these words; the word itself is not in it.

In the project: kernels/runtime/correction.c, which looks each up as it makes it, and so needs no memory for the
set.
"""

from itertools import product


def one_edit(word, letters):
    """The set of words one edit away from word; letters are those that may be put in."""
    raise NotImplementedError


def distance(a, b):
    """The least number of edits from a to b, by its definition (optimal string alignment)."""
    if not a or not b:
        return len(a) + len(b)
    ways = [distance(a[1:], b) + 1, distance(a, b[1:]) + 1, distance(a[1:], b[1:]) + (a[0] != b[0])]
    if len(a) > 1 and len(b) > 1 and (a[0], a[1]) == (b[1], b[0]):
        ways.append(distance(a[2:], b[2:]) + 1)
    return min(ways)


def test_light():
    assert "light" in one_edit("ligth", "abcdefghijklmnopqrstuvwxyz")


def test_all_of_them_and_no_others():
    for word in ("aab", "aba", "abab"):
        near = ("".join(w) for n in range(len(word) - 1, len(word) + 2) for w in product("ab", repeat=n))
        assert set(one_edit(word, "ab")) == {other for other in near if distance(word, other) == 1}
