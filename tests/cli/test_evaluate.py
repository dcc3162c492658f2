"""The verb evaluate."""

import json

from cli_helpers import command


def test_evaluate_gives_the_scores_of_training(trained, few_texts, tmp_path):
    out, record = trained
    stdout, _ = command("evaluate", out, "--data", few_texts, "--json", cwd=tmp_path)
    scores = json.loads(stdout)
    assert (scores["accuracy"], scores["macro_f1"]) == (record["test"]["accuracy"], record["test"]["macro_f1"])
    stdout, _ = command("evaluate", out, "--data", few_texts, cwd=tmp_path)
    assert f"accuracy {record['test']['accuracy']:.2f} %" in stdout
