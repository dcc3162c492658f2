"""Models as a C project: the runtime's two files and its licence, the .edm image as an array, an example program, a Makefile
and a CMakeLists.txt."""

import os
import re
from importlib.resources import files
from pathlib import Path

import numpy as np

from embdistill.errors import UserError
from embdistill.storage.exchange import replace_folder
from embdistill.storage.files import take_after
from embdistill.storage.temporary import temporary_folder

EXAMPLE = ("main.c", "Makefile", "CMakeLists.txt", "model_data.h")
LICENCE = "LICENSE-embdistill"  # LICENSE would be the user's own
WRITTEN = ("model_data.c", "embdistill.h", "embdistill.c", LICENCE)
BUILT = ("classify", "main.o", "embdistill.o", "model_data.o")  # what the Makefile makes
NUMBERS = 8  # a line


def write_c(folder: str | Path, image: bytes) -> None:
    """Write the project to a folder, whole or not at all; an earlier export there is replaced, edited files with it.

    UserError if the folder cannot be written, or holds anything but such an export.
    """
    folder = Path(folder)
    contents = {name: (files("embdistill.export") / "c_project" / name).read_text("utf-8") for name in EXAMPLE}
    contents["model_data.c"] = data_c(image)
    contents |= {"embdistill.h": runtime_file("embdistill.h"), "embdistill.c": runtime_c()}
    contents[LICENCE] = runtime_file("LICENSE")
    check_folder(folder)
    target = Path(os.path.realpath(folder))  # a link stays
    try:
        with temporary_folder(target.parent) as temporary:
            written = Path(temporary, "export")
            written.mkdir()
            for name, content in contents.items():
                (written / name).write_text(content, encoding="utf-8")
            take_after(target, written)
            replace_folder(written, target)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error


def runtime_c() -> str:
    """embdistill.c as one file: each file of the runtime in place of its #include line, and the comments of these lines
    as a table of contents in place of the first comment."""
    _, source = runtime_file("embdistill.c").split(" */\n", 1)
    include = re.compile(r'^#include "(?!embdistill\.h)(.+)" +/\* (.+) \*/\n', re.MULTILINE)
    contents = "".join(f" *   {name:<18} {what}\n" for name, what in include.findall(source))
    joined = include.sub(lambda line: f"\n/* ======== {line[1]} ======== */\n\n{runtime_file(line[1])}", source)
    first = "embdistill: the C99 runtime; embdistill.h is its interface, LICENSE-embdistill its licence. Contents:"
    return f"/* {first}\n *\n{contents} */\n{joined}"


def runtime_file(name: str) -> str:
    """A text file of kernels/runtime."""
    return (files("embdistill.kernels.runtime") / name).read_text("utf-8")


def data_c(image: bytes) -> str:
    """The C source of an image as an array of uint32_t, padded with zeros to a multiple of 4 bytes."""
    numbers = np.frombuffer(image + bytes(-len(image) % 4), "<u4")
    lines = (
        "".join(f"0x{number:08x}," for number in numbers[i : i + NUMBERS]) for i in range(0, len(numbers), NUMBERS)
    )
    return (
        '#include "model_data.h"\n\n'
        f"const size_t model_data_bytes = {len(image)};\n\n"
        f"const uint32_t model_data[{len(numbers)}] = {{\n" + "\n".join(lines) + "\n};\n"
    )


def check_folder(folder: str | Path) -> None:
    """UserError if write_c cannot write to a folder, or would lose something that is no such export."""
    folder = Path(folder)
    if not Path(os.path.realpath(folder)).parent.is_dir():
        raise UserError(f"{folder}: the folder {folder.parent} does not exist; make it first")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder for the C project")
    if folder.is_dir():
        others = {entry.name for entry in folder.iterdir()} - {*EXAMPLE, *WRITTEN, *BUILT}
        if others:
            raise UserError(f"{folder}: holds {min(others)}, which would be lost; name a new or empty folder")
