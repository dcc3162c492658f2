"""What is tried: all combinations of what is not given."""

import pytest

from embdistill import UserError
from embdistill.model.config import Config
from embdistill.model.networks import build_network
from embdistill.searching.space import TEACHERS, TRIED, settings_to_try, shared_settings


def test_all_networks_without_settings():
    found = settings_to_try(Config(), (), relations=False)
    assert {each.network for each in found} == set(TRIED) and len(found) == len(set(found))


def test_relations_are_tried_with_the_networks_that_can_tell_where_the_entities_are():
    networks = {each.network for each in settings_to_try(Config(), (), relations=True)}
    assert networks == {"cnn", "lstm"}
    for network in networks:
        build_network(Config(network=network), 3, 2, relations=True)


def test_what_is_given_stays():
    config = Config(network="cnn", method="direct", dim=7, filters=11, subwords=30)
    found = settings_to_try(config, ("network", "method", "dim", "filters", "subwords"), relations=False)
    assert {(each.network, each.method, each.dim, each.filters, each.subwords) for each in found} == {
        ("cnn", "direct", 7, 11, 30)
    }
    assert {each.widths for each in found} == set(TRIED["cnn"]["widths"])


def test_what_all_have():
    shared = shared_settings(Config(subwords=9, method="direct"), ("subwords", "method"))
    assert (shared.subwords, shared.method, shared.teacher_networks) == (9, "direct", TEACHERS)
    assert shared_settings(Config(method="large"), ()).subwords == 0  # the method is a default, which is not tried
    with pytest.raises(UserError, match=r"--method encode\+pq does not go with --flash, since no image has codes"):
        shared_settings(Config(method="encode+pq"), {"method"})
    with pytest.raises(UserError, match="--method large does not go with --flash"):
        shared_settings(Config(method="large"), ("method",))


def test_sizes_are_settings_of_their_network():
    for network, tried in TRIED.items():
        settings = build_network(Config(network=network), 3, 2).settings
        assert set(tried) <= {"method", "dim", *settings}
