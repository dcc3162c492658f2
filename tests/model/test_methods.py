"""Names of methods."""

import pytest

from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.model.methods import Method, parse


@pytest.mark.parametrize(
    ("name", "table", "match", "stages", "codes", "written"),
    [
        ("encode", "encode", "labels", (), None, "encode"),
        ("encode+labels", "encode", "labels", (), None, "encode"),
        ("soft", "direct", "soft", (), None, "direct+soft"),
        ("soft+encode", "encode", "soft", (), None, "encode+soft"),
        ("ensemble", "direct", "logits", ("ensemble",), None, "direct+logits+ensemble"),
        (
            "finetune+ensemble+pretrain+encode2",
            "encode2",
            "logits",
            ("pretrain", "ensemble", "finetune"),
            None,
            "encode2+logits+pretrain+ensemble+finetune",
        ),
        ("pca-tuned+soft+ensemble", "pca-tuned", "soft", ("ensemble",), None, "pca-tuned+soft+ensemble"),
        ("pq+encode", "encode", "labels", (), "pq", "encode+pq"),
        ("sparse+finetune+soft", "direct", "soft", ("finetune",), "sparse", "direct+soft+finetune+sparse"),
    ],
)
def test_names(name, table, match, stages, codes, written):
    assert parse(name) == Method(table, match, stages, codes)
    assert parse(name).name == written == Config(method=name).method
    assert parse(written) == parse(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("encod", "'encod' is none of .*; did you mean encode?"),
        ("encode+sofft", "'sofft' is none of .*; did you mean soft?"),
        ("encode+fold", "'fold' is none of"),
        ("", "'' is none of"),
        ("encode++soft", "'' is none of"),
        ("encode+direct", "encode and direct do not go together; give one table"),
        ("soft+logits", "soft and logits do not go together; give one objective"),
        ("encode+finetune+finetune", "finetune and finetune do not go together; give one stage"),
        ("encode+encode", "encode and encode do not go together"),
        ("encode+pq+sparse", "pq and sparse do not go together; give one kind of codes"),
        ("encode+spars", "'spars' is none of .*; did you mean sparse?"),
        ("direct+pretrain", "pretrain needs an encoder; use encode or encode2"),
        ("pretrain", "pretrain needs an encoder"),
        ("encode+labels+ensemble", "labels need no teachers"),
    ],
)
def test_names_that_are_refused(name, said):
    with pytest.raises(UserError, match=f"^--method {name.replace('+', '.')}: .*{said.replace('?', '[?]')}"):
        parse(name)
