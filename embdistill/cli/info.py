"""The verb `info`."""

from embdistill.cli import vectors
from embdistill.cli.printing import print_facts, print_json, print_table
from embdistill.cli.word_facts import edm_word_facts, microseconds, print_word, word_facts
from embdistill.errors import UserError
from embdistill.progress import say


def info(file, *, word: str | None = None, json: bool = False):
    """Say what a run, .edm or vector file holds, or how a model reads a word.

    Args:
        file: a run, .edm or vector file.
        word: say only how this word is read: known, corrected to which, or by which n-grams; and which known words are
            nearest to it by their small vectors.
        json: print one JSON object.
    """
    from embdistill.model.edm import is_edm, load_edm

    if is_edm(file):
        model = load_edm(file)
        if word is not None:
            return _tell_word(edm_word_facts, model, word, json)
        facts = edm_facts(model) | _times(model)
        return print_json(facts) if json else print_facts(facts)
    from embdistill.model.run_file import load_run
    from embdistill.storage.hdf5 import schema_of

    if schema_of(file) == "vectors":
        if word is not None:
            raise UserError(f"{file}: a vector file reads no words; `vectors neighbors {file} {word}` shows them")
        return vectors.info(file, json=json)
    model = load_run(file)
    if word is not None:
        return _tell_word(word_facts, model, word, json)
    facts = _run_facts(model)
    if json:
        return print_json(facts)
    print_table([facts.pop("record")])
    del facts["history"]
    print_facts(facts)


def _tell_word(facts_of, model, word, json):
    facts = facts_of(model, word)
    if not facts:
        raise UserError(f"--word {word!r}: has no word in it; give one")
    if len(facts) > 1:
        say(f"--word {word!r} is {len(facts)} tokens, each read by itself")
    print_json({"words": facts}) if json else print_word(facts)


def _times(model):
    times = microseconds(model)
    return {"microseconds of an unknown word": times} if times else {}


def edm_facts(model) -> dict:
    """All that an EdmModel says of itself; FormatError if a part of it is not sound."""
    return {
        "labels": model.labels,
        "vocabulary": model.vocabulary,
        "tokenizer": model.tokenizer.settings,
        "network": model.network,
        "bytes": model.bytes,
        "sections": model.sections,
        "about": model.about,
    }


def _run_facts(model):
    weights = {"table": model.table, **model.values}
    return {
        "labels": model.labels,
        "vocabulary": len(model.vocabulary),
        "tokenizer": model.tokenizer.settings,
        "weights": {name: list(values.shape) for name, values in weights.items()},
        "weights_sha256": model.digest(),
        "bytes": model.bytes,
        **_times(model),
        **model.about,
    }
