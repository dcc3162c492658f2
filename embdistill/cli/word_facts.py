"""How a model reads a word, for `info --word`, and how long it takes for words that the table lacks."""

import time

import numpy as np

from embdistill.model.words import BY_SUBWORDS, CORRECTED, READINGS, UNREAD

NEAREST = 10  # known words
TIMED, REPEATS = 200, 5  # made-up words
LETTERS = 8  # of each
NOT_CORRECTED = {  # why, by the "spelling" of a word
    False: "",
    True: ", not corrected, as one of the spellings",
    "mistaken": ", not corrected, as the filter of the spellings takes it for one by mistake",
    "held": ", not corrected, as the filter of the spellings holds it",
}


def word_facts(model, text: str) -> list[dict]:
    """Of each token of a text, how a Model reads it: known; corrected to another word; by its n-grams and their
    buckets; or as unknown. Unless it is unknown, with the known words whose small vectors have the highest cosine.
    Words that are not corrected since they are among the spellings have "spelling": true, or "mistaken" where it is the
    filter of the spellings that takes them for one. Those that had no vector in training have "unknown_in_training"."""
    facts, unknown = [], frozenset(model.words_without_vector)
    for word in model.tokenizer(text, model.known_words):
        reading = model.words.read(word)
        fact = {"word": word, "read": reading.how} | ({"unknown_in_training": True} if word in unknown else {})
        if reading.how in (BY_SUBWORDS, UNREAD) and model.words.is_spelling(word) and _would_be_corrected(model, word):
            fact["spelling"] = True if word in model.correction.spellings else "mistaken"
        if reading.how == CORRECTED:
            fact["as"] = model.vocabulary.words[reading.row]
        if reading.how == BY_SUBWORDS:
            fact["ngrams"] = dict(zip(model.subwords.spelt(word), model.subwords.ngrams(word), strict=True))
        if reading.how != UNREAD:
            fact["nearest"] = _nearest(model, word, reading.row)
        facts.append(fact)
    return facts


def _would_be_corrected(model, word):
    return model.correction.rows_read(model.vocabulary.words, [word]) != [0]


def edm_word_facts(model, text: str) -> list[dict]:
    """The same of an EdmModel, with "row", of its table, and no nearest words, since an image does not hold the words;
    nor the spellings, so that a word which their filter holds has "spelling": "held"."""
    facts = []
    for word in model.tokenizer(text, model.known_words):
        ((*_, reading, spelling),) = model._read(word.encode())
        fact = {"word": word, "read": READINGS[reading]}
        if row := model.find(word) or model.correct(word):
            fact |= {"row": row} | ({"as": spelling} if fact["read"] == CORRECTED else {})
        elif model.is_spelling(word):
            fact["spelling"] = "held"
        facts.append(fact)
    return facts


def print_word(facts: list[dict]) -> None:
    """A line for each token, then its n-grams and nearest known words, as far as there are any."""
    for fact in facts:
        known = f" to {fact['as']}" if "as" in fact else ""
        row = f", row {fact['row']} of the table" if "row" in fact else ""
        why = NOT_CORRECTED[fact.get("spelling", False)]
        if "unknown_in_training" in fact:
            why = ", a word of the training texts that had no vector"
        print(f"{fact['word']}: {fact['read']}{known}{row}{why}")
        if "ngrams" in fact:
            print("  n-grams:", ", ".join(f"{ngram} ({bucket})" for ngram, bucket in fact["ngrams"].items()))
        for word, cosine in fact.get("nearest", {}).items():
            print(f"  {cosine:6.3f} {word}")


def microseconds(model) -> dict[str, float]:
    """Of a Model or EdmModel that reads more than known words: the time to look for an unknown word of LETTERS
    letters one edit away, without finding one, and to compute a small vector from n-grams, the latter of a Model."""
    letters = np.array(list("etaoinshrdlu"))
    words = ["".join(word) for word in np.random.default_rng(0).choice(letters, (TIMED, LETTERS))]
    found = {}
    if getattr(model, "correction", None) or "CORR" in getattr(model, "sections", {}):
        correct = model.correct if hasattr(model, "correct") else model.words.read
        found["correction"] = _time(lambda: [correct(word) for word in words])
    if getattr(model, "subwords", None):
        found["subwords"] = _time(lambda: model.subwords.vectors(words))
    return found


def _time(job):
    """Microseconds of each of TIMED words; the least of several times, since other programs may run beside."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return round(1e6 * min(times) / TIMED, 2)


def _nearest(model, word, row):
    """The known words of the highest cosine with a word, and the cosine, best first; row: of the word itself, or 0."""
    target, table = model.small_vectors([word])[0], model.table
    sizes = np.linalg.norm(table, axis=1) * np.linalg.norm(target)
    cosines = np.divide(table @ target, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    cosines[[0, row]] = -np.inf
    best = np.argsort(-cosines, kind="stable")[: min(NEAREST, len(table) - 1 - (row > 0))].tolist()
    return {model.vocabulary.words[i]: round(float(cosines[i]), 3) for i in best}
