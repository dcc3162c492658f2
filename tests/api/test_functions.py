"""The steps of an experiment, each with what the command line gives for the same files."""

import json

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from embdistill.api import (
    Config,
    compare,
    evaluate,
    export,
    fold,
    read_corpus,
    read_vectors,
    silent,
    train,
)
from embdistill.errors import UserError

CONFIG = Config(**{name: value for name, value in QUICK.items() if name != "threads"})


@pytest.fixture(scope="module")
def trained(few_texts, few_vectors):
    with silent():
        return train(read_corpus(few_texts), read_vectors(few_vectors), test=few_texts, config=CONFIG, threads=1)


@pytest.fixture(scope="module")
def folded(trained):
    return fold(trained)


def test_reads_what_the_command_line_reads(write):
    path = write("kind,what\nmusic,play a song\nlight,lamp on\nlight,lamp off\n", "texts.csv")
    corpus = read_corpus(path, text_column="what", label_column="kind")
    assert corpus.texts == ["play a song", "lamp on", "lamp off"]
    assert corpus.labels == ["music", "light", "light"]
    assert corpus.classes == {"light": 2, "music": 1}
    with pytest.raises(
        UserError,
        match=r'texts.csv:1: no column `text` .*; give read_corpus text_column="what", label_column="kind"',
    ):
        read_corpus(path)


def test_reads_vectors_of_a_file_or_the_first_of_them(few_vectors, words_and_values):
    words, values = words_and_values
    vectors = read_vectors(few_vectors)
    assert vectors.words == tuple(words) and len(vectors) == 60 and "lamp" in vectors
    np.testing.assert_array_equal(vectors.vectors, values)
    np.testing.assert_array_equal(vectors["lamp"], values[words.index("lamp")])
    assert read_vectors(few_vectors, first=7).words == tuple(words[:7])
    with pytest.raises(UserError, match=r"^first 0: must be at least 1, or None for all words$"):
        read_vectors(few_vectors, first=0)
    same = read_vectors((words, values))
    assert same.words == vectors.words and same.name == "vectors"


def test_trains_folds_and_exports_as_the_command_line_does(
    few_texts, few_vectors, folded, tmp_path, command_line, capsys
):
    out = tmp_path / "run.h5"
    options = [f"--{name}={value}" for name, value in QUICK.items()]
    files = ["--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--out", out]
    command_line("train", *files, *options)
    run = embdistill.load(out)
    assert folded.model.digest() == run.digest()
    assert folded.record["test"] == run.about["record"]["test"]
    folded.save(tmp_path / "saved.h5")
    saved = embdistill.load(tmp_path / "saved.h5")
    assert [file["sha256"] for file in saved.about["inputs"]] == [file["sha256"] for file in run.about["inputs"]]
    written = export(folded, tmp_path / "a.edm", dtype="int8")
    assert (written.to, written.dtype, written.bytes) == ("edm", "int8", (tmp_path / "a.edm").stat().st_size)
    export(out, tmp_path / "b.edm", dtype="int8")
    texts = read_corpus(few_texts).texts
    a, b = (embdistill.load(tmp_path / name).predict_logits(texts) for name in ("a.edm", "b.edm"))
    np.testing.assert_array_equal(a, b)
    capsys.readouterr()
    command_line("evaluate", out, f"--data={few_texts}", "--json")
    printed = json.loads(capsys.readouterr().out)
    assert evaluate(out, few_texts).accuracy == evaluate(folded, read_corpus(few_texts)).accuracy == printed["accuracy"]
    assert evaluate(tmp_path / "b.edm", few_texts).details["per_class"].keys() == {"light", "music"}


def test_the_trained_model_still_has_its_encoder_and_the_folded_one_has_not(trained, folded):
    assert trained.weights["encoder1.weight"].shape == (4, 8)
    assert folded.model.values.keys() == trained.weights.keys() - {"encoder1.weight", "encoder1.bias"}
    small = np.tanh(
        trained.state.dataset.vectors[1:] @ trained.weights["encoder1.weight"].T + trained.weights["encoder1.bias"]
    )
    np.testing.assert_allclose(folded.model.table[1:], small, atol=1e-6)


def test_compares_texts_in_memory_and_goes_on_where_it_was(texts_and_labels, words_and_values, tmp_path):
    def compared():
        return compare(
            texts_and_labels, words_and_values, tmp_path / "out", folds=2, methods=["direct", "encode"], dims=[4, 2],
            seeds=1, config=CONFIG,
        )  # fmt: skip

    first, again = compared(), compared()
    kinds = [("direct", 4), ("direct", 2), ("encode", 4), ("encode", 2)]
    assert [(row["method"], row["dim"]) for row in first.rows()] == kinds
    assert first.runs == json.loads((tmp_path / "out" / "results.json").read_text())
    assert again.runs == first.runs
    assert first.summary == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (tmp_path / "out" / "report.html").is_file()


def test_compares_with_more_words_and_small_vectors(texts_and_labels, words_and_values, tmp_path):
    words, values = words_and_values
    settings = dict(folds=2, methods=["direct"], seeds=1, config=CONFIG, small_vectors=(words, values[:, :4]))
    found = [
        compare(texts_and_labels, words_and_values, tmp_path / name, dims=[4], vocab=vocab, workers=1, **settings).runs
        for name, vocab in (("plain", None), ("more", words[-1:]))
    ]
    assert found[0][0]["vocabulary"] < found[1][0]["vocabulary"]
    with pytest.raises(UserError, match="small_vectors have one dimension; give that one as dims, not 2"):
        compare(texts_and_labels, words_and_values, tmp_path / "two", dims=[4, 2], **settings)


def test_results_are_tables_in_a_notebook_and_in_pandas(trained, folded, few_texts, few_vectors):
    pytest.importorskip("pandas", reason="needs pandas")
    scores = evaluate(folded, few_texts)
    rows = [(read_corpus(few_texts), 40), (read_vectors(few_vectors), 60), (trained, 2), (folded, 1), (scores, 2)]
    for result, count in rows:
        frame, html = result.to_pandas(), result._repr_html_()
        assert len(frame) == count
        assert html.count("<tr>") == 1 + min(count, 10) + (count > 10) and f"<th>{frame.columns[0]}</th>" in html
        assert repr(result) == f"<{type(result).__name__}: {result.title}>"
    assert trained.to_pandas()["loss"].between(0.1, 1).all()


def test_what_stands_in_texts_is_escaped_in_html(write):
    html = read_corpus(write("text,label\n<script>x</script>,a\nb,<b>\n", "t.csv"))._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html and "<b>" not in html


def test_silent_says_nothing(few_texts, few_vectors, capfd):
    with silent():
        evaluate(fold(train(few_texts, few_vectors, config=CONFIG, threads=1)), few_texts)
    assert capfd.readouterr() == ("", "")
    evaluate(fold(train(few_texts, few_vectors, config=CONFIG, threads=1)), few_texts)
    assert "40 texts, 2 classes" in capfd.readouterr().err


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda texts, vectors, out: train(texts, None), r"^vectors is missing; "),
        (lambda texts, vectors, out: train((["a"],), vectors), r"^texts: tuple; give a path, or a pair "),
        (lambda texts, vectors, out: train(texts, vectors, dev=([], [])), r"^dev: no text in it; "),
        (lambda texts, vectors, out: train(texts, vectors, threads=10**6), r"^threads 1000000: must be "),
        (lambda texts, vectors, out: compare(texts, "none.txt", out), r"^test is missing; .* test FILE or folds K$"),
        (lambda texts, vectors, out: compare(texts, vectors, out, folds=1), r"^folds 1: must be at least 2$"),
        (lambda texts, vectors, out: compare(texts, vectors, out, folds=2, methods=["x"]), r"^method x: 'x' is none "),
        (lambda texts, vectors, out: compare(texts, vectors, out, folds=2, dims=[]), r"^dims is empty; "),
        (lambda texts, vectors, out: compare(texts, vectors, out, folds=2, dims=4), r"^dims 4: .* list; .*\[4\]$"),
        (lambda texts, vectors, out: compare(texts, vectors, out, methods="pca"), r"^methods pca: .*=\['pca'\]$"),
        (lambda texts, vectors, out: compare(texts, vectors, out, config={}), r"^config: dict; give a Config, "),
        (lambda texts, vectors, out: train(texts, vectors, config="mean"), r"^config: str; give a Config, "),
        (lambda texts, vectors, out: evaluate("missing.h5", texts), r"^missing.h5: cannot be read "),
        (lambda texts, vectors, out: export("missing.h5", out), r"^missing.h5: cannot be read "),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line(call, message, few_texts, few_vectors, tmp_path):
    with pytest.raises(UserError, match=message) as raised:
        call(few_texts, few_vectors, tmp_path / "out")
    assert "\n" not in str(raised.value)
