"""Models in .edm files from Python: the answers of the model they were made of, threads, errors, and a fast start."""

import json
import mmap
import struct
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace

import numpy as np
import pytest

import embdistill
from conftest import JIT_DISABLED
from embdistill import FormatError, UserError
from embdistill.cli import main
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.data.relations import MarkError
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.export.edm import edm_bytes
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel, load_edm
from embdistill.model.evaluation import evaluate
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from embdistill.training.experiment import run

CLOSE = dict(rtol=0, atol=1e-4)
WORDS = "turn the lamp on off play a song it 's dark , . don n't ca café über 水 💡 \u0301 e\u0301 ð ÿ".split()
POSITIONS = dict(position_dim=3, position_reach=4)
NETWORKS = {
    "mean": Mean(dim=7, classes=3, hidden=9),
    "cnn": Cnn(dim=7, classes=3, filters=5, widths=(1, 3, 4)),
    "lstm": Lstm(dim=7, classes=3, units=6, pooling="last"),
    "lstm max": Lstm(dim=7, classes=3, units=6, pooling="max"),
    "relations cnn": Cnn(dim=7, classes=3, filters=5, widths=(2, 3), **POSITIONS),
    "relations lstm": Lstm(dim=7, classes=3, units=6, pooling="max", **POSITIONS),
}


def random_model(network, tokenizer=None) -> Model:
    """A model with words of ours and weights that nobody trained."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in network.shapes().items()}
    table = rng.normal(size=(len(WORDS) + 1, network.dim)).astype(np.float32)
    vocabulary, about = Vocabulary(WORDS), {"note": "weights are random"}
    return Model(["light", "музыка", "none"], tokenizer or Tokenizer(), vocabulary, table, network, values, about)


@pytest.fixture(params=NETWORKS)
def pair(request) -> tuple[Model, EdmModel]:
    """A model of each kind, and the same as .edm."""
    model = random_model(NETWORKS[request.param])
    return model, EdmModel(edm_bytes(model, "float32"))


@pytest.fixture
def pair_of_texts() -> tuple[Model, EdmModel]:
    """A cnn of whole texts, and the same as .edm."""
    model = random_model(NETWORKS["cnn"])
    return model, EdmModel(edm_bytes(model, "float32"))


@pytest.fixture
def pair_of_relations() -> tuple[Model, EdmModel]:
    model = random_model(NETWORKS["relations cnn"])
    return model, EdmModel(edm_bytes(model, "float32"))


HARD = [
    "",
    " \t\n",
    "zzz qqq",
    "lamp",
    "Turn the LAMP on, don't play a song.",
    "turn the lamp " * 3334,  # 10,002 tokens
    "zzz " * 10_000,
    "x" * 100_000,
    b"turn \xff\xfe the lamp \xc3",
    b"\xc3\xa9\xe9 \xed\xa0\x80 \xf5 caf\xe9",
    "cafe\u0301 e\u0301 \u0301",
    "\0lamp\0\0on\0",
    "💡💡 💡\ufe0f lamp 👩‍👩‍👧",
    "a \ud800 lone \udfff surrogate",
    "水水 ÿ ð ÜBER",
]


def made_for(model, texts):
    """The texts, with two marked entities for a model of relations."""
    if not model.relations:
        return texts
    before, between, after = "on <e1>the lamp</e1> ", " <e2>a song", " off</e2> it"
    return [
        before.encode() + text + between.encode() + after.encode()
        if isinstance(text, bytes)
        else before + text + between + after
        for text in texts
    ]


# ---- the same answers ----


def test_hard_texts(pair):
    model, edm = pair
    texts = made_for(model, HARD)
    np.testing.assert_allclose(edm.predict_logits(texts), model.logits(model.pack(texts)), **CLOSE)
    np.testing.assert_allclose(edm.predict_proba(texts), model.predict_proba(texts), **CLOSE)
    assert edm.predict(texts) == model.predict(texts)
    rows, known = edm.logits_and_known(texts)
    expected, expected_known = model.logits_and_known(texts)
    np.testing.assert_allclose(rows, expected, **CLOSE)
    assert known == expected_known


@pytest.mark.parametrize("tokenizer", [Tokenizer("whitespace"), Tokenizer(lowercase=False)], ids=str)
def test_the_settings_of_the_tokenizer_count(tokenizer):
    model = random_model(NETWORKS["mean"], tokenizer)
    edm = EdmModel(edm_bytes(model, "float32"))
    assert edm.tokenizer == tokenizer
    np.testing.assert_allclose(edm.predict_logits(HARD), model.logits(model.pack(HARD)), **CLOSE)


def test_what_a_model_says_of_itself(pair):
    model, edm = pair
    assert edm.labels == model.labels and edm.relations == model.relations and edm.tokenizer == model.tokenizer
    assert edm.vocabulary == len(model.vocabulary)
    assert edm.network["network"] == model.network.name and edm.network["dim"] == 7
    if isinstance(model.network, Lstm):
        assert edm.network["pooling"] == model.network.pooling
    if isinstance(model.network, Cnn):
        assert edm.network["widths"] == model.network.widths
    assert edm.network.get("position_reach", 0) == getattr(model.network, "position_reach", 0)
    assert edm.bytes["table"] == model.bytes["table"] + 16  # the header of the matrix
    assert edm.bytes["total"] == len(edm_bytes(model, "float32"))
    assert isinstance(edm.about, dict)


def test_marks_may_stand_anywhere(pair_of_relations):
    model, edm = pair_of_relations
    texts = [
        "<e1>lamp</e1><e2>song</e2>",
        "<e2>the song</e2> it <e1>lamp</e1>",
        "turn<e1>the</e1>lamp<e2>don't</e2>.",
        "turn the lamp on off play a <e1>song</e1> it is dark , <e2>. x y</e2> z z z z z z z z",
        "a <b> <E1> </e3> <e1>c</e1> <e2>d</e2> <e",
        "<e1>\0a</e1> <e2> b\u2028</e2> </e",
    ]
    np.testing.assert_allclose(edm.predict_logits(texts), model.logits(model.pack(texts)), **CLOSE)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Trains quickly, once for each corpus and network; gives the model and the texts and labels of the test part.

    TREC is learned well enough to see what int8 loses, of the others only the first examples.
    """
    files = {
        "trec": ("trec/train.label", "trec/test.label", "trec"),
        "sst2": ("sst/train.txt", "sst/test.txt", "sst2"),
        "semeval": ("semeval2010_task8/TRAIN_FILE.TXT", "semeval2010_task8/TEST_FILE_FULL.TXT", "semeval"),
    }
    made = {}

    def trained(corpus, network):
        train, test, format = files[corpus]
        if (corpus, network) not in made:
            config = Config(network=network, epochs=4)
            if JIT_DISABLED:
                config = replace(config, epochs=1, dim=4, filters=3, units=3, hidden=4, position_dim=2)
            if JIT_DISABLED or corpus != "trec":
                train = _head(data / train, corpus, tmp_path_factory.mktemp("head"))
            dataset = prepare(data / train, None, None, data / "vectors/vectors.300d.txt.gz", config, format)
            made[corpus, network] = run(dataset, config).model
        examples = read_corpus(data / test, format).examples[: 60 if JIT_DISABLED else None]
        return made[corpus, network], [e.text for e in examples], [e.label for e in examples]

    return trained


def _head(path, corpus, folder):
    """The first examples of a file."""
    lines = path.read_bytes().splitlines(keepends=True)
    examples = 100 if JIT_DISABLED else 400
    (folder / path.name).write_bytes(b"".join(lines[: 4 * examples if corpus == "semeval" else examples]))
    return folder / path.name


CORPORA = [("trec", "mean"), ("trec", "cnn"), ("trec", "lstm"), ("sst2", "mean"), ("sst2", "cnn"), ("sst2", "lstm")]
CORPORA += [("semeval", "cnn"), ("semeval", "lstm")]


@pytest.mark.parametrize(("corpus", "network"), CORPORA)
def test_whole_test_sets(trained, corpus, network):
    model, texts, _ = trained(corpus, network)
    if not JIT_DISABLED:
        assert len(texts) == {"trec": 500, "sst2": 1821, "semeval": 2717}[corpus]
    edm = EdmModel(edm_bytes(model, "float32"))
    expected = model.logits(model.pack(texts))
    np.testing.assert_allclose(edm.predict_logits(texts), expected, **CLOSE)
    assert edm.predict(texts) == [model.labels[c] for c in expected.argmax(axis=1)]
    assert edm.logits_and_known(texts)[1] == model.logits_and_known(texts)[1]
    precomputed = EdmModel(edm_bytes(model, "float32"), precompute=1000)
    np.testing.assert_allclose(precomputed.predict_logits(texts), expected, **CLOSE)


@pytest.mark.skipif(JIT_DISABLED, reason="needs trained models, and no kernel of Numba is in what it tests")
@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_int8_loses_at_most_half_a_point(trained, network):
    model, texts, labels = trained("trec", network)
    exact, small = (EdmModel(edm_bytes(model, dtype)) for dtype in ("float32", "int8"))
    assert small.bytes["table"] < 0.3 * exact.bytes["table"]
    right = [sum(map(str.__eq__, edm.predict(texts), labels)) for edm in (exact, small)]
    assert right[0] > 0.75 * len(texts)
    assert right[1] >= right[0] - 0.005 * len(texts)


@pytest.mark.parametrize("words", [1, 5, len(WORDS), 10**9])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_precomputing_changes_nothing(pair, dtype, words):
    model, _ = pair
    texts = made_for(model, HARD)
    plain, precomputed = (EdmModel(edm_bytes(model, dtype), precompute) for precompute in (0, words))
    np.testing.assert_allclose(precomputed.predict_logits(texts), plain.predict_logits(texts), **CLOSE)


# ---- batches and threads ----


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_a_batch_gives_the_answers_of_its_texts(pair, threads):
    model, edm = pair
    texts = made_for(model, HARD * 5)  # several chunks for each thread
    alone = np.concatenate([edm.predict_logits([text]) for text in texts])
    assert edm.predict_logits(texts, threads=threads).tobytes() == alone.tobytes()
    assert edm.predict(texts, threads=threads) == [edm.classify(text)[0] for text in texts]
    probabilities = edm.predict_proba(texts, threads)
    assert probabilities.dtype == np.float32 and probabilities.shape == (len(texts), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert [edm.classify(text)[1] for text in texts] == probabilities.max(axis=1).tolist()


def test_no_texts(pair):
    _, edm = pair
    assert edm.predict([]) == [] and edm.predict([], threads=3) == []
    assert edm.predict_proba([]).shape == edm.predict_logits([]).shape == (0, 3)


def test_texts_may_come_from_an_iterator(pair_of_texts):
    model, edm = pair_of_texts
    assert edm.predict(iter(HARD)) == edm.predict(tuple(HARD)) == model.predict(HARD)


def test_one_model_in_many_python_threads(pair):
    model, edm = pair
    texts = made_for(model, [*HARD, *(" ".join(WORDS[: i % 20]) for i in range(40))])
    expected = [edm.classify(text) for text in texts]
    wrong = []

    def ask(start):
        for _ in range(5):
            for i in range(start, start + len(texts)):
                if edm.classify(texts[i % len(texts)]) != expected[i % len(texts)]:
                    wrong.append(i)
            if edm.predict(texts, threads=2) != [label for label, _ in expected]:
                wrong.append(-1)

    threads = [threading.Thread(target=ask, args=(7 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("method", ["predict", "classify"])
def test_other_python_threads_go_on_meanwhile(method):
    edm = EdmModel(edm_bytes(random_model(replace(NETWORKS["lstm"], units=64)), "float32"))
    text = "turn the lamp " * 20_000
    turns, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            turns[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    while not turns[0]:
        time.sleep(0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # nobody has to give way to another; they may only let go
    try:
        before = turns[0]
        edm.predict([text]) if method == "predict" else edm.classify(text)
        after = turns[0]
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert after > before + 10


def test_nothing_is_kept(pair_of_texts):
    """Objects that go in and come out are as they were, once the results are gone."""
    _, edm = pair_of_texts
    text, label = "turn the lamp on " * 100, edm.classify("lamp")[0]
    before = sys.getrefcount(text), sys.getrefcount(label), sys.getrefcount(edm)
    for _ in range(100):
        edm.predict([text, text], threads=2)
        edm.classify(text)
        edm.classify("lamp")
        edm.logits_and_known([text, "\ud800"])
        with pytest.raises(TypeError):
            edm.predict([text, 1])
    assert (sys.getrefcount(text), sys.getrefcount(label), sys.getrefcount(edm)) == before


# ---- what is refused ----


def test_one_text_in_place_of_a_list(pair_of_texts):
    _, edm = pair_of_texts
    for method in (edm.predict, edm.predict_proba, edm.predict_logits, edm.logits_and_known):
        for text in ("lamp", b"lamp"):
            with pytest.raises(TypeError, match="a list of texts, not one text"):
                method(text)


def test_what_is_no_text(pair_of_texts):
    _, edm = pair_of_texts
    for wrong in (None, 1, bytearray(b"lamp")):
        with pytest.raises(TypeError):
            edm.classify(wrong)
        with pytest.raises(TypeError):
            edm.predict(["lamp", wrong])
    with pytest.raises(TypeError):
        edm.predict(5)


@pytest.mark.parametrize("threads", [0, -1])
def test_a_number_of_threads_that_is_none(pair_of_texts, threads):
    with pytest.raises(ValueError, match=r"threads: -?[01], must be a whole number from 1 on"):
        pair_of_texts[1].predict(["lamp"], threads=threads)


@pytest.mark.parametrize("arguments", [(), ([], 1, 1)])
def test_wrong_arguments(pair_of_texts, arguments):
    with pytest.raises(TypeError):
        pair_of_texts[1].predict(*arguments)
    with pytest.raises(TypeError):
        pair_of_texts[1].predict([], count=1)
    with pytest.raises(TypeError):
        pair_of_texts[1].predict([], threads="2")


UNMARKED = ["", "lamp", "<e1>a</e1> b", "<e1></e1> <e2>b</e2>", "</e1>a<e1> <e2>b</e2>", "<e1>a <e2>b</e2></e1>"]
UNMARKED += ["<e1>a</e1> <e2>b</e2> <e1>c</e1>", "<e1>a</e2> <e2>b</e1>", "<e1>\0</e1> <e2>b</e2>"]


@pytest.mark.parametrize("text", [*UNMARKED, *map(str.encode, UNMARKED)])
def test_marks_are_refused_as_by_the_model(pair_of_relations, text):
    model, edm = pair_of_relations
    with pytest.raises(MarkError) as expected:
        model.pack([text])
    for ask in (edm.classify, lambda text: edm.predict([text])):
        with pytest.raises(MarkError) as caught:
            ask(text)
        assert str(caught.value) == str(expected.value) and caught.value.index == 0


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_first_text_without_marks_is_named(pair_of_relations, threads):
    _, edm = pair_of_relations
    texts = made_for(edm, HARD * 10)
    for wrong in ([3], [100, 140], [149], [17, 18, 140]):
        given = [("<e1>a</e1>" if i in wrong else text) for i, text in enumerate(texts)]
        for method in (edm.predict, edm.predict_proba, edm.predict_logits):
            with pytest.raises(MarkError, match="no <e2>") as caught:
                method(given, threads)
            assert caught.value.index == wrong[0]


def test_a_negative_number_of_precomputed_words():
    with pytest.raises(ValueError, match="precompute: -1 words, must be 0 or more"):
        EdmModel(edm_bytes(random_model(NETWORKS["mean"]), "float32"), precompute=-1)


# ---- files ----


@pytest.fixture
def files(pair, tmp_path):
    """A model as run.h5 and as model.edm, and the model."""
    model, _ = pair
    save_run(tmp_path / "run.h5", model)
    (tmp_path / "model.edm").write_bytes(edm_bytes(model, "float32"))
    return tmp_path / "run.h5", tmp_path / "model.edm", model


def test_load_tells_files_by_their_content(files):
    run_file, edm_file, model = files
    run_file, edm_file = run_file.rename(run_file.with_name("a.edm")), edm_file.rename(edm_file.with_name("b.h5"))
    loaded, edm = embdistill.load(run_file), embdistill.load(str(edm_file))
    assert isinstance(loaded, Model) and isinstance(edm, EdmModel)
    texts = made_for(model, HARD)
    assert loaded.predict(texts) == edm.predict(texts) == embdistill.load(edm_file, precompute=3).predict(texts)


def test_a_run_file_cannot_be_precomputed(files):
    with pytest.raises(UserError, match=r"run\.h5: precompute= is for \.edm files only"):
        embdistill.load(files[0], precompute=3)


@pytest.mark.parametrize("content", [b"", b"\x89", b"\x89EDM\r\n", b"junk" * 100, b"\x89EDN\r\n\x1a\n" + b"x" * 100])
def test_a_file_that_is_neither(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FormatError, match="^" + str(tmp_path / "file")):
        embdistill.load(tmp_path / "file")


def test_a_file_that_cannot_be_read(tmp_path):
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "none.edm", "No such file")):
        for read in (embdistill.load, load_edm):
            with pytest.raises(UserError, match=f"{path}: cannot be read .{reason}"):
                read(path)


def test_every_tenth_byte_altered_or_cut_off(tmp_path):
    image = edm_bytes(random_model(NETWORKS["relations cnn"]), "int8")
    path = tmp_path / "model.edm"
    for at in range(0, len(image), 10):
        altered = bytearray(image)
        altered[at] ^= 0x20
        for content in (altered, image[:at], image + image[: at + 1]):
            with pytest.raises(FormatError):
                EdmModel(content)
        path.write_bytes(altered)
        with pytest.raises(FormatError, match="^" + str(path)):
            embdistill.load(path)


def test_a_newer_version_is_named(tmp_path):
    image = bytearray(edm_bytes(random_model(NETWORKS["mean"]), "float32"))
    image[8] = 2
    (tmp_path / "new.edm").write_bytes(image)
    with pytest.raises(FormatError, match=r"new\.edm: .* unknown version; update embdistill"):
        embdistill.load(tmp_path / "new.edm")


def test_images_in_any_buffer(tmp_path):
    image = edm_bytes(random_model(NETWORKS["cnn"]), "float32")
    expected = EdmModel(image).predict_logits(HARD).tobytes()
    (tmp_path / "model.edm").write_bytes(image)
    with open(tmp_path / "model.edm", "rb") as file:
        mapped = EdmModel(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    assert mapped.predict_logits(HARD).tobytes() == expected
    for offset in range(5):
        at_offset = memoryview(b"x" * offset + image)[offset:]
        assert EdmModel(at_offset).predict_logits(HARD).tobytes() == expected
    changing = bytearray(image)
    edm = EdmModel(changing)
    changing[:] = bytes(len(image))  # a buffer that can be written is copied
    assert edm.predict_logits(HARD).tobytes() == expected
    with pytest.raises(TypeError):
        EdmModel("text")


def with_section(image, name, content):
    """An image with another content of a section, or with one more."""
    (count,) = struct.unpack_from("<I", image, 16)
    entries = [struct.unpack_from("<4sII", image, 24 + 16 * i) for i in range(count)]
    sections = {entry: image[offset : offset + size] for entry, offset, size in entries} | {name: content}
    end, table, body = 24 + 16 * len(sections), b"", b""
    for entry, held in sections.items():
        body += bytes(-end % 16) + held
        table += struct.pack("<4sIII", entry, end + -end % 16, len(held), zlib.crc32(held))
        end += -end % 16 + len(held)
    header = image[:12] + struct.pack("<II", end, len(sections))
    return header + struct.pack("<I", zlib.crc32(header + table)) + table + body


@pytest.mark.parametrize("about", [b"", b"[1]", b"{", b'{"a": "\xff"}', b"\xff\xfe"])
def test_a_model_that_says_nothing_sound_of_itself(tmp_path, capsys, about):
    image = with_section(edm_bytes(random_model(NETWORKS["mean"]), "float32"), b"META", about)
    (tmp_path / "model.edm").write_bytes(image)
    model = embdistill.load(tmp_path / "model.edm")
    assert model.predict(["lamp"]) == EdmModel(image).predict(["lamp"])  # it classifies all the same
    if about == b"":
        assert model.about == {}
        return
    with pytest.raises(FormatError, match=r"model\.edm: META is not"):
        _ = model.about
    for verb in ("info", "verify"):
        assert main([verb, str(tmp_path / "model.edm")]) == 2
        assert "model.edm: META is not" in capsys.readouterr().err


def test_an_unknown_section_is_passed_over():
    image = edm_bytes(random_model(NETWORKS["mean"]), "float32")
    more = EdmModel(with_section(image, b"NEWS", b"12345"))
    assert more.sections["NEWS"] == 5
    assert more.predict_logits(HARD).tobytes() == EdmModel(image).predict_logits(HARD).tobytes()


# ---- the command line ----


def _predict(path, texts, capsysbinary, *more):
    code = main(["predict", str(path), "--input", str(texts), *more])
    return code, *capsysbinary.readouterr()


def test_predict_is_the_same_for_both_files(files, tmp_path, capsysbinary):
    run_file, edm_file, model = files
    texts = [text.encode(errors="replace") if isinstance(text, str) else text for text in made_for(model, HARD)]
    (tmp_path / "texts").write_bytes(b"\n".join(text.replace(b"\n", b" ") for text in texts))
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


def test_predict_answers_a_slow_stream_line_by_line(files):
    _, edm_file, model = files
    words = [sys.executable, "-m", "embdistill", "predict", str(edm_file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text in made_for(model, ["turn the lamp on", "play a song"]):
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().count(b"\t") == 1  # before the next line is sent
        process.stdin.close()


HEAVY = ("numpy", "numba", "h5py", "scipy", "fire", "tqdm", "inspect", "importlib.metadata", "embdistill.model.config")


def test_predict_imports_nothing_heavy(files, tmp_path):
    _, edm_file, model = files
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


def test_the_library_imports_nothing_heavy(files):
    _, edm_file, model = files
    script = f"""
import sys, embdistill
model = embdistill.load({str(edm_file)!r})
text = {made_for(model, ["turn the lamp on"])[0]!r}
model.classify(text), model.predict([text] * 40, threads=2)
print(*sorted(sys.modules.keys() & {{"numpy", "numba", "h5py", "scipy"}}))
model.predict_proba([text])
print(*sorted(sys.modules.keys() & {{"numba", "h5py", "scipy"}}))
"""
    finished = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert finished.stdout == "\n\n", finished.stderr


def test_evaluate(few_texts, few_vectors, tmp_path, capsys):
    config = Config(network="mean", dim=4, epochs=3)
    model = run(prepare(few_texts, None, None, few_vectors, config), config, tmp_path / "run.h5").model
    (tmp_path / "model.edm").write_bytes(edm_bytes(model, "float32"))
    capsys.readouterr()  # what training said
    said = []
    for file in ("run.h5", "model.edm"):
        assert main(["evaluate", str(tmp_path / file), "--data", str(few_texts)]) == 0
        said.append(capsys.readouterr())
    assert said[0] == said[1] and "accuracy" in said[0].out
    assert "% of the tokens are words that the model does not know" in said[0].err


@pytest.mark.parametrize("network", ["relations cnn", "relations lstm"])
def test_evaluate_relations(tmp_path, network):
    labels = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]
    model = replace(random_model(NETWORKS[network]), labels=labels)
    texts = made_for(model, ["turn", "lamp , . don't", "zzz zzz", "dark off"] * 10)
    blocks = [f'{i}\t"{text}"\n{labels[i % 3]}\nComment: made up\n\n' for i, text in enumerate(texts, 1)]
    (tmp_path / "test.txt").write_text("".join(blocks))
    scores = evaluate(EdmModel(edm_bytes(model, "float32")), tmp_path / "test.txt")
    assert scores == evaluate(model, tmp_path / "test.txt")
    assert scores["examples"] == 40 and "official_f1" in scores


def test_info_and_verify(files, capsys):
    _, edm_file, model = files
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
