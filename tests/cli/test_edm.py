"""The command line says of an .edm file what it says of the run file, and starts fast."""

import json
import subprocess
import sys

import pytest

from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.export.edm import edm_bytes
from embdistill.model.config import Config
from embdistill.training.experiment import run
from model_helpers import HARD, made_for


def _predict(path, texts, capsysbinary, *more):
    code = main(["predict", str(path), "--input", str(texts), *more])
    return code, *capsysbinary.readouterr()


def test_predict_is_the_same_for_both_files(model_files, tmp_path, capsysbinary):
    run_file, edm_file, model = model_files
    texts = [text.encode(errors="replace") if isinstance(text, str) else text for text in made_for(model, HARD)]
    (tmp_path / "texts").write_bytes(b"\n".join(text.replace(b"\n", b" ") for text in texts))
    _predict(run_file, tmp_path / "texts", capsysbinary)  # what is compiled is said
    of_run, of_edm = (_predict(path, tmp_path / "texts", capsysbinary) for path in (run_file, edm_file))
    assert of_edm[0] == of_run[0] == 0 and of_edm[2] == of_run[2]
    lines = [[line.split("\t") for line in output.decode().splitlines()] for _, output, _ in (of_run, of_edm)]
    assert len(lines[1]) == len(HARD)
    for (label, probability), (expected, near) in zip(*lines, strict=True):
        assert label == expected and float(probability) == pytest.approx(float(near), abs=1e-4)
    if not model.relations:
        assert b"texts have no word that the model knows" in of_edm[2]
    _, output, _ = _predict(edm_file, tmp_path / "texts", capsysbinary, "--json")
    predictions = json.loads(output)["predictions"]
    assert [prediction["label"] for prediction in predictions] == [label for label, _ in lines[0]]
    assert all(list(prediction["probabilities"]) == model.labels for prediction in predictions)


def test_predict_names_the_line_without_marks(pair_of_relations, tmp_path, capsysbinary):
    (tmp_path / "model.edm").write_bytes(edm_bytes(pair_of_relations[0], "float32"))
    (tmp_path / "texts").write_text("<e1>a</e1> <e2>b</e2>\n<e1>a</e1> b\n")
    code, _, said = _predict(tmp_path / "model.edm", tmp_path / "texts", capsysbinary)
    assert code == 2
    assert said.decode().startswith(f"embdistill: {tmp_path / 'texts'}:2: no <e2>; mark two entities")


def test_predict_answers_a_slow_stream_line_by_line(model_files):
    _, edm_file, model = model_files
    words = [sys.executable, "-m", "embdistill", "predict", str(edm_file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text in made_for(model, ["turn the lamp on", "play a song"]):
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().count(b"\t") == 1  # before the next line is sent
        process.stdin.close()


HEAVY = ("numpy", "numba", "h5py", "scipy", "fire", "tqdm", "inspect", "importlib.metadata", "embdistill.model.config")


def test_predict_imports_nothing_heavy(model_files, tmp_path):
    _, edm_file, model = model_files
    (tmp_path / "texts").write_text(made_for(model, ["turn the lamp on"])[0])
    script = f"""
import sys
from embdistill.cli import main
assert main(["predict", {str(edm_file)!r}, "--input", {str(tmp_path / "texts")!r}]) == 0
print(*sorted(sys.modules.keys() & set({HEAVY!r})))
"""
    finished = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    prediction, heavy = finished.stdout.split("\n")[:2]
    assert prediction.count("\t") == 1 and heavy == "", finished.stderr


def test_evaluate(few_texts, few_vectors, tmp_path, capsys):
    config = Config(network="mean", dim=4, epochs=3)
    model = run(prepare(few_texts, None, None, few_vectors, config), config, tmp_path / "run.h5").model
    (tmp_path / "model.edm").write_bytes(edm_bytes(model, "float32"))
    capsys.readouterr()  # what training said
    said = []
    for file in ("run.h5", "model.edm"):
        assert main(["evaluate", str(tmp_path / file), "--data", str(few_texts)]) == 0
        said.append(capsys.readouterr())
    assert said[0].out == said[1].out and "accuracy" in said[0].out
    *account, trained = said[0].err.splitlines()
    first, unknown = said[1].err.splitlines()
    assert account[0] == first and "the model was trained on it" in trained
    assert "% of the tokens are unknown words" in unknown
    # Only a run file tells which words training met without a vector.
    assert account[1] == f"{unknown}; 5 of these tokens are words of training that have no vector"


def test_info_and_verify(model_files, capsys):
    _, edm_file, model = model_files
    assert main(["info", str(edm_file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == model.labels and facts["vocabulary"] == len(model.vocabulary)
    assert facts["tokenizer"] == {"split": "english", "lowercase": True}
    assert facts["bytes"]["total"] == edm_file.stat().st_size
    assert facts["sections"]["TABL"] == facts["bytes"]["table"] and isinstance(facts["about"], dict)
    assert main(["info", str(edm_file)]) == 0
    assert "sections:" in capsys.readouterr().out
    assert main(["verify", str(edm_file)]) == 0
    assert capsys.readouterr().out == f"{edm_file}: sound edm file\n"
    edm_file.write_bytes(edm_file.read_bytes()[:-1])
    for verb in ("info", "verify", "predict"):
        assert main([verb, str(edm_file)]) == 2
        assert capsys.readouterr().err.startswith(f"embdistill: {edm_file}: cut off")
