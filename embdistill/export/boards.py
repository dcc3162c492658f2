"""Models as libraries of microcontrollers' frameworks: a library of Arduino, a module of Zephyr."""

import os
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from embdistill.errors import UserError
from embdistill.export.c import LICENCE, data_c, left_out, runtime_c, runtime_file
from embdistill.export.folders import check_folder, write_folder

ARDUINO = ("library.properties", "src/NAME.h", "examples/classify/classify.ino")  # NAME: of the folder
ZEPHYR = ("zephyr/module.yml", "Kconfig", "CMakeLists.txt")
SOURCES = ("src/model_data.h", "src/model_data.c", "src/embdistill.h", "src/embdistill.c", LICENCE)
ARDUINO_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")  # of a library's folder


def check_arduino(folder: str | Path) -> None:
    """UserError if write_arduino cannot write to a folder, or would lose something that is no such export."""
    name = _name(folder)
    if not ARDUINO_NAME.fullmatch(name) or not re.search("[A-Za-z]", name):
        raise UserError(
            f"{folder}: Arduino takes no library of this name; name a folder of at most 63 letters, digits, _, . and -"
        )
    check_folder(folder, [file.replace("NAME", name) for file in ARDUINO] + [*SOURCES])


def write_arduino(folder: str | Path, image: bytes) -> None:
    """Write a library of Arduino, which has the name of its folder, whole or not at all; UserError as of check_arduino,
    or if it cannot be written.

    Source of the layout: Arduino, "Library specification", 1.5 library format, revision 2.2.
    """
    check_arduino(folder)
    name = _name(folder)
    own = {file.replace("NAME", name): _template("arduino_library", file, name) for file in ARDUINO}
    write_folder(folder, own | _sources(image))


def check_zephyr(folder: str | Path) -> None:
    """UserError if write_zephyr cannot write to a folder, or would lose something that is no such export."""
    check_folder(folder, (*ZEPHYR, *SOURCES))


def write_zephyr(folder: str | Path, image: bytes) -> None:
    """Write a module of Zephyr, whole or not at all; UserError as of check_zephyr, or if it cannot be written.

    Source of the layout: Zephyr Project, "Modules (External projects)".
    """
    check_zephyr(folder)
    own = {file: _template("zephyr_module", file, _name(folder)) for file in ZEPHYR}
    write_folder(folder, own | _sources(image))


def _name(folder):
    return Path(os.path.realpath(folder)).name


def _template(kind, file, name):
    text = (files("embdistill.export") / kind / Path(file).name).read_text("utf-8")
    return text.replace("VERSION", version("embdistill")).replace("NAME", name)


def _sources(image):
    """The runtime, which reads one token after the other, and the model."""
    header = runtime_file("embdistill.h")
    contents = {
        "model_data.h": (files("embdistill.export") / "c_project" / "model_data.h").read_text("utf-8"),
        "model_data.c": data_c(image),
        "embdistill.h": header.replace("#define EMBDISTILL_BLOCK 4", "#define EMBDISTILL_BLOCK 1"),
        "embdistill.c": runtime_c(left_out(image)),
    }
    return {f"src/{name}": text for name, text in contents.items()} | {LICENCE: runtime_file("LICENSE")}
