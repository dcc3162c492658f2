"""The verb `info`."""

from embdistill.cli import vectors
from embdistill.cli.printing import print_facts, print_json, print_table


def info(file, *, json: bool = False):
    """Say what a run, .edm or vector file holds.

    Args:
        file: a run, .edm or vector file.
        json: print one JSON object.
    """
    from embdistill.model.edm import is_edm, load_edm

    if is_edm(file):
        facts = edm_facts(load_edm(file))
        return print_json(facts) if json else print_facts(facts)
    from embdistill.model.run_file import load_run
    from embdistill.storage.hdf5 import schema_of

    if schema_of(file) == "vectors":
        return vectors.info(file, json=json)
    facts = _run_facts(load_run(file))
    if json:
        return print_json(facts)
    print_table([facts.pop("record")])
    del facts["history"]
    print_facts(facts)


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
        **model.about,
    }
