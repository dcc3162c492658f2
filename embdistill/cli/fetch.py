"""The verb `fetch`."""

import os
import shlex
import sys
from pathlib import Path

from embdistill.cli.printing import print_json
from embdistill.errors import UserError


def fetch(
    name=None, *, out: str | None = None, mirror: str | None = None, accept_licence: bool = False, json: bool = False
):
    """Download a corpus or word vectors, check and unpack them, and print the train command for them.

    Args:
        name: what to fetch; without it, all that can be fetched is listed.
        out: the folder in which it gets a folder of its own; the user's cache by default.
        mirror: the address of a server that has the files as they are in such a folder, in place of their makers'.
        accept_licence: accept the licence, which is asked for otherwise.
        json: print one JSON object.
    """
    from embdistill.fetching.registry import RESOURCES, find

    if name is None:
        every = RESOURCES.values()
        return print_json({"resources": [_record(each) for each in every]}) if json else _print_list(every)
    resource = find(name)
    if mirror and not mirror.startswith(("http://", "https://")):
        raise UserError(f"--mirror {mirror}: must be an address that begins with http:// or https://")
    try:
        from embdistill.fetching.fetch import cache, download, missing
    except ImportError as error:
        raise UserError("fetch needs pooch; pip install 'embdistill[fetch]'") from error
    root = Path(out).absolute() if out else cache()
    folder = root / resource.folder
    if downloads := missing(resource, folder):
        _ask(resource, folder, [mirror] if mirror else [item.url for item in downloads], accept_licence)
        download(downloads, folder, mirror)
    command = f"python -m embdistill train {shlex.join(_options(resource, root))}"
    files = list(_paths(resource, root).values())
    if json:
        return print_json(_record(resource) | {"files": files, "train": command})
    print(*files, "", command, sep="\n")


def _print_list(resources):
    print(f"{'name':<19}{'MB':>7}  what")
    for each in resources:
        print(f"{each.name:<19}{f'{each.size / 1e6:,.1f}' if each.size else '?':>7}  {each.what}")
        print(f"{'':<28}licence: {each.licence}")
    print("\nfastText is there for 157 languages, as fasttext-cc.de and fasttext-cc.de.bin for German.")


def _record(resource):
    return {
        "name": resource.name, "what": resource.what, "bytes": resource.size, "licence": resource.licence,
        "page": resource.page,
    }  # fmt: skip


def _ask(resource, folder, addresses, accepted):
    """Show what is downloaded and its licence; UserError unless that is accepted."""
    size = f"{resource.size / 1e6:,.1f} MB" if resource.size else "the server tells the size"
    print(f"{resource.name}: {resource.what}", file=sys.stderr)
    print(f"  licence: {resource.licence}\n  page: {resource.page}", file=sys.stderr)
    print(f"  from: {', '.join(addresses)} ({size})\n  to: {folder}", file=sys.stderr)
    if accepted:
        return
    if not sys.stdin.isatty():
        raise UserError(f"{resource.name}: nothing was downloaded; add --accept-licence to accept the licence above")
    print("Accept the licence and download (y/n)? ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError(f"{resource.name}: the licence was not accepted, and nothing was downloaded")


def _options(resource, root):
    """The options of `train`. For what the resource is not, texts or vectors: vectors that were fetched to the same
    place, or else a name that the user replaces."""
    from embdistill.fetching.registry import VECTORS

    paths = _paths(resource, root)
    options = {name: paths.get(value, value) for name, value in resource.options.items()}
    if "vectors" in options:
        options = {"data": "texts.csv"} | options
    else:
        fetched = [path for each in VECTORS for path in _paths(each, root).values() if os.path.exists(path)]
        options["vectors"] = (fetched or ["glove.6B.300d.txt"])[0]
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _paths(resource, root):
    """The files of a resource by name, where they are below `root` once they are fetched."""
    names = [name for item in resource.downloads for name in item.files()]
    return {name: str(root / resource.folder / name) for name in names}
