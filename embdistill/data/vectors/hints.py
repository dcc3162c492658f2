"""Why a vector file lacks the words of a corpus: it may have them in another form."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from embdistill.data.vectors import VectorFile

SAMPLE = 5000  # rows whose words show what a file puts before or behind each word
ENOUGH = 0.1  # share of the words that another form must find
CONCEPTNET = re.compile(r"/c/[a-z]{2,3}/")  # ConceptNet Numberbatch has many languages, one after the other
LANGUAGES = "en de fr es it pt nl pl sv da no fi cs hu ro tr ru uk el bg sr hr ar fa he hi id vi th zh ja ko".split()


def hint(file: VectorFile, words: Collection[str], lowercase: bool) -> str | None:
    """Why a file that was read lacks these words of a corpus, and what to do, as part of a line; None if unknown.

    It reads the file once more, or of a pipe only the first words. lowercase: whether the tokenizer lower-cases.
    """
    words = set(words)
    forms = {}  # by how words are written in the file: (word of the corpus, form)
    for form in (_capitals, _small, _decomposed, *_affixes(_first_words(file), words)):
        for word in words:
            for written in form(word):
                if written != word:
                    forms.setdefault(written, (word, form))
    found = {}
    for written in _words_in(file, forms):
        word, form = forms[written]
        found.setdefault(form, {})[word] = written
    if not found:
        return _other_letters(file, words)
    form, pairs = max(found.items(), key=lambda item: len(item[1]))
    if len(pairs) < ENOUGH * min(len(words), len(_first_words(file)) if file.is_pipe else len(words)):
        return _other_letters(file, words)
    word, written = max(pairs.items(), key=lambda pair: (len(pair[0]), pair))  # short ones look odd
    return f"it has {written!r} where the texts have {word!r}: {_what_to_do(form, lowercase)}"


def script(words: Iterable[str]) -> str | None:
    """The script in which most of some words are written, such as Latin; None for words without letters."""
    letters = Counter(unicodedata.name(word[0], "").split(" ")[0] for word in words if word[:1].isalpha())
    return letters.most_common(1)[0][0].capitalize().replace("Cjk", "Chinese") if letters else None


def _other_letters(file, words):
    theirs, ours = script(_first_words(file)), script(words)
    if theirs and ours and theirs != ours:
        return f"its words are in {theirs} letters, and those of the texts in {ours}: give vectors of their language"
    return None


def _capitals(word):
    return {word.capitalize(), word.title(), word.upper()}


def _small(word):
    return {word.lower()}


def _decomposed(word):
    return {unicodedata.normalize("NFD", word)}


class _Affix:
    """A word with something before or behind it."""

    def __init__(self, before, behind):
        self.before = before
        self.behind = behind

    def __call__(self, word):
        return {self.before + word + self.behind}


def _affixes(sample, words) -> Iterator[_Affix]:
    """What stands before and behind the words of a sample that are words of the corpus inside, the commonest."""
    if sum(map(bool, map(CONCEPTNET.match, sample))) * 2 > len(sample):
        for language in LANGUAGES:
            yield _Affix(f"/c/{language}/", "")
        return
    met = Counter()
    for written in sample:
        for inside in re.finditer(r"[^\W_]+", written):
            if inside.group() in words or inside.group().lower() in words:
                met[written[: inside.start()], written[inside.end() :]] += 1
    del met["", ""]
    for (before, behind), count in met.most_common(3):
        if count > 1 or len(sample) < 10:
            yield _Affix(before, behind)


def _first_words(file):
    if file.layout:
        return [word.decode(errors="replace") for word in file.layout.words]
    return [word for word, _ in itertools.islice(file.again().rows(), SAMPLE)]


def _words_in(file, forms):
    """Which of the forms a file has."""
    if file.is_pipe:
        return [word for word in _first_words(file) if word in forms]
    return [word for word, _ in file.again().rows(forms.keys())]


def _what_to_do(form, lowercase):
    if form is _small:
        return "omit --lowercase false"
    if form is _decomposed:
        return "compose its letters and marks, as with `uconv -x any-nfc`"
    if form is _capitals:
        lowered = r"lower-case its words, as with `sed 's/^[^ ]*/\L&/'`"
        return f"give --lowercase false if the texts have capitals too, or {lowered}" if lowercase else lowered
    if form.behind:
        return f"take {form.behind!r} and the like off its words"
    before = re.sub(r"[]\\|.*^$[]", r"\\\g<0>", form.before)
    return f"take {form.before!r} off its words, as with `sed -n 's|^{before}||p'`"
