"""The verb fetch, from a server on loopback: licences, checksums, other processes, and what train reads."""

import gzip
import io
import json
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from archive_helpers import tarred, zipped
from conftest import files_in
from embdistill.cli import main
from embdistill.data.corpora import Layout, read_corpus
from embdistill.fetching import registry
from embdistill.fetching.archive import file_sha256
from fetch_helpers import serving

CONTENT = random.Random(0).randbytes(500_000)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as server:
        server.files["/fasttext-cc.de/cc.de.300.vec.gz"] = gzip.compress(CONTENT, 1)
        yield server


@pytest.fixture
def german(server, here):
    """The words of a command that fetches vectors without a published checksum, and where they come."""
    words = ["fetch", "fasttext-cc.de", "--out", "data", "--mirror", server.address, "--accept-licence"]
    return words, here / "data" / "fasttext-cc.de" / "cc.de.300.vec.gz"


@pytest.fixture
def refused(here, capsys):
    """Run a command line that must fail in one line, after others that tell of the work; gives that line."""

    def refused(*words):
        capsys.readouterr()
        assert main(list(words)) == 2
        lines = capsys.readouterr().err.splitlines()
        assert not any("Traceback" in line for line in lines)
        return lines[-1].rpartition("embdistill: ")[2]  # a question may be before it

    return refused


def test_all_are_listed_without_a_network(works):
    starts = [line.split()[0] for line in works("fetch").splitlines() if line and not line.startswith(" ")]
    assert starts == ["name", *registry.RESOURCES, "fastText"]
    assert len(json.loads(works("fetch", "--json"))["resources"]) == len(registry.RESOURCES)


def test_names_that_are_not_there(fails):
    assert fails("fetch", "glove.6b") == "glove.6b: there is no such thing to fetch; did you mean glove.6B?"
    assert fails("fetch", "x") == "x: there is no such thing to fetch; `fetch` alone lists all"
    assert fails("fetch", "../trec").startswith("../trec: there is no such thing to fetch")
    assert fails("fetch", "trec", "--mirror", "folder").startswith("--mirror folder: must be an address")


def test_without_pooch(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.delitem(sys.modules, "embdistill.fetching.fetch", raising=False)
    assert fails("fetch", "trec") == "fetch needs pooch; pip install 'embdistill[fetch]'"


@pytest.mark.parametrize("answer", ["", "n\n", "no\n", "maybe\n"])
def test_nothing_is_downloaded_before_the_licence_is_accepted(german, server, refused, monkeypatch, here, answer):
    words, _ = german
    before = files_in(here)
    assert "add --accept-licence" in refused(*words[:-1])
    monkeypatch.setattr("sys.stdin", terminal(answer))
    assert refused(*words[:-1]) == "fasttext-cc.de: the licence was not accepted, and nothing was downloaded"
    assert not server.asked
    assert files_in(here) == before


def test_the_licence_is_asked_for_on_a_terminal_and_once(german, works, monkeypatch):
    words, path = german
    monkeypatch.setattr("sys.stdin", terminal("y\n"))
    assert str(path) in works(*words[:-1])
    assert str(path) in works(*words[:-1])  # nothing more is answered


def terminal(text):
    stream = io.StringIO(text)
    stream.isatty = lambda: True
    return stream


def test_a_cut_connection_and_then_nothing_is_asked_for_again(german, server, works):
    words, path = german
    server.cuts = [1000]
    record = json.loads(works(*words, "--json"))
    assert record["files"] == [str(path)]
    assert record["train"] == f"python -m embdistill train --data texts.csv --vectors {path}"
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, "SHA256SUMS", ".lock"}
    asked = len(server.asked)
    assert asked == 2
    works(*words)
    assert len(server.asked) == asked


def test_the_first_download_is_recorded_and_checked_ever_after(german, server, works, refused, capsys):
    words, path = german
    server.status = 503
    assert "503" in refused(*words)
    server.status = None
    assert main(words) == 0
    recorded = file_sha256(path)
    assert f"no checksum is published; that of what came is recorded, and checked from now on: {recorded}" in (
        capsys.readouterr().err
    )
    # Altered here: fetched again. Altered there too: refused.
    path.write_bytes(b"altered")
    assert main(words) == 0
    assert "altered since it was fetched, so to be fetched again" in capsys.readouterr().err
    assert gzip.decompress(path.read_bytes()) == CONTENT
    server.files["/fasttext-cc.de/cc.de.300.vec.gz"] = gzip.compress(CONTENT[::-1])
    path.unlink()
    message = refused(*words)
    assert f"expected {recorded} but got " in message
    assert message.endswith("SHA256SUMS to take what the server has now")
    assert not path.exists()
    (path.parent / "SHA256SUMS").unlink()
    works(*words)
    assert gzip.decompress(path.read_bytes()) == CONTENT[::-1]


@pytest.mark.parametrize("body", [b"<html>Please log in</html>", gzip.compress(CONTENT)[:-10]])
def test_what_is_no_whole_packed_file_is_not_trusted(german, server, refused, body):
    words, path = german
    server.files["/fasttext-cc.de/cc.de.300.vec.gz"] = body
    assert str(path) in refused(*words)
    assert {entry.name for entry in path.parent.iterdir()} == {".lock"}


def test_a_wrong_checksum(server, here, refused):
    server.files["/trec/train_5500.label"] = b"DESC:manner Other questions ?\n"
    words = ["fetch", "trec", "--out", "data", "--mirror", server.address, "--accept-licence"]
    message = refused(*words)
    expected = registry.find("trec").downloads[0].sha256
    assert message.startswith(f"{server.address}/trec/train_5500.label: SHA256 hash of downloaded file")
    assert f"expected {expected} but got " in message
    assert message.endswith("Try again, or name another server with --mirror")
    assert {entry.name for entry in (here / "data" / "trec").iterdir()} == {".lock"}


def test_an_address_without_a_file(server, refused):
    message = refused("fetch", "fasttext-cc.xx", "--out", "data", "--mirror", server.address, "--accept-licence")
    assert "cc.xx.300.vec.gz: the server answers 404 Not Found" in message


def test_a_folder_that_cannot_be_made(server, refused):
    words = ["--mirror", server.address, "--accept-licence"]
    message = refused("fetch", "trec", "--out", "texts.txt", *words)
    assert "texts.txt/trec: cannot be written (Not a directory); choose another folder with --out" in message
    message = refused("fetch", "trec", "--out", "/proc/nothing", *words)
    assert "/proc/nothing" in message and "cannot be written" in message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_stopped_goes_on_the_next_time(german, server, works, number):
    words, path = german
    server.cuts, server.held = [200_000], threading.Event()
    stopped = subprocess.Popen([sys.executable, "-m", "embdistill", *words], stderr=subprocess.PIPE)
    part = path.with_name(path.name + ".part")
    while not (part.exists() and part.stat().st_size):
        assert stopped.poll() is None
    stopped.send_signal(number)
    _, errors = stopped.communicate()
    server.held.set()
    had = part.stat().st_size
    if number == signal.SIGINT:
        assert errors.decode().splitlines()[-1].endswith("; the same command goes on with what has come")
    works(*words)
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert server.asked[-1][1] == f"bytes={had}-"


def test_two_processes_fetch_once(german, server):
    words, path = german
    server.cuts, server.held = [100_000], threading.Event()
    processes = [
        subprocess.Popen([sys.executable, "-m", "embdistill", *words], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    waiting = threading.Event()

    def read(stream):
        for line in stream:
            if "another process fetches into it; waiting for its end" in line:
                waiting.set()

    readers = [threading.Thread(target=read, args=(process.stderr,)) for process in processes]
    for reader in readers:
        reader.start()
    assert waiting.wait(60)
    server.held.set()
    assert [process.wait() for process in processes] == [0, 0]
    for reader, process in zip(readers, processes, strict=True):
        reader.join()
        process.stderr.close()
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert len(server.asked) == 2


SPLITS = {  # sentences of each file, by the option of train
    "trec": {"data": 5452, "test": 500},
    "sst": {"data": 8544, "dev": 1101, "test": 2210},
    "mr": {"data": 10662},
    "semeval": {"data": 8000, "test": 2717},
    "banking77": {"data": 10003, "test": 3080},
}


@pytest.fixture
def originals(data, server, monkeypatch):
    """The corpora on the server; archives, which are made here, with the published checksums of their files alone."""
    at = {"trec/train_5500.label": "trec/train.label", "trec/TREC_10.label": "trec/test.label"}
    at |= {f"banking77/{name}": f"banking77/{name}" for name in ("train.csv", "test.csv")}
    for path, original in at.items():
        server.files[f"/{path}"] = (data / original).read_bytes()
    for name, folder in {"sst": "sst", "mr": "mr", "semeval": "semeval2010_task8"}.items():
        known = registry.RESOURCES[name]
        (item,) = known.downloads
        members = {member: (data / folder / member.split("/")[-1]).read_bytes() for member in item.members}
        server.files[f"/{name}/{item.name}"] = zipped(members) if item.name.endswith(".zip") else tarred(members)
        monkeypatch.setitem(registry.RESOURCES, name, replace(known, downloads=(replace(item, sha256=None),)))
    return server


@pytest.mark.parametrize("name", SPLITS)
def test_the_corpora_come_as_train_reads_them(originals, works, name):
    originals.cuts = [100_000]
    words = ["fetch", name, "--out", "data", "--mirror", originals.address, "--accept-licence", "--json"]
    options = options_of(json.loads(works(*words))["train"])
    layout = Layout(None, options.get("label-column"))
    for split, sentences in SPLITS[name].items():
        assert len(read_corpus(options[split], options.get("format", "auto"), layout).examples) == sentences


@pytest.mark.parametrize("name", ["trec", "mr"])
def test_files_that_were_downloaded_by_hand(originals, works, here, name):
    for item in registry.find(name).downloads:
        path = here / "data" / name / item.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(originals.files[f"/{name}/{item.name}"])
    options = options_of(json.loads(works("fetch", name, "--out", "data", "--accept-licence", "--json"))["train"])
    assert len(read_corpus(options["data"]).examples) == SPLITS[name]["data"]
    assert not originals.asked


def test_no_room_for_what_is_unpacked(originals, works, refused, here):
    words = ["fetch", "sst", "--out", "data", "--mirror", originals.address, "--accept-licence"]
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, most))  # more than the archive, less than train.txt
    try:
        message = refused(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert "cannot be written (File too large); choose another folder with --out, or make room" in message
    assert set(os.listdir(here / "data" / "sst")) == {".lock", "trainDevTestTrees_PTB.zip"}
    works(*words)
    assert len(originals.asked) == 1


def options_of(command):
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "embdistill", "train"]
    return {name.removeprefix("--"): value for name, value in zip(words[4::2], words[5::2], strict=True)}


def test_the_command_that_is_printed_trains(originals, works, few_vectors):
    originals.files["/fasttext-cc.en/cc.en.300.vec.gz"] = gzip.compress(few_vectors.read_bytes())
    for name in ("fasttext-cc.en", "trec"):
        printed = works("fetch", name, "--out", "data", "--mirror", originals.address, "--accept-licence")
    command = shlex.split(printed.splitlines()[-1])
    small = ["--network", "mean", "--dim", "4", "--epochs", "1", "--threads", "1", "--json"]
    record = json.loads(works(*command[3:], *small))
    assert record["read"]["data"]["texts"] == 5452
    assert record["read"]["test"]["texts"] == 500


def test_all_dimensions_come_out_of_one_archive(server, works, few_vectors, monkeypatch):
    vectors = few_vectors.read_bytes()
    server.files["/glove.6B/glove.6B.zip"] = zipped({f"glove.6B.{dim}d.txt": vectors for dim in (50, 100, 200, 300)})
    for name in ("glove.6B", "glove.6B.50d"):
        (item,) = registry.RESOURCES[name].downloads
        own = replace(registry.RESOURCES[name], downloads=(replace(item, sha256=None),))
        monkeypatch.setitem(registry.RESOURCES, name, own)
    words = ["--out", "data", "--mirror", server.address, "--accept-licence", "--json"]
    (first,), (second,) = (json.loads(works("fetch", name, *words))["files"] for name in ("glove.6B", "glove.6B.50d"))
    assert os.path.basename(first) == "glove.6B.300d.txt" and os.path.basename(second) == "glove.6B.50d.txt"
    assert len(server.asked) == 1
    assert works("vectors", "info", second).startswith("format: ")
    # A file of which there is a record needs its archive no more.
    os.remove(os.path.join(os.path.dirname(first), "glove.6B.zip"))
    works("fetch", "glove.6B", *words)
    assert len(server.asked) == 1
