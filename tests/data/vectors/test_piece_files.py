"""Static models whose files are missing, damaged or of several models: one line names the file and what to do."""

import gzip
import json
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.static_model import open_static_model
from embdistill.errors import UserError
from static_helpers import PIECES, saved, values_of, wordlevel, wordpiece
from vector_helpers import error_of

COUNT = len(PIECES)


@pytest.fixture
def model(tmp_path):
    """A sound folder of model2vec."""
    return saved(tmp_path / "model")[1]


def tables(folder, **shapes):
    """A folder with a tokenizer, and a safetensors file with tensors of these shapes."""
    folder.mkdir()
    wordpiece().save(str(folder / "tokenizer.json"))
    save_file({name: np.ones(shape, np.float32) for name, shape in shapes.items()}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("size", [0, 5, 60, -3])
def test_a_cut_table(model, size):
    table = model / "model.safetensors"
    table.write_bytes(table.read_bytes()[:size])
    error = error_of(model)
    assert error.startswith(f"{table}: a safetensors file that is cut off or damaged (") and error.endswith("it again")


def test_a_packed_table(model):
    packed = put(model, gzip.compress((model / "model.safetensors").read_bytes()), "model.gz")
    assert error_of(packed).startswith(f"{packed}: a safetensors file, packed or through a pipe; give it as it is")


def test_a_table_that_was_not_fetched(model):
    put(model, b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "model.safetensors")
    assert error_of(model).startswith(f"{model}/model.safetensors: a git-lfs pointer")


def test_a_tokenizer_that_is_missing_or_none(model):
    put(model, b'{"model_max_length": 512}', "tokenizer.json")
    assert error_of(model).startswith(f"{model}/tokenizer.json: not a tokenizer of the package tokenizers (")
    (model / "tokenizer.json").unlink()
    problem = "a safetensors file without a tokenizer.json beside it; put that of its model there"
    assert error_of(model) == error_of(model / "model.safetensors") == f"{model}/model.safetensors: {problem}"


@pytest.mark.parametrize("pieces", [PIECES[:-1], [*PIECES, "lamppost"]], ids=["fewer", "more"])
def test_a_tokenizer_of_another_model(model, pieces):
    wordpiece(pieces).save(str(model / "tokenizer.json"))
    problem = f"its pieces have ids up to {len(pieces) - 1}, and {model}/model.safetensors has {COUNT} rows for them"
    assert error_of(model) == f"{model}/tokenizer.json: {problem}; take both files of the same model"


def test_a_mapping_or_weights_that_do_not_fit(tmp_path):
    tokenizer = wordpiece()
    settings = dict(vectors=values_of(tokenizer)[:5], token_mapping=np.arange(COUNT) % 5)
    for name, more, problem in [
        ("rows", dict(vectors=settings["vectors"][:4]), "its mapping names rows that it does not have"),
        (
            "float",
            dict(token_mapping=np.zeros(COUNT)),
            f"its tensor 'mapping' has the shape ({COUNT},) and the type F64",
        ),
        ("weights", dict(weights=np.ones((COUNT, 1), np.float32)), f"its tensor 'weights' has the shape ({COUNT}, 1)"),
    ]:
        _, folder = saved(tmp_path / name, tokenizer, **settings | more)
        assert error_of(folder).startswith(f"{folder}/model.safetensors: {problem}")


def test_settings_that_are_no_object(model):
    for content in (b"[]", b"{", b"\xff"):
        put(model, content, "config.json")
        assert error_of(model).startswith(f"{model}/config.json: not an object of JSON (")


def test_a_folder_without_a_model_and_one_with_several(tmp_path, model):
    (tmp_path / "empty").mkdir()
    assert error_of(tmp_path / "empty").startswith(f"{tmp_path}/empty: a folder without a safetensors file")
    save_file({"x": np.ones(3)}, model / "more.safetensors")
    names = "model.safetensors, more.safetensors"
    assert error_of(model) == f"{model}: a folder with 2 safetensors files ({names}); give one of them"
    assert open_vectors(model / "model.safetensors").dim == 6


@pytest.mark.parametrize("shape", [(COUNT,), (COUNT, 2, 3), (COUNT, 0)])
def test_a_table_without_two_dimensions(tmp_path, shape):
    folder = tables(tmp_path / "t", embeddings=shape)
    problem = f"its tensor 'embeddings' has the shape {shape} and the type F32; it must have 2 dimensions"
    assert error_of(folder).startswith(f"{folder}/model.safetensors: {problem} of F64, F32, F16, BF16")
    folder = tables(tmp_path / "u", wte=shape[:1])
    problem = f"no table with a row for each of the {COUNT} pieces of its tokenizer, only wte ({COUNT},)"
    assert error_of(folder).startswith(f"{folder}/model.safetensors: {problem}; take both files")


def test_the_table_is_told_by_its_shape_then_by_its_name(tmp_path):
    for name, shapes, dim in [
        ("rows", dict(a=(COUNT - 1, 3), b=(COUNT + 2, 4), c=(COUNT,)), 4),
        ("exact", dict(emb=(COUNT + 2, 4), head=(COUNT, 5)), 5),
        ("named", {"lm_head.weight": (COUNT, 4), "model.embed_tokens.weight": (COUNT, 7)}, 7),
    ]:
        assert open_vectors(tables(tmp_path / name, **shapes)).dim == dim


def test_of_several_likely_tables_one_is_named(tmp_path):
    folder = tables(tmp_path / "t", head=(COUNT, 4), output=(COUNT, 5))
    table, either = folder / "model.safetensors", f"head ({COUNT}, 4) or output ({COUNT}, 5)"
    assert error_of(folder) == f"{table}: its table may be {either}; name one with --tensor of vectors import"
    assert open_static_model(str(folder), "output").dim == 5
    with pytest.raises(UserError, match=r"no tensor 'outptu', only head \(18, 4\), output"):
        open_static_model(str(folder), "outptu")


def test_rows_that_no_piece_has_are_said(tmp_path):
    file = open_vectors(tables(tmp_path / "t", wte=(COUNT + 3, 4)))
    load_vectors(file, {"lamp"})
    assert file.notes[-1] == f"{file.path}: 3 rows of its table have no piece"


def test_special_pieces_may_have_no_row(tmp_path):
    tokenizer = wordpiece()
    tokenizer.add_special_tokens(["<pad>"])
    folder = tables(tmp_path / "t", wte=(COUNT, 4))
    tokenizer.save(str(folder / "tokenizer.json"))
    assert load_vectors(open_vectors(folder), {"lamp", "<pad>"})[0] == ["lamp"]


def test_padding_and_cutting_are_off(model):
    tokenizer = json.loads((model / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0}
    tokenizer["padding"] = {
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 4, "pad_type_id": 0,
        "pad_token": "the",
    }  # fmt: skip
    before = load_vectors(open_vectors(model), {"lampshades"})[1]
    put(model, json.dumps(tokenizer).encode(), "tokenizer.json")
    np.testing.assert_array_equal(load_vectors(open_vectors(model), {"lampshades"})[1], before)


def test_a_tokenizer_that_cannot_split(tmp_path):
    _, folder = saved(tmp_path, wordlevel())
    tokenizer = (folder / "tokenizer.json").read_text()
    put(folder, tokenizer.replace('"unk_token":"unk"', '"unk_token":"nix"').encode(), "tokenizer.json")
    problem = "splits no words (WordLevel error: Missing [UNK] token from the vocabulary); fetch it again"
    assert error_of(folder, {"quartz"}) == f"{folder}/tokenizer.json: {problem}"


@pytest.mark.parametrize("package", ["safetensors", "tokenizers"])
def test_a_missing_package_is_named(model, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    problem = f"{model}/model.safetensors: a static model needs {package}; pip install 'embdistill[model2vec]'"
    assert error_of(model) == problem
