"""Twin of embdistill/model/metrics.py."""

import math


def relation_f1(names, confusion):
    """As SemEval's scorer tells it: example by example, then precision and recall of each relation."""
    examples = []
    for g, gold in enumerate(names):
        for p, guess in enumerate(names):
            examples += [(gold, guess)] * int(confusion[g][p])
    scores = []
    for relation in {gold.split("(")[0] for gold, _ in examples}:
        if relation == "Other":
            continue
        right = sum(gold == guess for gold, guess in examples if gold.split("(")[0] == relation)
        actual = sum(gold.split("(")[0] == relation for gold, _ in examples)
        proposed = sum(guess.split("(")[0] == relation for _, guess in examples)
        precision, recall = right / proposed if proposed else 0, right / actual
        scores.append(200 * precision * recall / (precision + recall) if right else 0)
    return math.fsum(scores) / len(scores) if scores else 0.0
