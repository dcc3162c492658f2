"""Texts of many languages as people have them: without spaces, with marks apart, hyphenated, elided, in Windows-1252.

Every host has to know the words: training, the run file, the .edm file and the C project, as float32 and as int8.
"""

import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from c_helpers import STRICT, needed
from embdistill.cli import main
from embdistill.data.packed import UNKNOWN
from embdistill.data.prepare import prepare
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.training.experiment import run
from fasttext_helpers import write_model
from model_helpers import CLOSE

FILES = Path(__file__).parent / "files"
CONFIG = Config(network="mean", dim=6, epochs=2)
BASE = "g_zh g_zh_seg g_vi_nfd g_vi_nfc g_shy g_de g_fr b20_cp1252".split()
VECTORS = {"g_zh_seg": "g_zh.vec", "g_vi_nfd": "g_vi.vec", "g_vi_nfc": "g_vi.vec", "g_shy": "g_de_lower.vec"}
VECTORS |= {"g_de": "g_de_lower.vec", "b20_cp1252": "d00_glove.txt"}


def trained(table, vectors):
    """The dataset of a table and of vectors, and the model that was trained on them."""
    dataset = prepare(table, None, None, vectors, CONFIG)
    return dataset, run(dataset, CONFIG).model


def unknown(dataset):
    """The share of unknown tokens among the training texts."""
    return np.mean(dataset.train.packed.ids == UNKNOWN)


def texts_of(table):
    """The texts of a table as its bytes have them, as a device would read them."""
    lines = Path(table).read_bytes().splitlines()[1:]
    return [line.rpartition(b",")[0].strip(b'"') for line in lines]


@pytest.fixture(scope="module", params=BASE)
def case(request):
    table, vectors = FILES / f"{request.param}.csv", FILES / VECTORS.get(request.param, f"{request.param}.vec")
    return request.param, table, *trained(table, vectors)


def test_hardly_a_word_is_unknown(case):
    name, _, dataset, _ = case
    if name == "b20_cp1252":  # English vectors, and café ’tis €5 in every text
        for text in texts_of(FILES / "b20_cp1252.csv"):
            assert dataset.tokenizer(text)[-5:] == ["café", "'", "tis", "€", "5"]
    else:
        assert unknown(dataset) == 0


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_every_host_answers_alike(case, dtype, tmp_path):
    _, table, _, model = case
    texts = texts_of(table)
    image = edm_bytes(model, dtype)
    edm = EdmModel(image)
    known = model.logits_and_known(texts)[1]
    assert edm.logits_and_known(texts)[1] == known and min(known) > 0
    assert [model.tokenizer(text, edm.known_words) for text in texts] == [
        model.tokenizer(text, model.known_words) for text in texts
    ]
    if dtype == "float32":
        np.testing.assert_allclose(edm.predict_logits(texts), model.logits(model.pack(texts)), **CLOSE)
    write_c(tmp_path / "c", image)
    subprocess.run(
        [needed("make"), "-s", f"CC={needed('gcc')}", f"CFLAGS={' '.join(STRICT)} -O1"], cwd=tmp_path / "c", check=True
    )
    answers = subprocess.run([tmp_path / "c/classify", "--logits"], input=b"\n".join(texts), capture_output=True)
    lines = [line.split("\t") for line in answers.stdout.decode().splitlines()]
    np.testing.assert_allclose([[float(x) for x in row] for _, *row in lines], edm.predict_logits(texts), **CLOSE)
    assert [label for label, *_ in lines] == edm.predict(texts)


@pytest.mark.parametrize(
    ("one", "other", "vectors"),
    [("g_zh", "g_zh_seg", "g_zh"), ("g_vi_nfd", "g_vi_nfc", "g_vi"), ("g_shy", "g_de", "g_de_lower")],
)
def test_the_same_model_however_it_is_written(one, other, vectors):
    models = [trained(FILES / f"{name}.csv", FILES / f"{vectors}.vec")[1] for name in (one, other)]
    assert models[0].digest() == models[1].digest()
    assert models[0].vocabulary.words == models[1].vocabulary.words


def test_windows_1252_is_as_utf8(tmp_path):
    content = (FILES / "b20_cp1252.csv").read_bytes()
    (tmp_path / "utf8.csv").write_bytes(content.decode("cp1252").encode())
    models = [trained(table, FILES / "d00_glove.txt")[1] for table in (FILES / "b20_cp1252.csv", tmp_path / "utf8.csv")]
    assert models[0].digest() == models[1].digest()
    texts = [texts_of(FILES / "b20_cp1252.csv"), texts_of(tmp_path / "utf8.csv")]
    edm = EdmModel(edm_bytes(models[0]))
    assert np.array_equal(edm.predict_logits(texts[0]), edm.predict_logits(texts[1]))


# ---- the same kinds, in other languages ----

OTHERS = {
    "Japanese": ("注文はどこですか 返品したいのですが", "注文 は どこ ですか 返品 し たい のですが", None),
    "Japanese, half a word in Latin": ("iPhoneを買った Tシャツ", "iphone を 買った tシャツ", None),
    "Japanese, marks apart": ("ガギグゲゴ パピプ", "ガギグゲゴ パピプ", "NFD"),
    "Thai": ("พัสดุของฉันอยู่ที่ไหน ขอคืนเงิน", "พัสดุ ของ ฉัน อยู่ ที่ไหน ขอ คืน เงิน", None),
    "Thai, spaces of no width": ("พัสดุ\u200bของ\u200bฉัน", "พัสดุ ของ ฉัน", None),
    "Lao": ("ຂ້ອຍຮັກເຈົ້າ", "ຂ້ອຍ ຮັກ ເຈົ້າ", None),
    "Khmer": ("ខ្ញុំស្រលាញ់អ្នក។", "ខ្ញុំ ស្រលាញ់ អ្នក ។", None),
    "Burmese": ("ငါမင်းကိုချစ်တယ်။", "ငါ မင်း ကို ချစ် တယ် ။", None),
    "Italian": ("dell’acqua nell'anno un'altra L'ARTE", "dell' acqua nell' anno un' altra l' arte", None),
    "Catalan": ("l'home d'aquí s'estima", "l' home d' aquí s' estima", None),
    "Turkish": ("İstanbul'da ÇALIŞ", "istanbul'da çaliş", "NFD"),
    "Korean, letters apart": ("배송 언제 와요", "배송 언제 와요", "NFD"),
    "Hindi, composed nukta": ("सड़क पढ़ना", "सड\u093cक पढ\u093cना", None),
    "Greek, marks apart": ("Καλημέρα Ελλάδα", "καλημέρα ελλάδα", "NFD"),
    "Persian": ("می\u200cخواهم \u200fکتاب", "می\u200cخواهم کتاب", None),
    "Hebrew with marks of direction": ("\u200eשלום\u200f \u202bעולם\u202c", "שלום עולם", None),
    "emoji": ("good👩\u200d👩\u200d👧❤\ufe0f", "good 👩 👧 ❤", None),
    "French in Windows-1252": ("l\u2019œuvre coûte 5€".encode("cp1252"), "l' œuvre coûte 5 €", None),
}


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages(language, tmp_path):
    text, words, form = OTHERS[language]
    text = unicodedata.normalize(form, text) if form else text
    text = text if isinstance(text, bytes) else text.encode()
    vectors = "".join(f"{word} {i}.5 1 -{i}\n" for i, word in enumerate(words.split(), 1))
    (tmp_path / "vectors.txt").write_text(vectors + "one 1 1 1\n", encoding="utf-8")
    (tmp_path / "t.csv").write_bytes(b"text,label\n" + b"".join(text + b",a\none,b\n" for _ in range(3)))
    dataset, model = trained(tmp_path / "t.csv", tmp_path / "vectors.txt")
    assert unknown(dataset) == 0
    edm = EdmModel(edm_bytes(model))
    assert set(model.vocabulary.words[1:]) == {*words.split(), "one"}
    assert edm.logits_and_known([text])[1] == model.logits_and_known([text])[1] == [len(model.tokenizer(text, edm))]
    np.testing.assert_allclose(edm.predict_logits([text]), model.logits(model.pack([text])), **CLOSE)


def test_only_words_that_are_used_are_in_the_table(tmp_path):
    """包 and 裹 have vectors too, but 包裹 is the longer one."""
    (tmp_path / "vectors.txt").write_text(
        "".join(f"{word} 1.5 2 -3\n" for word in "包 裹 包裹 我 裹我 one 里包".split())
    )
    (tmp_path / "t.csv").write_text("text,label\n" + "我包裹我,a\none,b\n" * 3)
    dataset, _ = trained(tmp_path / "t.csv", tmp_path / "vectors.txt")
    assert dataset.vocabulary.words[1:] == ["包裹", "我", "one"]
    assert unknown(dataset) == 0


def test_listed_words_are_kept(tmp_path):
    (tmp_path / "vectors.txt").write_text(
        "".join(f"{word} 1.5 2 -3\n" for word in "包 裹 包裹 我 one l' eau 快递".split())
    )
    (tmp_path / "t.csv").write_text("text,label\n" + "我包裹我,a\none,b\n" * 3)
    listed = frozenset(["包", "l'eau", "快递包裹"])
    dataset = prepare(tmp_path / "t.csv", None, None, tmp_path / "vectors.txt", CONFIG, listed=listed)
    assert dataset.vocabulary.words[1:] == ["包", "包裹", "我", "one", "l'", "eau", "快递"]


def test_whitespace_mode_keeps_words_together(tmp_path):
    (tmp_path / "vectors.txt").write_text(
        "".join(f"{word} 1.5 -2\n" for word in ["包", "包裹我", "one", "l'", "l'eau"])
    )
    (tmp_path / "t.csv").write_text("text,label\n" + "包裹我 l'eau,a\none,b\n" * 3)
    dataset = prepare(tmp_path / "t.csv", None, None, tmp_path / "vectors.txt", Config(split="whitespace"))
    assert dataset.vocabulary.words[1:] == ["包裹我", "one", "l'eau"]


def test_relations_between_words_without_spaces(tmp_path):
    (tmp_path / "vectors.txt").write_text("".join(f"{word} 1.5 2 -3\n" for word in "我 的 包裹 在 北京 one".split()))
    (tmp_path / "t.csv").write_text(
        "text,label\n" + "我的<e1>包裹</e1>在<e2>北京</e2>,in\n<e1>one</e1><e2>我</e2>,no\n" * 3
    )
    config = Config(network="cnn", dim=4, epochs=1)
    dataset = prepare(tmp_path / "t.csv", None, None, tmp_path / "vectors.txt", config)
    assert unknown(dataset) == 0 and dataset.relations
    assert dataset.train.packed.positions[:5].tolist() == [[-2, -4], [-1, -3], [0, -2], [1, -1], [2, 0]]
    model = run(dataset, config).model
    text = "我的<e1>包裹</e1>在<e2>北京</e2>"
    np.testing.assert_allclose(
        EdmModel(edm_bytes(model)).predict_logits([text]), model.logits(model.pack([text])), **CLOSE
    )


def test_a_fasttext_model_gives_its_words_first(tmp_path):
    """Its subwords would give every phrase a vector: words are what it has itself, and what is left between them."""
    words = ["</s>", "我", "的", "包裹", "one", "l'", "eau"]
    matrix = np.random.default_rng(0).normal(size=(len(words) + 20, 4)).astype(np.float32)
    vectors = write_model(tmp_path / "m.bin", words, matrix, 1, 3, 20)
    (tmp_path / "t.csv").write_text("text,label\n" + "我的包裹,a\n我的手机 l'eau l'ami,b\none,b\n" * 3)
    dataset, model = trained(tmp_path / "t.csv", vectors)
    assert dataset.vocabulary.words[1:] == ["我", "的", "包裹", "one", "l'", "eau", "ami", "手机"]
    assert unknown(dataset) == 0
    assert model.tokenizer("我的手机包裹", EdmModel(edm_bytes(model))) == ["我", "的", "手机", "包裹"]


def test_vectors_import_keeps_the_words_that_training_finds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table, vectors = FILES / "g_zh.csv", FILES / "g_zh.vec"
    assert main(["vectors", "import", str(vectors), "--data", str(table), "--out", "zh.h5"]) == 0
    assert "0 of the" in capsys.readouterr().err
    assert trained(table, "zh.h5")[1].digest() == trained(table, vectors)[1].digest()
