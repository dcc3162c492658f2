"""What the registry says is sound, and is what docs/data.md says."""

import re
from pathlib import Path

import pytest

from embdistill.fetching.registry import RESOURCES, find

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_the_page_has_it(resource):
    for item in resource.downloads:
        assert item.url in PAGE
    assert f"`{resource.name}`" in PAGE
    assert resource.licence in PAGE
    if not resource.shared or resource.name == resource.shared:
        assert f"`{' '.join(f'--{name} {value}' for name, value in resource.options.items())}`" in PAGE


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_it_is_sound(resource):
    files = [name for item in resource.downloads for name in item.files()]
    assert len(files) == len(set(files))
    checksums = [item.sha256 for item in resource.downloads]
    checksums += [sha256 for item in resource.downloads for sha256 in item.files().values()]
    assert all(sha256 is None or re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in checksums)
    assert all(name in files for name in resource.options.values() if re.search(r"[.]\w+$", name))


def test_fasttext_of_any_language():
    assert find("fasttext-cc.de.bin").downloads[0].url.endswith("/cc.de.300.bin.gz")
    assert find("fasttext-cc.pms").options == {"vectors": "cc.pms.300.vec.gz"}
