"""Members of archives, all or none, and nothing beside them."""

import hashlib

import pytest

from archive_helpers import tarred, zipped
from conftest import files_in, put
from embdistill.errors import UserError
from embdistill.fetching.archive import unpack

FILES = {"set/one.txt": b"first\n" * 1000, "set/sub/two.txt": b"second\n", "../out.txt": b"outside", "/etc/out": b"x"}
WANTED = {"set/one.txt": None, "set/sub/two.txt": None}


@pytest.fixture(params=[zipped, tarred])
def archive(request, tmp_path):
    return put(tmp_path, request.param(FILES), {zipped: "a.zip", tarred: "a.tar.gz"}[request.param])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "above" / "folder").mkdir(parents=True)
    return tmp_path / "above" / "folder"


def test_only_what_is_wanted_comes_out(archive, folder):
    unpack(archive, WANTED, folder)
    assert files_in(folder.parent) == {
        "folder": None, "folder/one.txt": FILES["set/one.txt"], "folder/two.txt": FILES["set/sub/two.txt"]
    }  # fmt: skip


def refused(archive, wanted, folder):
    (folder / "one.txt").write_text("of before")
    with pytest.raises(UserError) as caught:
        unpack(archive, wanted, folder)
    assert files_in(folder) == {"one.txt": b"of before"}
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_a_member_that_is_not_there(archive, folder):
    assert "three.txt" in refused(archive, {**WANTED, "set/three.txt": None}, folder)


def test_a_member_with_another_checksum(archive, folder):
    wrong = {**WANTED, "set/sub/two.txt": "00" * 32}
    found = hashlib.sha256(FILES["set/sub/two.txt"]).hexdigest()
    assert f"set/sub/two.txt in it is {found}, not 00" in refused(archive, wrong, folder)


@pytest.mark.parametrize("damage", ["cut", "altered", "other"])
def test_archives_that_are_damaged(archive, folder, damage):
    content = archive.read_bytes()
    at = content.index(b"set/one.txt") + 40 if content.startswith(b"PK") else len(content) // 2
    altered = content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]
    archive.write_bytes({"cut": content[:150], "altered": altered, "other": b"<html>Not found"}[damage])
    assert "cannot be unpacked" in refused(archive, WANTED, folder)
