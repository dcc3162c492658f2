"""Clusters that are refused: not there, or with other versions."""

import socket
import sys

import pytest

from cluster_helpers import installed, scheduler, wait_until, worker
from embdistill.comparison import cluster
from embdistill.comparison.cluster import check_versions, connect
from embdistill.errors import UserError


def test_no_scheduler_and_a_server_of_another_kind(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        refused = (
            f"^--scheduler {address}: no dask scheduler answers there \\(not within 0.5 s\\); check the address, or"
        )
        with pytest.raises(UserError, match=refused):
            connect(address)
    with pytest.raises(UserError, match=refused):
        connect(address)


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(UserError, match="needs dask; pip install 'embdistill\\[cluster\\]'"):
        connect("tcp://127.0.0.1:8786")


def test_a_scheduler_of_another_version(tmp_path):
    with scheduler(tmp_path, **installed(tmp_path, "dask", "2020.1.0")) as (address, _), connect(address) as client:
        said = f"^the scheduler {address} has dask 2020.1.0, and here is dask 2.*: results may differ; install the same"
        with pytest.raises(UserError, match=said):
            check_versions(client, address)


def test_a_worker_of_another_version(tmp_path):
    (tmp_path / "other").mkdir()
    other = installed(tmp_path / "other", "numpy", "1.9.0") | installed(tmp_path / "other", "embdistill", "0.0.1")
    with scheduler(tmp_path) as (address, _), connect(address) as client:
        check_versions(client, address)
        with worker(address, tmp_path, **other):
            wait_until(client.nthreads)
            with pytest.raises(UserError, match=r"^the worker tcp://.* has embdistill 0.0.1, numpy 1.9.0, and here is"):
                check_versions(client, address)
