"""Models with weights that nobody trained, and texts to ask them."""

import numpy as np

from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.model.classifier import Model
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean

CLOSE = dict(rtol=0, atol=1e-4)  # of the logits of one model in C and in Python
WORDS = "turn the lamp on off play a song it 's dark , . don n't ca café über 水 💡 \u0301 é ð ÿ".split()
WORDS += "l' homme 快递 包裹 ไป".split()
POSITIONS = dict(position_dim=3, position_reach=4)
NETWORKS = {
    "mean": Mean(dim=7, classes=3, hidden=9),
    "cnn": Cnn(dim=7, classes=3, filters=5, widths=(1, 3, 4)),
    "lstm": Lstm(dim=7, classes=3, units=6, pooling="last"),
    "lstm max": Lstm(dim=7, classes=3, units=6, pooling="max"),
    "relations cnn": Cnn(dim=7, classes=3, filters=5, widths=(2, 3), **POSITIONS),
    "relations lstm": Lstm(dim=7, classes=3, units=6, pooling="max", **POSITIONS),
}
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
    "我的快递包裹到哪里了lamp，ไปไป L’HOMME l'ami",
    "la\xadmp u\u0308ber \u2060cafe\u0301 \ufefflamp",
    b"don\x92t \x93song\x94 \x80",
    "快递" * 5000,
]


def random_model(network, words=WORDS, tokenizer=None, about=None, scale=0.5) -> Model:
    """A model of these words. scale: standard deviation of the weights, and half that of the table."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(0, scale, shape).astype(np.float32) for name, shape in network.shapes().items()}
    table = rng.normal(0, 2 * scale, (len(words) + 1, network.dim)).astype(np.float32)
    labels = [f"класс {c}" for c in range(network.classes)]
    return Model(labels, tokenizer or Tokenizer(), Vocabulary(words), table, network, values, about or {})


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
