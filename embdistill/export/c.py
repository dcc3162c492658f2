"""Models as a C project: the runtime's two files and its licence, the .edm image as an array, an example program, a
Makefile and a CMakeLists.txt."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from embdistill.export.edm import sections_of
from embdistill.export.folders import check_folder, write_folder
from embdistill.model.choices import NETWORKS

EXAMPLE = ("main.c", "Makefile", "CMakeLists.txt", "model_data.h")
LICENCE = "LICENSE-embdistill"  # LICENSE would be the user's own
WRITTEN = ("model_data.c", "embdistill.h", "embdistill.c", LICENCE)
BUILT = ("classify", "main.o", "embdistill.o", "model_data.o")  # what the Makefile makes
NUMBERS = 8  # a line


def check_c(folder: str | Path) -> None:
    """UserError if write_c cannot write to a folder, or would lose something that is no such export."""
    check_folder(folder, (*EXAMPLE, *WRITTEN, *BUILT))


def write_c(folder: str | Path, image: bytes) -> None:
    """Write the project to a folder, whole or not at all; UserError as of check_c, or if it cannot be written."""
    check_c(folder)
    contents = {name: (files("embdistill.export") / "c_project" / name).read_text("utf-8") for name in EXAMPLE}
    contents |= {"model_data.c": data_c(image), "embdistill.h": runtime_file("embdistill.h")}
    contents |= {"embdistill.c": runtime_c(left_out(image)), LICENCE: runtime_file("LICENSE")}
    write_folder(folder, contents)


def left_out(image: bytes) -> list[str]:
    """The macros that leave out what a sound image has no use for: the other arithmetic, the other networks, and what
    reads words that the table lacks."""
    sections = sections_of(image)
    parts = ["FLOATS" if "INTS" in sections else "INTEGERS"]
    parts += [name.upper() for code, name in enumerate(NETWORKS) if code != sections["NETW"][0]]
    parts += [part for name, part in {"CORR": "CORRECTION", "SUBW": "SUBWORDS"}.items() if name not in sections]
    return [f"EMBDISTILL_NO_{part}" for part in parts]


def runtime_c(without: Sequence[str] = ()) -> str:
    """embdistill.c as one file: each file of the runtime in place of its #include line, and the comments of these lines
    as a table of contents in place of the first comment. without: macros that it defines."""
    _, source = runtime_file("embdistill.c").split(" */\n", 1)
    include = re.compile(r'^#include "(?!embdistill\.h)(.+)" +/\* (.+) \*/\n', re.MULTILINE)
    contents = "".join(f" *   {name:<18} {what}\n" for name, what in include.findall(source))
    joined = include.sub(lambda line: f"\n/* ======== {line[1]} ======== */\n\n{runtime_file(line[1])}", source)
    first = "embdistill: the C99 runtime; embdistill.h is its interface, LICENSE-embdistill its licence. Contents:"
    macros = "".join(f"#ifndef {macro}\n#define {macro}\n#endif\n" for macro in without)
    why = "/* What this model has no use for; another one may need it. */\n" if macros else ""
    return f"/* {first}\n *\n{contents} */\n{why}{macros}{joined}"


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
