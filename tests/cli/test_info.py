"""The verbs info and verify."""

import json

from cli_helpers import command
from embdistill import load


def test_info_and_verify(trained, tmp_path):
    stdout, _ = command("info", trained[0], "--json", cwd=tmp_path)
    facts = json.loads(stdout)
    assert facts["labels"] == ["light", "music"] and facts["config"]["filters"] == 5
    assert facts["weights"]["table"] == [trained[1]["vocabulary"], 4]
    assert facts["weights_sha256"] == load(trained[0]).digest()
    assert {len(file["sha256"]) for file in facts["inputs"]} == {64}
    assert len(facts["history"]) == 2
    stdout, _ = command("info", trained[0], cwd=tmp_path)
    assert "config:" in stdout and "vocabulary:" in stdout
    assert command("verify", trained[0], cwd=tmp_path)[0] == f"{trained[0]}: sound run file\n"
