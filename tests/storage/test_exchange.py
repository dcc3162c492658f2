"""A folder takes the place of another in one step; whatever happens, the old one or the new one is there, whole."""

from pathlib import Path

import pytest

from conftest import files_in, put
from embdistill.storage import exchange


@pytest.fixture(params=["in one step", "in two steps"])
def folders(tmp_path, monkeypatch, request):
    if request.param == "in two steps":
        monkeypatch.setattr(exchange, "_exchange", lambda new, old: False)
    new, old = tmp_path / "temporary" / "new", tmp_path / "old"
    for folder in (new, old):
        folder.mkdir(parents=True)
        put(folder, folder.name, folder.name)
    return new, old


def test_the_folders_change_places(folders, tmp_path):
    new, old = folders
    exchange.replace_folder(new, old)
    assert files_in(old) == {"new": b"new"} and files_in(new) == {"old": b"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "temporary"]


def test_a_new_name_is_taken(folders, tmp_path):
    new, _ = folders
    exchange.replace_folder(new, tmp_path / "another")
    assert files_in(tmp_path / "another") == {"new": b"new"} and not new.exists()


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("late", [False, True], ids=["before a step", "behind a step"])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_an_error_at_any_step_leaves_the_old_or_the_new(folders, monkeypatch, error, late, step):
    new, old = folders
    rename, calls = Path.rename, iter(range(10))

    def fails(self, target):
        broken = next(calls) == step
        if broken and not late:
            raise error
        rename(self, target)
        if broken:
            raise error

    monkeypatch.setattr(Path, "rename", fails)
    monkeypatch.setattr(exchange, "_exchange", lambda new, old: False)
    with pytest.raises(type(error)):
        exchange.replace_folder(new, old)
    assert files_in(old) in ({"new": b"new"}, {"old": b"old"})


def test_a_folder_of_a_user_is_not_taken_for_the_old_one(folders, monkeypatch):
    new, old = folders
    monkeypatch.setattr(exchange, "_exchange", lambda new, old: False)
    old.with_name("old.replaced").mkdir()
    with pytest.raises(OSError, match="File exists"):
        exchange.replace_folder(new, old)
    assert files_in(old) == {"old": b"old"} and files_in(new) == {"new": b"new"}
