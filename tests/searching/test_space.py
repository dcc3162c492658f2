"""What is tried: all combinations of what is not given."""

import pytest

from embdistill import UserError
from embdistill.model.config import Config
from embdistill.model.networks import build_network
from embdistill.searching.space import TRIED, settings_to_try


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


def test_a_large_table_is_refused():
    with pytest.raises(UserError, match="--method large does not go with --flash"):
        settings_to_try(Config(method="large"), ("method",), relations=False)


def test_sizes_are_settings_of_their_network():
    for network, tried in TRIED.items():
        settings = build_network(Config(network=network), 3, 2).settings
        assert set(tried) <= {"method", "dim", *settings}
