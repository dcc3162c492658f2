"""Libraries for Arduino and Zephyr, compiled and configured with stubs of what these bring."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import cmake
import kconfiglib
import numpy as np
import pytest

from c_helpers import RUNTIME, WARNINGS, needed
from embdistill.cli import main
from embdistill.errors import UserError
from embdistill.export.boards import write_arduino, write_zephyr
from embdistill.export.edm import edm_bytes
from embdistill.export.sizes import code_bytes, most_words
from embdistill.model.edm import EdmModel
from embdistill.model.networks.mean import Mean
from model_helpers import NETWORKS, random_model
from open_words_helpers import open_model
from processors.arduino import ARDUINO, PACKAGES, run_example
from processors.programs import COMPILE
from processors.targets import BOARDS, UNO_FLASH, UNO_RAM
from processors.tools import ToolError

STUBS = Path(__file__).parent / "board_stubs"
TEXTS = ["turn the lamp on", "zzz", "", "play a song"]
KINDS = "Display,Communication,Signal Input/Output,Sensors,Device Control,Timing,Data Storage,Data Processing,Other"
REQUIRED = "name version author maintainer sentence paragraph category url architectures".split()
SWITCHES = ["COMPOSE", "SEGMENT", "CORRECTION", "SUBWORDS", "MEAN", "CNN", "LSTM", "FLOATS", "INTEGERS"]


@pytest.fixture(scope="module")
def image():
    return edm_bytes(random_model(NETWORKS["cnn"]), "int8")


@pytest.fixture
def library(image, tmp_path):
    write_arduino(tmp_path / "Lamps", image)
    return tmp_path / "Lamps"


@pytest.fixture
def module(image, tmp_path):
    write_zephyr(tmp_path / "lamps", image)
    return tmp_path / "lamps"


def run(*words, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# ---- Arduino


def test_the_properties_are_those_of_the_specification(library):
    """Arduino, "Library specification", 1.5 library format, revision 2.2."""
    lines = (library / "library.properties").read_text("utf-8").splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    assert len(fields) == len(lines) and set(REQUIRED) <= fields.keys() <= {*REQUIRED, "includes"}
    assert all(fields.values())
    assert fields["name"] == library.name and re.fullmatch("[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", fields["name"])
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}([-+][0-9A-Za-z.+-]+)?", fields["version"])
    assert fields["category"] in KINDS.split(",")
    assert (library / "src" / fields["includes"]).is_file()
    assert all(sketch.stem == sketch.parent.name for sketch in (library / "examples").rglob("*.ino"))


def build(library, folder, gcc, gxx, *options):
    """The objects of the library's sources and its example, as Arduino compiles them: C, and C++ without exceptions."""
    options = [*options, *WARNINGS, f"-I{library / 'src'}"]
    sources = sorted((library / "src").rglob("*.c"))
    objects = [folder / f"{source.stem}.o" for source in sources]
    for source, made in zip(sources, objects, strict=True):
        run(gcc, "-std=gnu11", *options, "-c", source, "-o", made)
    sketch, made = library / "examples/classify/classify.ino", folder / "sketch.o"
    cpp = ["-std=gnu++11", "-fno-exceptions", "-fno-rtti", "-x", "c++", f"-I{STUBS}", "-include", "Arduino.h"]
    run(gxx, *cpp, *options, "-c", sketch, "-o", made)
    return [*objects, made]


def linked(folder, objects):
    """The sketch as a program."""
    (folder / "main.cpp").write_text('#include "Arduino.h"\nint main() { setup(); for (;;) loop(); }\n')
    run("g++", f"-I{STUBS}", folder / "main.cpp", *objects, "-o", folder / "sketch")
    return folder / "sketch"


def test_the_example_answers_as_the_model(library, image, tmp_path):
    objects = build(library, tmp_path, needed("gcc"), needed("g++"), "-O1")
    sketch = linked(tmp_path, objects)
    long = ["lamp " * 64, "x" * 257, "lamp " * 51]  # in bytes 320, 257 and 255
    *answers, too_many, too_long, fits = run(sketch, input="\n".join([*TEXTS, *long, ""])).splitlines()
    labels, probabilities = zip(*(answer.split("\t") for answer in answers), strict=True)
    model = EdmModel(image)
    assert list(labels) == model.predict(TEXTS) and fits.split("\t")[0] == model.predict(long[2:])[0]
    np.testing.assert_allclose([*map(float, probabilities)], model.predict_proba(TEXTS).max(1), rtol=0, atol=2e-6)
    assert "longer than TEXT_BYTES" in too_many and too_many == too_long


def test_parts_are_left_out_at_the_top_of_the_header_and_the_example_says_what_is_missing(library, tmp_path):
    header = library / "src/embdistill.h"
    header.write_text("#define EMBDISTILL_NO_CNN\n" + header.read_text("utf-8"), "utf-8")
    objects = build(library, tmp_path, needed("gcc"), needed("g++"), "-O1")
    done = subprocess.run([linked(tmp_path, objects)], input=b"lamp\n", capture_output=True)
    assert done.returncode == 1 and done.stdout.startswith(b"what it computes with was left out of this program")


@pytest.mark.parametrize("cpu", ["cortex-m3", "cortex-m4"])
def test_it_compiles_for_a_microcontroller(library, tmp_path, cpu):
    options = [*BOARDS[cpu].options.split(), *(option for option in COMPILE if not option.startswith("-std"))]
    packages = "gcc-arm-none-eabi libnewlib-arm-none-eabi"
    gcc, gxx = needed("arm-none-eabi-gcc", packages), needed("arm-none-eabi-g++", packages)
    assert all(made.stat().st_size > 0 for made in build(library, tmp_path, gcc, gxx, *options))


def test_tokens_go_one_by_one(library):
    assert "#define EMBDISTILL_BLOCK 1\n" in (library / "src/embdistill.h").read_text("utf-8")


LETTERED = [f"lamps{first}{second}" for first in "abcdefghij" for second in "abcdefghij"] + ["lights", "kitchen"]


@pytest.fixture
def uno():
    """What compiles and runs a sketch as on an Uno: Arduino's own code is needed too."""
    needed("simavr", PACKAGES)
    if not ARDUINO.exists():
        assert not os.environ.get("CI"), f"{ARDUINO} must be there under CI"
        pytest.skip(f"needs {ARDUINO}: apt-get install {PACKAGES}")


def test_the_example_answers_on_an_uno(uno, tmp_path):
    image = edm_bytes(random_model(NETWORKS["mean"]), "int8")
    write_arduino(tmp_path / "Lamps", image)
    *answers, too_long, too_many, last = run_example(
        tmp_path / "Lamps", [text.encode() for text in [*TEXTS, "x" * 161, "a " * 41, "lamp"]]
    ).answers
    assert answers == EdmModel(image).predict(TEXTS) and last == EdmModel(image).predict(["lamp"])[0]
    assert "longer than TEXT_BYTES" in too_long and "too small for this text" in too_many


@pytest.mark.parametrize(("flash", "fits"), [(29 * 1024, True), (31 * 1024, False)])
def test_how_much_flash_to_give_for_an_uno(uno, tmp_path, flash, fits):
    """As docs/microcontroller.md says."""
    network, words = Mean(dim=16, classes=6, hidden=48), [f"word{i}" for i in range(2000)]
    model = random_model(network, words)
    count = most_words(model, np.arange(1, len(words) + 1), flash - code_bytes(model, "int8"), "int8")
    image = edm_bytes(random_model(network, words[:count]), "int8", common=0)
    write_arduino(tmp_path / "Lamps", image)
    texts = ["a " * 40, "x" * 160]
    if fits:
        answered = run_example(tmp_path / "Lamps", [text.encode() for text in texts])
        assert answered.answers == EdmModel(image).predict(texts)
        assert answered.flash > UNO_FLASH - 1024 and answered.ram < UNO_RAM - 64
    else:
        with pytest.raises(ToolError, match="will not fit"):
            run_example(tmp_path / "Lamps", [])


@pytest.mark.parametrize(
    "model",
    [
        random_model(Mean(dim=16, classes=77, hidden=64)),
        open_model(Mean(dim=16, classes=6, hidden=48), LETTERED, subwords=False),
        open_model(Mean(dim=10, classes=6, hidden=48), LETTERED),
    ],
)
def test_a_model_that_takes_too_much_memory_of_an_uno(uno, tmp_path, model):
    write_arduino(tmp_path / "Lamps", edm_bytes(model, "int4", common=0))
    assert run_example(tmp_path / "Lamps", [b"lamp"]).answers[0].startswith("not enough memory")


@pytest.mark.parametrize(
    "model",
    [
        open_model(Mean(dim=10, classes=6, hidden=48), LETTERED, subwords=False),
        open_model(Mean(dim=4, classes=6, hidden=20), LETTERED, correct=False),
        open_model(Mean(dim=4, classes=6, hidden=20), LETTERED),
    ],
)
def test_other_words_on_an_uno(uno, tmp_path, model):
    """The stack of corrections and of n-grams does not meet the heap."""
    image = edm_bytes(model, "int4", common=0)
    write_arduino(tmp_path / "Lamps", image)
    texts = ["lampsax " * 20, "lanpsab kitcehn lgihts " * 6, "x" * 160, "a " * 40, "kitchenlightslamps"]
    answered = run_example(tmp_path / "Lamps", [text.encode() for text in texts])
    assert answered.answers == EdmModel(image).predict(texts) and answered.ram < UNO_RAM - 8


# ---- Zephyr


def options_of(module, **values):
    """The options of its Kconfig as Zephyr hands them to CMake, with these set."""
    kconfig = kconfiglib.Kconfig(module / "Kconfig", warn_to_stderr=False)
    for name, value in values.items():
        kconfig.syms[name].set_value(value)
    assert kconfig.warnings == []
    symbols = kconfig.unique_defined_syms
    return {f"CONFIG_{symbol.name}": symbol.str_value for symbol in symbols if symbol.str_value == "y"}


def built(module, folder, options):
    """The folder in which the module was configured and built with options."""
    program, build = Path(cmake.CMAKE_BIN_DIR, "cmake"), folder / "build"
    needed("make")
    values = [f"-D{name}={value}" for name, value in options.items()]
    run(program, "-S", STUBS, "-B", build, f"-DMODULE={module}", *values)
    run(program, "--build", build)
    return build


def macros_of(build):
    """The macros that the runtime was compiled with."""
    commands = json.loads((build / "compile_commands.json").read_text())
    assert {Path(command["file"]).name for command in commands} == {"embdistill.c", "model_data.c"}
    return {word[2:] for command in commands for word in shlex.split(command["command"]) if word.startswith("-DEMB")}


def test_the_module_names_its_files(module):
    lines = (module / "zephyr/module.yml").read_text("utf-8").split()
    assert lines == ["name:", "embdistill", "build:", "cmake:", ".", "kconfig:", "Kconfig"]
    assert {"CMakeLists.txt", "Kconfig"} <= files_of(module)


def test_nothing_is_built_unless_it_is_chosen(module, tmp_path):
    assert options_of(module) == {}
    assert not list(built(module, tmp_path, {}).rglob("*.a"))


@pytest.mark.parametrize("off", [[], ["CORRECTION"], SWITCHES])
def test_options_leave_parts_of_the_runtime_out(module, tmp_path, off):
    options = options_of(module, EMBDISTILL="y", **{f"EMBDISTILL_{part}": "n" for part in off})
    assert len(options) == 1 + len(SWITCHES) - len(off)
    build = built(module, tmp_path, options)
    assert macros_of(build) == {f"EMBDISTILL_NO_{part}" for part in off}
    assert list(build.rglob("*embdistill.a"))


def test_a_block_of_four_tokens(module, tmp_path):
    options = options_of(module, EMBDISTILL="y", EMBDISTILL_BLOCK_OF_FOUR="y")
    assert macros_of(built(module, tmp_path, options)) == {"EMBDISTILL_BLOCK=4"}


def test_there_is_a_switch_for_every_part_that_can_be_left_out():
    found = {name for path in RUNTIME.rglob("*.[ch]") for name in re.findall(r"EMBDISTILL_NO_(\w+)", path.read_text())}
    assert found == set(SWITCHES)


# ---- Both


@pytest.mark.parametrize("to", ["arduino", "zephyr"])
def test_an_export_is_replaced_and_nothing_else(image, tmp_path, capsys, to):
    (tmp_path / "m.edm").write_bytes(image)
    words = ["export", str(tmp_path / "m.edm"), "--to", to, "--out", str(tmp_path / "Lamps")]
    assert main(words) == 0
    written = files_of(tmp_path / "Lamps")
    (tmp_path / "Lamps/src/model_data.c").write_text("")
    assert main(words) == 0
    assert files_of(tmp_path / "Lamps") == written and (tmp_path / "Lamps/src/model_data.c").stat().st_size > 0
    assert sorted(os.listdir(tmp_path)) == ["Lamps", "m.edm"]
    (tmp_path / "Lamps/src/mine.c").write_text("")
    capsys.readouterr()
    assert main(words) == 2
    assert "holds src/mine.c, which would be lost" in capsys.readouterr().err
    assert files_of(tmp_path / "Lamps") == {*written, "src/mine.c"}


@pytest.mark.parametrize("name", ["my lamps", "_lamps", "42", "l" * 64, "lämps"])
def test_arduino_takes_no_such_name(image, tmp_path, name):
    with pytest.raises(UserError, match="Arduino takes no library of this name"):
        write_arduino(tmp_path / name, image)
    assert os.listdir(tmp_path) == []
