"""Models in whole numbers: the same bits as a plain reading of docs/edm.md, whatever computes them."""

import itertools
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import naive.edm
import naive.relations
from c_helpers import needed
from embdistill.errors import FormatError, UserError
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.kernels.runtime import _runtime
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.subwords import Subwords
from model_helpers import HARD, NETWORKS, WORDS, made_for, random_model
from naive.integers import Integers

BUCKETS = 40
PLAIN = [word for word in WORDS if word.isascii() and word.isalpha()]  # these stay apart from their neighbours
SHAPES = {  # odd numbers of inputs, columns, features and classes, and enough for whole groups of columns
    **NETWORKS,
    "mean wide": Mean(dim=33, classes=19, hidden=67),
    "cnn wide": Cnn(dim=18, classes=17, filters=24, widths=(1, 3)),
    "cnn of one": Cnn(dim=1, classes=1, filters=1, widths=(1,)),
    "cnn shifted": Cnn(dim=40, classes=2, filters=3, widths=(20,)),  # sums of 20 taps would not fit otherwise
    "lstm wide": Lstm(dim=5, classes=2, units=20, pooling="max"),
}


def model_of(network, scale=0.5):
    model = random_model(network, scale=scale)
    buckets = np.random.default_rng(1).normal(0, scale, (BUCKETS, network.dim)).astype(np.float32)
    return replace(model, subwords=Subwords(buckets))


def texts_of(count):
    """Texts of `count` tokens: known words, and such that are read by their n-grams, of one to many."""
    unknown = ["zq", "unheardof", "x" * 200]
    return [list(itertools.islice(itertools.cycle(PLAIN[i:] + unknown), count)) for i in range(0, len(PLAIN), 3)]


def expected(twin, edm, tokens, spans):
    words = []
    for token in tokens:
        row = edm.find(token)
        ngrams = _runtime.ngrams(token, 3, 6, BUCKETS)
        words.append(twin.word(row) if row else twin.word_of_ngrams(ngrams))
    if not spans:
        return twin.logits(words)
    reach = len(twin.positions[0]) // 2
    distances = np.clip(naive.relations.positions(len(tokens), *spans), -reach, reach) + reach
    return twin.logits(words, distances.tolist())


@pytest.mark.parametrize("dtype", ["int8", "int4"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_same_bits_as_the_plain_reading(name, dtype):
    model = model_of(SHAPES[name])
    image = edm_bytes(model, dtype)
    twin, edm = Integers(image), EdmModel(image)
    precomputed = EdmModel(image, precompute=7)
    for count in (0, 1, 2, 3, 4, 5, 11, 70):
        for tokens in texts_of(count)[: 2 if count == 70 else None]:
            spans, text = (), " ".join(tokens)
            if model.relations:
                if count < 3:
                    continue
                spans = ((0, 1), (count - 2, count - 1))
                marked = [*tokens]
                for place, entity in ((0, 1), (count - 2, 2)):
                    marked[place] = f"<e{entity}>{tokens[place]}</e{entity}>"
                text = " ".join(marked)
            logits = expected(twin, edm, tokens, spans)
            assert edm.predict_logits([text]).tobytes() == logits.tobytes(), text
            assert precomputed.predict_logits([text]).tobytes() == logits.tobytes()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("scale", [0.01, 0.5, 3])
@pytest.mark.parametrize(("dtype", "bound"), [("int8", 0.06), ("int4", 0.25)])
def test_close_to_floats(name, scale, dtype, bound):
    if scale == 3 and "lstm" in name:
        pytest.skip("gates of such weights are either open or shut, and a small difference decides")
    model = random_model(SHAPES[name], scale=scale)
    texts = made_for(model, HARD)
    floats, integers = (EdmModel(edm_bytes(model, kind)).predict_logits(texts) for kind in ("float32", dtype))
    spread = np.abs(floats - model.values["output.bias"]).max()
    assert np.abs(floats - integers).max() <= bound * spread


def test_a_very_long_text_does_not_overflow():
    model = model_of(NETWORKS["mean"])
    image = edm_bytes(model, "int8")
    edm, texts = EdmModel(image), ["lamp " * 70_000, "lamp"]
    long, short = edm.predict_logits(texts)
    np.testing.assert_allclose(long, short, atol=2e-3)
    tokens = ["lamp", "song", "zq"] * 30_000
    assert edm.predict_logits([" ".join(tokens)]).tobytes() == expected(Integers(image), edm, tokens, ()).tobytes()


def test_a_bias_far_from_the_weights_is_kept():
    model = random_model(NETWORKS["cnn"])
    model.values["conv.bias"][:] = 1e5
    model.values["output.bias"][:] = [1e5, -1e5, 0]
    floats, integers = (EdmModel(edm_bytes(model, dtype)).predict_logits(["a lamp"]) for dtype in ("float32", "int8"))
    np.testing.assert_allclose(integers, floats, atol=0.02 * 1e5)


def test_sums_and_biases_fit_whatever_the_size_of_the_features():
    """Where a bias is far larger than all else, both may come to what they may be at most."""
    for hidden in (128, 255, 256, 512):
        model = random_model(Mean(dim=4, classes=2, hidden=hidden))
        model.values["output.bias"][:] = [1e7, -1e7]
        assert EdmModel(edm_bytes(model, "int8")).predict(["a lamp"]) == [model.labels[0]]
    model = random_model(Mean(dim=257, classes=2, hidden=4))
    model.values["hidden.bias"][:] = 1e5
    EdmModel(edm_bytes(model, "int8"))


@pytest.mark.parametrize("name", ["mean", "cnn", "lstm"])
@pytest.mark.parametrize("factor", [0, 1e-12, 1e-6, 1e-4, 1e4, 1e6, 1e12])
@pytest.mark.parametrize("what", ["table", "first", "lstm.recurrent", "output.weight"])
def test_sizes_far_apart_make_an_image_that_opens_or_an_error(name, factor, what):
    model = random_model(NETWORKS[name])
    first = {"mean": "hidden.weight", "cnn": "conv.weight", "lstm": "lstm.weight"}[name]
    what = first if what == "first" else what
    if what != "table" and what not in model.values:
        pytest.skip("another network has it")
    (model.table if what == "table" else model.values[what])[:] *= np.float32(factor)
    try:
        image = edm_bytes(model, "int8")
    except UserError as error:
        assert "use float32" in str(error) and factor in (0, 1e12)
    else:
        assert np.isfinite(EdmModel(image).predict_logits(["a lamp", ""])).all()


ASKS = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "embdistill.h"
#include "model_data.h"
int main(void)
{
    embdistill_model model;
    float logits[2][8];
    char text[256];
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK) return 1;
    size_t bytes = embdistill_scratch_bytes(&model, 256), more = embdistill_precompute_bytes(&model, 7);
    void *scratch = malloc(bytes), *memory = malloc(more);
    while (fgets(text, sizeof text, stdin) != NULL) {
        embdistill_model fast = model;
        if (embdistill_precompute(&fast, 7, memory, more) != EMBDISTILL_OK) return 2;
        embdistill_logits(&model, text, strlen(text), scratch, bytes, logits[0], NULL);
        embdistill_logits(&fast, text, strlen(text), scratch, bytes, logits[1], NULL);
        if (memcmp(logits[0], logits[1], model.classes * sizeof(float)) != 0) return 3;
    }
    free(scratch);
    free(memory);
    return 0;
}
"""


def cnn_of_width_1(filters):
    return edm_bytes(model_of(Cnn(dim=6, classes=3, filters=filters, widths=(1,))), "int8")


@pytest.fixture(scope="module")
def asks(tmp_path_factory):
    """ASKS with the runtime of cnn_of_width_1, compiled with sanitizers: the command that is left, to link a model."""
    folder = tmp_path_factory.mktemp("asks")
    write_c(folder / "c", cnn_of_width_1(2))
    (folder / "asks.c").write_text(ASKS)
    command = [needed("gcc"), "-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command.append(f"-I{folder / 'c'}")
    subprocess.run([*command, "-c", folder / "asks.c", folder / "c/embdistill.c"], cwd=folder, check=True)
    return [*command, folder / "asks.o", folder / "embdistill.o"]


@pytest.mark.parametrize("filters", [2, 3, 4, 5, 7])
def test_precomputed_rows_of_packed_weights(filters, asks, tmp_path):
    """In Python weights are always unpacked; a C program need not do so."""
    write_c(tmp_path / "c", cnn_of_width_1(filters))
    subprocess.run([*asks, tmp_path / "c/model_data.c", "-o", tmp_path / "asks"], check=True)
    texts = "\n".join(" ".join(tokens) for tokens in texts_of(9)).encode()
    assert subprocess.run([tmp_path / "asks"], input=texts).returncode == 0


def altered(image, name, place, value, form="<I"):
    content = bytearray(naive.edm.sections(image)[name])
    struct.pack_into(form, content, place, value)
    return naive.edm.with_section(image, name.encode(), bytes(content))


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_images_that_would_overflow_or_have_no_scale_are_refused(network):
    image = edm_bytes(model_of(NETWORKS[network]), "int8")
    EdmModel(image)
    sections = naive.edm.sections(image)
    bad = {
        "input shift": altered(image, "INTS", 0, 16),
        "multiplier 0": altered(image, "INTS", 4, 0),
        "multiplier": altered(image, "INTS", 4, 2**23 + 1),
        "shift 0": altered(image, "INTS", 8, 0),
        "shift": altered(image, "INTS", 8, 63),
        "feature bits 0": altered(image, "INTS", 20, 0),
        "feature bits": altered(image, "INTS", 20, 16),
        "a logit's step of 0": altered(image, "INTS", 24, 0.0, "<f"),
        "below 0": altered(image, "INTS", 24, -1.0, "<f"),
        "huge": altered(image, "INTS", 24, 1e30, "<f"),
        "infinite": altered(image, "INTS", 24, float("inf"), "<f"),
        "NaN": altered(image, "INTS", 24, float("nan"), "<f"),
        "bias of a logit": altered(image, "OUTB", 16, 2**31 - 1, "<i"),
        "another unit": altered(image, "SUBW", 8 + 12, 0.5, "<f"),
        "scale of a row": altered(image, "TABL", len(sections["TABL"]) - 1, 0, "<B"),
        "scale of a weight": altered(image, "MAPW", len(sections["MAPW"]) - 1, 0, "<B"),
        "cut off": naive.edm.with_section(image, b"INTS", sections["INTS"][:-4]),
        "type of the weights": altered(image, "MAPW", 0, 1),
        "floats": naive.edm.with_section(image, b"OUTB", struct.pack("<3If", 0, 1, 3, 0) + bytes(12)),
    }
    if network == "lstm":
        bad["multiplier of states"] = altered(image, "INTS", 12, 0)
    else:
        bad["bias"] = altered(image, "MAPB", 16, -(2**31), "<i")
    for what, content in bad.items():
        with pytest.raises(FormatError):
            EdmModel(content)
            pytest.fail(what)


def test_more_inputs_than_sums_hold_are_refused():
    """An image of version 3 whose inputs are not shifted, though its sums would need it."""
    image = edm_bytes(model_of(SHAPES["cnn shifted"]), "int8")
    (shift,) = struct.unpack_from("<I", naive.edm.sections(image)["INTS"])
    assert shift > 0
    with pytest.raises(FormatError, match="do not fit together"):
        EdmModel(altered(image, "INTS", 0, 0))
