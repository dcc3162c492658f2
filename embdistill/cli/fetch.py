"""The verb `fetch`."""

import os
import shlex
import sys
from pathlib import Path

from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.fetching.registry import DATA_SETS, VECTORS, DataSet, find


def fetch(
    name=None, *, out: str | None = None, mirror: str | None = None, accept_licence: bool = False, json: bool = False
):
    """Download a corpus or word vectors, check and unpack them, and print the train command for them.

    Args:
        name: a data set; without one, all are listed. fasttext-cc.LANGUAGE is there for 157 languages.
        out: the folder in which the data set gets a folder of its own; the user's cache by default.
        mirror: the address of a server that has the files as they are in such a folder, in place of their makers'.
        accept_licence: accept the licence, which is asked for otherwise.
        json: print one JSON object.
    """
    if name is None:
        return print_json({"data_sets": [_record(each) for each in DATA_SETS.values()]}) if json else _list()
    data_set = find(name)
    if mirror and not mirror.startswith(("http://", "https://")):
        raise UserError(f"--mirror {mirror}: must be an address that begins with http:// or https://")
    try:
        from embdistill.fetching.fetch import fetch as bring
        from embdistill.fetching.fetch import folder_of, missing
    except ImportError as error:
        raise UserError("fetch needs pooch; pip install 'embdistill[fetch]'") from error
    folder = folder_of(data_set, Path(out).absolute() if out else None)
    if downloads := missing(data_set, folder):
        _ask(data_set, folder, accept_licence)
        bring(downloads, folder, mirror)
    command = f"python -m embdistill train {shlex.join(_options(data_set, folder))}"
    files = list(_paths(data_set, folder.parent).values())
    if json:
        return print_json(_record(data_set) | {"files": files, "train": command})
    print(*files, "", command, sep="\n")


def _list():
    print(f"{'name':<20}{'MB':>6}  what")
    for each in DATA_SETS.values():
        print(f"{each.name:<20}{f'{each.size / 1e6:,.1f}' if each.size else '?':>6}  {each.what}")
        print(f"{'':<28}licence: {each.licence}")
    print("\nfasttext-cc.LANGUAGE and fasttext-cc.LANGUAGE.bin are there for 157 languages: fasttext-cc.de, ...")


def _record(data_set):
    return {
        "name": data_set.name, "what": data_set.what, "bytes": data_set.size, "licence": data_set.licence,
        "page": data_set.page,
    }  # fmt: skip


def _ask(data_set: DataSet, folder, accepted):
    """Show what is downloaded and its licence; UserError unless that is accepted."""
    size = f"{data_set.size / 1e6:,.1f} MB" if data_set.size else "the server tells the size"
    shown = [f"{data_set.name}: {data_set.what}", f"  licence: {data_set.licence}", f"  page: {data_set.page}"]
    shown += [f"  from: {item.url}" for item in data_set.downloads] + [f"  to: {folder} ({size})"]
    print(*shown, sep="\n", file=sys.stderr)
    if accepted:
        return
    if not sys.stdin.isatty():
        raise UserError(f"{data_set.name}: nothing was downloaded; add --accept-licence to accept the licence above")
    print("Accept the licence and download (y/n)? ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError(f"{data_set.name}: the licence was not accepted, and nothing was downloaded")


def _options(data_set, folder):
    """The options of `train`. What the data set is not, texts or vectors: vectors that were fetched to the same place,
    or else a name for which the user has to give another."""
    paths = _paths(data_set, folder.parent)
    options = {name: paths.get(value, value) for name, value in data_set.options.items()}
    if "vectors" in options:
        options = {"data": "texts.csv"} | options
    else:
        fetched = [path for each in VECTORS for path in _paths(each, folder.parent).values() if os.path.exists(path)]
        options["vectors"] = (fetched or ["glove.6B.300d.txt"])[0]
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _paths(data_set, root):
    """The files of a data set by name, where they are below `root` once it is fetched."""
    names = [name for item in data_set.downloads for name in item.files()]
    return {name: str(root / data_set.folder / name) for name in names}
