"""What was read from a labelled file, as facts, as lines for people, and what in it is likely a mistake."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from itertools import islice

from embdistill.data.corpora import Corpus

NAMED = 10  # unknown words that are named
LISTED = 6  # classes that are all listed; of more, the largest and the smallest
SHOWN = 3  # examples in a warning
LONG = 40  # characters of a class or word that are shown
MANY_UNKNOWN = 1 / 3  # share of the tokens
COPIED = 1 / 10  # share of the texts that are among those of training, or repeated there
ONE_SIDED = 0.8  # share of the texts that are of the largest class
FEW_NUMBERS = 20  # more classes than this that are all numbers are likely no classes


@dataclass(frozen=True)
class Account:
    """The facts of one labelled file.

    classes: the number of texts of each, the largest first. tokens: of all texts. empty: texts without a token;
    without_known_word: texts with tokens, none of them known. unknown: how often each unknown word occurs.
    duplicates: texts that stand there already, further up. in_training: texts that are among those of training; None
    for a training file, and where training texts are not at hand. Texts are the same if their tokens are.
    without_vector: how many of the unknown tokens are words that training has too, which have no vector; None for a
    training file, all of whose unknown words are such, and where training is not at hand.
    """

    path: str
    texts: int
    classes: Counter
    tokens: int
    empty: int
    without_known_word: int
    unknown: Counter
    duplicates: int
    in_training: int | None = None
    without_vector: int | None = None

    @property
    def known_tokens(self) -> int:
        """How many of the tokens are known words."""
        return self.tokens - self.unknown.total()

    @property
    def unknown_tokens(self) -> float:
        """Share of the tokens that are unknown words, in percent."""
        return 100 * self.unknown.total() / self.tokens if self.tokens else 0.0

    def as_dict(self) -> dict:
        """The facts as JSON can hold them; of the unknown words, the commonest."""
        return {
            "texts": self.texts,
            "classes": dict(self.classes),
            "tokens": self.tokens,
            "empty": self.empty,
            "without_known_word": self.without_known_word,
            "unknown_tokens": self.unknown_tokens,
            "unknown_words": dict(self.unknown.most_common(NAMED)),
            "without_vector": self.without_vector,
            "duplicates": self.duplicates,
            "in_training": self.in_training,
        }

    def lines(self) -> list[str]:
        """The facts in a line or two; what is not there is not mentioned."""
        first = f"{_of(self.texts, 'text')}, {self._classes()}, {self.tokens / self.texts:.1f} tokens a text"
        if self.duplicates:
            first += f"; {_of(self.duplicates, 'text')} of them repeated"
        if self.in_training:
            first += f"; {self.in_training} are among the training texts"
        lines = [first]
        if self.unknown:
            named = ", ".join(f"{_short(word)} {count}" for word, count in self.unknown.most_common(NAMED))
            second = f"{self.unknown_tokens:.1f} % of the tokens are unknown words: {named}"
            if len(self.unknown) > NAMED:
                second += f", and {len(self.unknown) - NAMED:,} more"
            if self.without_vector:
                second += f"; {self.without_vector:,} of these tokens are words of training that have no vector"
            if self.without_known_word:
                second += f"; {_of(self.without_known_word, 'text')} without a known word"
            lines.append(second)
        return [f"{self.path}: {line}" for line in lines]

    def _classes(self):
        pairs = [f"{_short(name)} {count:,}" for name, count in self.classes.items()]
        if len(pairs) <= LISTED:
            return f"{_of(len(pairs), 'class', 'es')} ({', '.join(pairs)})"
        return f"{len(pairs):,} classes (from {pairs[0]} to {pairs[-1]})"


def account_of(
    corpus: Corpus,
    tokens: Sequence[Sequence[str]],
    counts: Counter,
    known: Container[str],
    training: Collection[str] | None = None,
    unknown_in_training: Collection[str] | None = None,
) -> Account:
    """The account of a file that was read and tokenized.

    tokens: of each text. counts: how often each token occurs in it. known: the known words. training: distinct_texts of
    the training file, if this is another one. unknown_in_training: the words of training that have no vector.
    """
    unknown = Counter({word: count for word, count in counts.items() if word not in known})
    recognised = counts.keys() - unknown.keys()
    texts = len(corpus.examples)
    words = _as_strings(corpus, tokens)
    return Account(
        path=corpus.path,
        texts=texts,
        classes=classes_of(corpus),
        tokens=counts.total(),
        empty=texts - len(words),
        without_known_word=sum(map(recognised.isdisjoint, tokens)) - (texts - len(words)),
        unknown=unknown,
        duplicates=len(words) - len(set(words)),
        in_training=None if training is None else sum(text in training for text in words),
        without_vector=None if unknown_in_training is None else sum(unknown[word] for word in unknown_in_training),
    )


def distinct_texts(corpus: Corpus, tokens: Sequence[Sequence[str]]) -> frozenset[str]:
    """What stands for each text of a corpus and is equal for equal ones; tokens: of each text."""
    return frozenset(_as_strings(corpus, tokens))


def _as_strings(corpus, tokens):
    """A string for each text that has tokens: these, or the text, since entities may differ where no token does."""
    if corpus.relations:
        return [example.text for example, found in zip(corpus.examples, tokens, strict=True) if found]
    return list(filter(None, map(" ".join, tokens)))


def classes_of(corpus: Corpus) -> Counter:
    """The number of texts of each class, the largest first."""
    return Counter(dict(Counter(example.label for example in corpus.examples).most_common()))


def warnings_of_classes(corpus: Corpus) -> list[str]:
    """What is likely a mistake in the classes of a training file, with its likely cause."""
    classes, texts, found = classes_of(corpus), len(corpus.examples), []
    if 2 * len(classes) > texts > 4 or (_numbers(classes) and len(classes) > FEW_NUMBERS):
        found.append(f"{len(classes):,} classes for {_of(texts, 'text')}{_cause(classes, corpus.format)}")
    elif single := [name for name, count in classes.items() if count == 1]:
        found.append(
            f"{_of(len(single), 'class', 'es')} with one text ({_some(single)}): too few to learn from; give more, "
            "merge or remove them"
        )
    for alike in _alike(classes):
        found.append(f"classes that differ in case or spaces only ({alike}): if they are one, write them alike")
    largest, count = next(iter(classes.items()))
    if count > ONE_SIDED * texts:
        found.append(
            f"{100 * count / texts:.0f} % of the texts are of class {_short(largest)}, and a model that always says so "
            "is as accurate; see --class-weights balanced and --select macro_f1"
        )
    return [f"warning: {corpus.path}: {line}" for line in found]


def warnings_of_texts(account: Account, cause: str | None = None) -> list[str]:
    """What is likely a mistake in the texts of any file. cause: why words are unknown, if it is known."""
    found = []
    if account.empty:
        found.append(f"{_of(account.empty, 'text')} without a word: fill them in or remove them")
    if many_unknown(account):
        found.append(
            f"{account.unknown_tokens:.0f} % of the tokens are unknown words; "
            f"{cause or 'give vectors of the language and kind of these texts'}"
        )
    if account.in_training and account.in_training >= COPIED * account.texts:
        found.append(
            f"{account.in_training} of {account.texts} texts are among the training texts, so its scores will be too "
            "high; remove them from one of the files"
        )
    return [f"warning: {account.path}: {line}" for line in found]


def warnings_of_repeats(account: Account) -> list[str]:
    """Whether a part of a training file, held out, would have the texts of the rest."""
    if account.duplicates < COPIED * account.texts:
        return []
    return [
        f"warning: {account.path}: {account.duplicates:,} of {account.texts:,} texts are repeated, so those held out "
        "for dev are among the others, and its scores too high; remove the repetitions, or give --dev"
    ]


def many_unknown(account: Account) -> bool:
    """Whether so many tokens are unknown words that there must be a reason."""
    return account.unknown.total() > MANY_UNKNOWN * account.tokens


def _cause(classes, format):
    """Why there are so many classes, and what to do."""
    names = list(classes)
    if _numbers(names):
        return (
            ", all of them numbers: a classifier takes them for names, and cannot predict numbers between them; if "
            "they are measured, write classes such as low and high, or name another --label-column"
        )
    glued = next((name for name in names if re.search(r"[^\W_][,;:\t|\"][^\W\d_]", name)), None)
    if format == "fasttext" and glued:
        return f": labels are glued to their texts, as in {_short(glued)!r}; put a space behind each label"
    if sum(name.count(" ") >= 2 for name in names) > len(names) / 2:
        return ": the labels look like texts; is it the wrong column? See --text-column and --label-column"
    return (
        f" (such as {_some(names)}): is it the wrong column, or are labels glued to their texts? See --label-column"
        if format != "fasttext"
        else f" (such as {_some(names)}): are labels glued to their texts? Put a space behind each label"
    )


def _numbers(names):
    return all(re.fullmatch(r"[-+]?\d*[.,]?\d+([eE][-+]?\d+)?", name) for name in names)


def _alike(classes):
    """A few groups of class names that are one but for case and spaces, each as a phrase."""
    groups = {}
    for name in classes:
        groups.setdefault(re.sub(r"\s+", "", unicodedata.normalize("NFKC", name).casefold()), []).append(name)
    groups = [names for names in groups.values() if len(names) > 1]
    shown = [" and ".join(f"{_short(name)!r} {classes[name]}" for name in names) for names in groups[:SHOWN]]
    if len(groups) > SHOWN:
        shown[-1] += f", and {len(groups) - SHOWN} more"
    return ["; ".join(shown)] if shown else []


def _some(names):
    shown = ", ".join(map(_short, islice(names, SHOWN)))
    return shown if len(names) <= SHOWN else f"{shown}, ..."


def _short(name):
    """A class or word that may be a whole text, at a length that a line can take."""
    return name if len(name) <= LONG else f"{name[:LONG]}..."


def _of(count, noun, plural="s"):
    return f"{count:,} {noun}{'' if count == 1 else plural}"
