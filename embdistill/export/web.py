"""Models as a web page: one HTML file with the C runtime as WebAssembly and the image inside, and no network."""

import base64
import zlib
from importlib.resources import files
from pathlib import Path

from embdistill.errors import UserError
from embdistill.export.c import runtime_file
from embdistill.export.wasm import runtime_wasm
from embdistill.storage.files import whole_file

MOST_BYTES = 1 << 28  # of an image: browsers hold no text of more than half a GiB
FRONT = b"<!DOCTYPE html>\n<html"


def write_web(out: str | Path, image: bytes) -> int:
    """Write the page; returns its bytes. UserError if the image is too large, or without a compiler for WebAssembly."""
    if len(image) > MOST_BYTES:
        problem = f"a model of {len(image):,} bytes is too large for a page; the most is {MOST_BYTES:,}"
        raise UserError(f"{out}: {problem}; give --dtype int8, or train with fewer words")
    content = page(image, runtime_wasm(Path(out).resolve().parent)).encode()
    with whole_file(out) as temporary:
        Path(temporary).write_bytes(content)
    return len(content)


def page(image: bytes, runtime: bytes) -> str:
    """The page of an .edm image and a WebAssembly module."""
    text, *parts = (_part(f"page.{kind}") for kind in ("html", "css", "js"))
    for name, part in zip(
        ("licence", "style", "script", "runtime", "model"),
        [runtime_file("LICENSE"), *parts, _packed(runtime), _packed(image)],
        strict=True,
    ):
        text = text.replace("{{" + name + "}}", part)
    return text


def _packed(content):
    """Bytes as page.js unpacks them."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _part(name):
    return (files("embdistill.export") / "web_page" / name).read_text("utf-8")
