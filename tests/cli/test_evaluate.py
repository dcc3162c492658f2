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


def test_evaluate_with_typing_errors(trained, few_texts, tmp_path):
    out, _ = trained
    words = ["evaluate", out, "--data", few_texts, "--typos", "0.5", "--typo-seed", "1"]
    stdout, _ = command(*words, "--json", cwd=tmp_path)
    scores = json.loads(stdout)
    typos = scores["typos"]
    assert (typos["rate"], typos["seed"]) == (0.5, 1) and 0 < typos["edited"] < typos["words"]
    stdout, _ = command(*words, cwd=tmp_path)
    lines = stdout.splitlines()
    assert lines[0].startswith(f"accuracy {scores['accuracy']:.2f} %")
    assert lines[1].startswith(f"accuracy {typos['accuracy']:.2f} %")
    assert lines[1].endswith(f"with typing errors in {typos['edited']} of {typos['words']} longer words")
    assert "with errors" in lines[3] and f"{typos['per_class']['light']['f1']:.1f}" in lines[4]
