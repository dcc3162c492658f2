"""What the verbs print on standard output: tables, facts, JSON."""

import json
from collections.abc import Iterable


def print_json(record: dict) -> None:
    """One JSON object on one line, the last of standard output."""
    print(json.dumps(record, ensure_ascii=False))


def print_json_list(name: str, batches: Iterable[list]) -> None:
    """One JSON object with one list, as print_json does, but batch by batch, so that only one is held at a time."""
    opening = first = f"{{{json.dumps(name)}: ["
    for batch in filter(None, batches):
        print(opening, json.dumps(batch, ensure_ascii=False)[1:-1], sep="", end="")
        opening = ", "
    print("]}" if opening != first else first + "]}")


def print_facts(facts: dict) -> None:
    """A line per fact; lists and dicts as JSON."""
    for name, value in facts.items():
        print(f"{name}: {value if isinstance(value, (str, int)) else json.dumps(value, ensure_ascii=False)}")


def print_scores(scores: dict) -> None:
    """What `evaluate` found: scores in percent, a line per class, and which classes are confused in the clean texts."""
    typos = scores.get("typos")
    print(f"{_headlines(scores)}, {scores['examples']} examples")
    if typos:
        print(f"{_headlines(typos)}, with typing errors in {typos['edited']:,} of {typos['words']:,} longer words")
    width = max(5, *map(len, scores["per_class"]))
    beside = f"{'with errors':>13}" if typos else ""
    print(f"\n  # {'class':<{width}}{'precision':>11}{'recall':>8}{'F1':>8}{beside}{'examples':>10}")
    for index, (label, found) in enumerate(scores["per_class"].items()):
        print(f"{index:>3} {label:<{width}}{found['precision']:>11.1f}{found['recall']:>8.1f}", end="")
        beside = f"{typos['per_class'][label]['f1']:>13.1f}" if typos else ""
        print(f"{found['f1']:>8.1f}{beside}{found['support']:>10}")
    _print_matrix(scores["confusion"]) if "confusion" in scores else _print_pairs(scores["confusions"])


def _headlines(scores):
    official = f", official F1 {scores['official_f1']:.2f} %" if "official_f1" in scores else ""
    return f"accuracy {scores['accuracy']:.2f} %, macro-F1 {scores['macro_f1']:.2f} %{official}"


def _print_matrix(confusion):
    print("\nconfusion: rows are gold classes, columns predicted classes, numbered as above")
    column = max(4, *(len(str(count)) + 1 for row in confusion for count in row))
    print("   ", *(f"{index:>{column}}" for index in range(len(confusion))), sep="")
    for index, row in enumerate(confusion):
        print(f"{index:>3}", *(f"{count:>{column}}" for count in row), sep="")


def _print_pairs(confusions):
    print("\nconfused most often: texts, their class, and the class predicted")
    for pair in confusions:
        print(f"{pair['count']:>7} {pair['gold']} -> {pair['predicted']}")


def print_table(records: list[dict]) -> None:
    """A header and a line per run: scores in percent, sizes in bytes, seconds of training."""
    from embdistill.model.metrics import headline

    wide = max(9, *(len(record["method"]) for record in records)) + 1
    print(f"{'method':<{wide}}{'network':<9}{'d':>5}{'dev %':>8}{'test %':>8}{'table':>12}{'in all':>12}{'seconds':>9}")
    for record in records:
        test = f"{headline(record['test']):.1f}" if record["test"] else "-"
        sizes = record["bytes"]
        print(
            f"{record['method']:<{wide}}{record['network']:<9}{record['dim']:>5}{headline(record['dev']):>8.1f}{test:>8}"
            f"{sizes['table']:>12,}{sizes['total']:>12,}{record['seconds']['train']:>9.1f}"
        )
    if any("official_f1" in record["dev"] for record in records):
        print("dev %, test %: the official F1 of SemEval-2010 task 8")


def print_training(record: dict) -> None:
    """What `train` found, and the name of the model; of a cross-validation its folds and their means."""
    if "runs" in record:
        print_table([*record["runs"], record])
        print("the last line: means over the folds")
    else:
        print_table([record])
        print(f"saved: {record['out']}")


def print_demo(record: dict) -> None:
    """The table of the demo, where the model is, and what to try next."""
    from embdistill.demo import TEST, VECTORS

    print_table(record["runs"])
    out = record["out"]
    print(
        f"""
table, in all: bytes. The test split is phrased with words that the training split does not have.
saved: {out}

Next:
  echo "the chandelier is too dim" | python -m embdistill predict {out}
  python -m embdistill evaluate {out} --data {TEST}
  python -m embdistill info {out}
  python -m embdistill vectors neighbors {VECTORS} kettle
  python -m embdistill train --data YOURS.csv --vectors glove.6B.300d.txt --out run.h5"""
    )
