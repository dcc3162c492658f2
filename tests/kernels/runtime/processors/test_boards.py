"""Models on emulated microcontrollers, from raw text to logits, and the memory that they take there (run.py)."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from c_helpers import RUNTIME, needed
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.typos import Typos
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.export.sizes import code_bytes, ram_bytes
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.training import experiment
from model_helpers import CLOSE, random_model
from open_words_helpers import TEXTS, OpenModel, open_model
from processors.programs import COMPILE, SMALL, WARNINGS, count_instructions, count_opening, run
from processors.targets import BOARDS, UNO
from processors.tools import ToolError

CPUS = ["cortex-m3", "cortex-m4"]  # without and with a floating-point unit
SIZES = {
    "mean": dict(dim=8),
    "cnn": dict(dim=10, filters=16),
    "lstm": dict(dim=10, units=12),
}
SMALL_NETWORKS = {
    "mean": Mean(dim=4, classes=3, hidden=5),
    "cnn": Cnn(dim=4, classes=3, filters=5, widths=(2, 3)),
    "lstm": Lstm(dim=4, classes=3, units=5, pooling="max"),
}
SHORT = [
    b"",
    b" \t ",
    b"zzz qqq",
    b"What's the u.s. dollar worth, 1,000.50? They shouldn't've asked; o'clock isn't 10:30.",
    b"who \xff\xfe is \xc3",
    b"\xc3\xa9\xe9 \xed\xa0\x80 \xf5 caf\xe9",
    "cafe\u0301 e\u0301 \u0301 what".encode(),
    b"\0who\0\0is\0",
    "💡💡 💡\ufe0f city 👩‍👩‍👧".encode(),
    "水水 ÿ ð WHÖ Ω ﬁ".encode(),
    b"what " * 64,
]
SCRIPTS = [
    "turn the la\xadmp on, cafe\u0301 u\u0308ber",
    "我的快递包裹到哪里了lamp，ไปไป L’HOMME l'ami",
    "快递" * 30,
    "q" + "\u0323\u0301" * 9 + " a\u0302\u0323",
    "می\u200cخواهم ไป\u200bไป \u1112\u1161\u11ab",
    b"don\x92t \x93song\x94",
]
LONG = [b"who is zzz president " * 2500, b"x" * 50_000]
LONG_SIZES = dict(tokens=10_000, text_bytes=53_000)


@pytest.fixture(scope="module", autouse=True)
def tools():
    for cpu in CPUS:
        for tool in BOARDS[cpu].tools:
            needed(tool, BOARDS[cpu].packages)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Gives the model of a network that was trained on TREC, and its C project."""
    made = {}

    def trained(network):
        if network not in made:
            config = Config(network=network, epochs=3, subwords=256, **SIZES[network])
            dataset = prepare(data / "trec/train.label", None, None, data / "vectors/vectors.300d.txt.gz", config)
            model = experiment.run(dataset, config).model
            made[network] = model, project(tmp_path_factory.mktemp("c"), edm_bytes(model))
        return made[network]

    return trained


def project(folder, image):
    write_c(folder, image)
    return folder


@pytest.fixture(scope="module")
def sentences(data) -> list[bytes]:
    """All test sentences of TREC."""
    texts = [example.text.encode() for example in read_corpus(data / "trec/test.label").examples]
    assert len(texts) == 500
    return texts


def assert_same(answers, model, texts):
    """The answers of the board are those of the model it was exported from."""
    labels, logits = zip(*answers, strict=True)
    expected = model.logits(model.pack(texts))
    np.testing.assert_allclose(logits, expected, **CLOSE)
    assert list(labels) == model.predict(texts) == [model.labels[c] for c in expected.argmax(axis=1)]


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("network", SIZES)
def test_sentences_as_they_are_and_mistyped_and_hard_texts(trained, sentences, network, cpu):
    """A fifth of the sentences each; all are answered by test_same_answers.py."""
    model, folder = trained(network)
    mistyped = Typos(0.2)([sentence.decode() for sentence in sentences[1::5]]).texts
    texts = [*SHORT, *sentences[::5], *map(str.encode, mistyped)]
    done = run(folder, texts, cpu)
    assert_same(done.answers, model, texts)
    assert done.heap == [] and (done.soft_floats != []) == (cpu == "cortex-m3")
    assert done.scratch == 4 * (model.network.scratch_floats() + 64)
    assert done.flash - done.parts["model"] <= code_bytes(model, "float32")
    assert done.ram <= ram_bytes(model, "float32")
    if network == "mean":
        assert done.ram < 8 * 1024


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("network", SIZES)
def test_texts_of_10000_tokens(trained, network, cpu):
    model, folder = trained(network)
    assert len(model.tokenizer(LONG[0])) == 10_000
    assert_same(run(folder, LONG, cpu, **LONG_SIZES).answers, model, LONG)


@pytest.mark.parametrize("cpu", CPUS)
def test_int8(trained, sentences, tmp_path, cpu):
    image = edm_bytes(trained("cnn")[0], "int8")
    done = run(project(tmp_path, image), sentences[:100], cpu)
    assert done.soft_floats == [] and done.scratch == 4 * (trained("cnn")[0].network.scratch_integers() + 64)
    edm = EdmModel(image)
    np.testing.assert_allclose([logits for _, logits in done.answers], edm.predict_logits(sentences[:100]), **CLOSE)
    assert [label for label, _ in done.answers] == edm.predict(sentences[:100])


@pytest.mark.parametrize("cpu", CPUS)
def test_relations(tmp_path, cpu):
    network = Cnn(dim=4, classes=3, filters=5, widths=(2, 3), position_dim=3, position_reach=4)
    model = random_model(network, "the lamp on table is".split())
    texts = [b"the <e1>lamp</e1> is on the <e2>table</e2>", b"a <e2>table lamp</e2><e1>on</e1>\0 the table is the"]
    unmarked = [b"the lamp", b"the <e1>lamp</e1> <e1>on</e1> <e2>table</e2>"]
    answers = run(project(tmp_path, edm_bytes(model)), [*unmarked, *texts], cpu).answers
    assert_same(answers[2:], model, texts)
    assert all(isinstance(answer, str) and "marked" in answer for answer in answers[:2])


def test_texts_too_long_for_the_buffers_are_refused_and_the_next_is_answered(trained):
    model, folder = trained("mean")
    texts = [b"what " * 65, b"x" * 513, b"what is it", b"what " * 64, b"x" * 512]
    answers = run(folder, texts, "cortex-m3").answers
    assert [isinstance(answer, str) and "too small" in answer for answer in answers] == [1, 1, 0, 0, 0]
    assert_same(answers[2:], model, texts[2:])


@pytest.mark.parametrize("cpu", CPUS)
def test_a_device_that_the_model_just_fits_and_one_that_it_does_not(trained, cpu):
    model, folder = trained("mean")
    texts = SHORT[3:5]
    done = run(folder, texts, cpu)
    tight = run(folder, texts, cpu, flash=done.flash, ram=done.ram + 8)
    assert_same(tight.answers, model, texts)
    assert (tight.flash, tight.ram) == (done.flash, done.ram)
    with pytest.raises(ToolError, match="FLASH"):
        run(folder, texts, cpu, flash=done.flash - 4)
    with pytest.raises(ToolError, match="RAM"):
        run(folder, texts, cpu, ram=done.ram - 4)


def test_the_parts_make_up_the_image(trained):
    model, folder = trained("mean")
    done = run(folder, [b"what"], "cortex-m3")
    assert done.parts["model"] == len(edm_bytes(model)) + 4  # and its size
    assert sum(done.parts.values()) == done.flash
    assert sum(done.symbols.values()) == done.parts["runtime"]
    assert 0 <= done.parts["alignment"] < 64
    assert done.static > 512 + done.scratch
    assert 500 < done.stack < 2000


@pytest.mark.parametrize("cpu", CPUS)
def test_texts_of_every_script(tmp_path, cpu):
    """Letters and marks apart, words without spaces, elision, Windows-1252; and the stack that these take."""
    model = random_model(Cnn(dim=4, classes=3, filters=5, widths=(2, 3)))
    texts = [text.encode() if isinstance(text, str) else text for text in SCRIPTS]
    done = run(project(tmp_path, edm_bytes(model)), texts, cpu)
    assert_same(done.answers, model, texts)
    assert done.flash - done.parts["model"] <= code_bytes(model, "float32") and done.ram <= ram_bytes(model, "float32")


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_words_that_are_not_in_the_vocabulary(tmp_path, name, cpu, dtype):
    """And the flash and stack that reading them takes."""
    model = open_model(SMALL_NETWORKS[name])
    image = edm_bytes(model, dtype)
    texts = [text.encode() if isinstance(text, str) else text for text in [*SCRIPTS, *TEXTS] if "\n" not in str(text)]
    texts = [text[:512] for text in texts]
    done = run(project(tmp_path, image), texts, cpu)
    edm = EdmModel(image)
    np.testing.assert_allclose([logits for _, logits in done.answers], edm.predict_logits(texts), rtol=2e-5, atol=1e-4)
    assert [label for label, _ in done.answers] == edm.predict(texts)
    assert done.heap == []
    assert done.flash - done.parts["model"] <= code_bytes(model, dtype) and done.ram <= ram_bytes(model, dtype)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_a_closed_vocabulary_takes_no_more_than_is_counted(tmp_path, name, cpu, dtype):
    model = random_model(SMALL_NETWORKS[name])
    done = run(project(tmp_path, edm_bytes(model, dtype)), [b"lamp"], cpu)
    assert done.flash - done.parts["model"] <= code_bytes(model, dtype) and done.ram <= ram_bytes(model, dtype)


@pytest.mark.parametrize("cpu", BOARDS)
def test_instructions_are_counted_on_every_board(tmp_path, cpu):
    for tool in BOARDS[cpu].tools:
        needed(tool, BOARDS[cpu].packages)
    image = edm_bytes(random_model(Mean(dim=4, classes=3, hidden=5)), "int8")
    folder, texts = project(tmp_path / "c", image), [b"lamp", b"lamp " * 11]
    short, long = counts = count_instructions(folder, texts, cpu)
    assert count_instructions(folder, texts, cpu) == counts
    checked, trusted = count_opening(folder, cpu)
    assert 0 < trusted < checked < (200 if cpu == UNO else 60) * len(image)  # of cycles on an Uno
    assert 100 < short < long < 11 * short


@pytest.mark.parametrize("dim", [10, 50])
def test_instructions_of_an_unknown_word(tmp_path, dim):
    """Of 8 letters, looked up among the words of the demo, corrected if one edit away and else read by its n-grams."""
    texts = (files("embdistill.demo") / "train.txt").read_text("utf-8").splitlines()
    words = sorted({word for text in texts for word in Tokenizer()(text)})
    made = OpenModel(Mean(dim, classes=6, hidden=50), words, "int8", buckets=1024)
    assert len(words) > 1000 and len(made.letters) >= 26
    texts = [b"the lamp", b"the lamp zqxjkvwp", b"the lamp kitchhen", b"the lamp lampshad"]
    none, *one = count_instructions(project(tmp_path, made.image), texts, "cortex-m3")
    edm = EdmModel(made.image)
    assert [edm.correct(word) > 0 for word in ("zqxjkvwp", "kitchhen", "lampshad")] == [False, True, False]
    assert max(one) - none <= 100_000


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("network", SIZES)
def test_instructions_of_opening(trained, tmp_path, network, dtype):
    """A model of TREC, whose larger part is its table."""
    image = edm_bytes(trained(network)[0], dtype)
    checked, trusted = count_opening(project(tmp_path, image), "cortex-m3")
    assert checked <= 8 * len(image) and trusted <= 2 * len(image)


# Of the runtime, without whole numbers, before these parts: it may grow by 1.5 KB without them, and by 9 KB with them.
BEFORE = {"cortex-m3": 9_201, "cortex-m0plus": 9_745}
PARTS = ["COMPOSE", "SEGMENT", "CORRECTION", "SUBWORDS"]
LEFT_OUT = [f"-DEMBDISTILL_NO_{part}" for part in PARTS]


@pytest.mark.parametrize("cpu", BEFORE)
@pytest.mark.parametrize(("macros", "growth"), [([], 9 * 1024), (LEFT_OUT, 1536)], ids=["all", "left out"])
def test_flash_of_the_parts_that_may_be_left_out(tmp_path, cpu, macros, growth):
    options = [f"-mcpu={cpu}", "-mthumb", *COMPILE, *SMALL, *WARNINGS, "-DEMBDISTILL_NO_INTEGERS", *macros]
    source, made = RUNTIME / "embdistill.c", tmp_path / "embdistill.o"
    subprocess.run(["arm-none-eabi-gcc", *options, "-c", source, "-o", made], check=True)
    sizes = subprocess.run(["arm-none-eabi-size", made], capture_output=True, text=True, check=True).stdout.split()
    text, data, bss = map(int, sizes[6:9])
    assert BEFORE[cpu] < text <= BEFORE[cpu] + growth and data == bss == 0


def test_an_allocator_would_be_seen(trained, tmp_path):
    _, folder = trained("mean")
    copy = shutil.copytree(folder, tmp_path / "c")
    source = (copy / "embdistill.c").read_text()
    call = "if (error == EMBDISTILL_OK) error = find_sections("
    assert source.count(call) == 1
    allocating = source.replace(call, f"{{ extern void *malloc(size_t); model->about = malloc(9); }} {call}")
    (copy / "embdistill.c").write_text(allocating)
    with pytest.raises(ToolError, match="_sbrk"):
        run(copy, [b"what"], "cortex-m3")


def test_a_damaged_model_is_refused(trained, tmp_path):
    image = bytearray(edm_bytes(trained("mean")[0]))
    image[len(image) // 2] ^= 1
    with pytest.raises(ToolError, match="damaged"):
        run(project(tmp_path, bytes(image)), [b"what"], "cortex-m3")


def test_the_script(trained, tmp_path):
    model, folder = trained("mean")
    (tmp_path / "texts.txt").write_bytes(b"what is it\n\nwho is it")
    (tmp_path / "model.edm").write_bytes(edm_bytes(model))
    script = [sys.executable, Path(__file__).with_name("run.py")]
    options = ["--texts", tmp_path / "texts.txt", "--cpu", "cortex-m4", "--json"]
    for exported in (folder, tmp_path / "model.edm"):
        done = subprocess.run([*script, exported, *options], capture_output=True, text=True, check=True)
        *lines, sizes = done.stdout.splitlines()
        answers = [(label, [float(value) for value in values]) for label, *values in (x.split("\t") for x in lines)]
        assert_same(answers, model, [b"what is it", b"", b"who is it"])
        assert json.loads(sizes)["cpu"] == "cortex-m4"
        assert json.loads(sizes)["flash"] == run(folder, [b"what"], "cortex-m4").flash
    options.append("--instructions")
    done = subprocess.run([*script, folder, *options], capture_output=True, text=True, check=True)
    *lines, mean = done.stdout.splitlines()
    counts = list(map(int, lines))
    assert len(counts) == 3 and json.loads(mean)["instructions"]["text"] == round(sum(counts) / 3)
    done = subprocess.run([*script, tmp_path / "none.h5", *options], capture_output=True, text=True)
    assert done.returncode == 1
    assert "none.h5: cannot be read" in done.stderr
    assert len(done.stderr.splitlines()) == 1
