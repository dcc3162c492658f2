"""Files over connections that break off, from servers of every kind."""

import pytest

from embdistill.errors import UserError
from embdistill.fetching.transfer import transfer

BODY = bytes(range(256)) * 4000  # more than is read at a time


@pytest.fixture
def address(server):
    server.files["/file"] = BODY
    return f"{server.address}/file"


@pytest.fixture
def part(tmp_path):
    return tmp_path / "file.part"


def ranges(server):
    return [asked for _, asked in server.asked]


def complaint(address, part):
    with pytest.raises(UserError) as caught:
        transfer(address, part)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def only(part):
    """What came, and nothing beside it."""
    assert list(part.parent.iterdir()) == [part]
    return part.read_bytes()


def test_a_connection_that_is_cut_goes_on_where_it_was(server, address, part, capsys):
    server.cuts = [300_000, 1, 400_000]
    transfer(address, part)
    assert only(part) == BODY
    assert ranges(server) == [None, "bytes=300000-", "bytes=300001-", "bytes=700001-"]
    assert capsys.readouterr().err.count("broke off") == 3


def test_a_server_that_is_gone_is_told_and_the_next_run_goes_on(server, address, part):
    server.cuts = [300_000, 0]
    assert "broke off again after 300,000 bytes; 300,000 bytes are kept" in complaint(address, part)
    transfer(address, part)
    assert only(part) == BODY
    assert ranges(server)[-1] == "bytes=300000-"


def test_without_ranges_it_begins_anew(server, address, part, capsys):
    server.ranges = False
    server.cuts = [300_000]
    transfer(address, part)
    assert only(part) == BODY
    assert "cannot go on amid a file; begun anew" in capsys.readouterr().err


def test_without_ranges_and_always_cut_it_ends(server, address, part):
    server.ranges = False
    server.cuts = [300_000] * 5
    assert "broke off again" in complaint(address, part)
    assert len(server.asked) == 2


def test_another_file_at_the_same_address_begins_anew(server, address, part, capsys):
    server.cuts = [300_000, 0]
    complaint(address, part)
    server.files["/file"] = BODY[::-1]
    transfer(address, part)
    assert only(part) == BODY[::-1]
    assert "has another file by now; begun anew" in capsys.readouterr().err


def test_without_a_validator_nothing_is_pieced_together(server, address, part):
    server.validators = False
    server.cuts = [300_000]
    transfer(address, part)
    assert only(part) == BODY
    assert ranges(server) == [None, None]


def test_what_came_from_another_address_is_not_used(server, address, part, monkeypatch):
    monkeypatch.setattr(server, "validator", lambda path: '"1"')  # versions are counted for each file
    server.cuts = [300_000, 0]
    complaint(address, part)
    server.files["/other"] = BODY[::-1]
    transfer(f"{server.address}/other", part)
    assert only(part) == BODY[::-1]


def test_a_file_that_is_shorter_than_what_came(server, address, part):
    server.cuts = [300_000, 0]
    complaint(address, part)
    part.write_bytes(BODY + b"more")
    transfer(address, part)
    assert only(part) == BODY


def test_a_server_that_gives_a_piece_at_a_time(server, address, part):
    server.cuts = [300_000]
    server.piece = 250_000
    transfer(address, part)
    assert only(part) == BODY
    assert ranges(server)[1:] == [f"bytes={size}-" for size in range(300_000, len(BODY), 250_000)]


def test_a_server_that_gives_other_bytes_than_were_asked_for(server, address, part):
    server.cuts = [300_000]
    server.off = 1
    assert "sends other bytes than were asked for; remove" in complaint(address, part)


def test_a_body_of_untold_length(server, address, part):
    server.lengths = False
    transfer(address, part)
    assert only(part) == BODY


def test_an_address_that_has_moved(server, address, part):
    server.moved["/old"] = address
    server.cuts = [300_000]
    transfer(f"{server.address}/old", part)
    assert only(part) == BODY
    assert ranges(server) == [None, None, "bytes=300000-", "bytes=300000-"]


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "404 Not Found; docs/data.md says"), (503, "503 Service Unavailable; try again later")],
)
def test_answers_that_are_no_file(server, address, part, status, message):
    server.status = status
    assert complaint(address, part).startswith(f"{address}: the server answers {message}")


def test_a_server_that_is_not_there(part):
    message = complaint("http://127.0.0.1:9/file", part)
    assert message.startswith("http://127.0.0.1:9/file: cannot be reached (Connection refused); check the network")


def test_a_full_disk(server, address, part):
    part.symlink_to("/dev/full")
    assert complaint(address, part).startswith(f"{part}: cannot be written (No space left on device); make room")
