"""The example of a library of `export --to arduino`, compiled as Arduino's IDE does for an Uno, and run in simavr."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from processors.programs import build_simulator
from processors.targets import UNO, UNO_FLASH, UNO_RAM
from processors.tools import ToolError, call

ARDUINO = Path("/usr/share/arduino/hardware/arduino/avr")
PACKAGES = "arduino-core-avr gcc-avr avr-libc simavr libsimavr-dev"
# The options of Arduino's platform.txt and boards.txt.
BOARD = f"-mmcu={UNO} -DF_CPU=16000000L -DARDUINO=10819 -DARDUINO_AVR_UNO -DARDUINO_ARCH_AVR"
FOLDERS = [f"-I{ARDUINO / 'cores/arduino'}", f"-I{ARDUINO / 'variants/standard'}"]
COMMON = [*"-c -g -Os -w -ffunction-sections -fdata-sections -flto".split(), *BOARD.split(), *FOLDERS]
C = ["avr-gcc", "-std=gnu11", "-fno-fat-lto-objects", *COMMON]
CPP = "avr-g++ -std=gnu++11 -fpermissive -fno-exceptions -fno-threadsafe-statics".split() + COMMON
LINK = f"avr-gcc -w -Os -g -flto -fuse-linker-plugin -Wl,--gc-sections -mmcu={UNO}".split()
LIMIT = f"-Wl,--defsym=__TEXT_REGION_LENGTH__={UNO_FLASH}"


@dataclass
class Sketch:
    """What the example answered, a line a text, and what it took of flash and RAM, with the deepest stack, in bytes."""

    answers: list[str]
    flash: int
    ram: int


def run_example(library, texts) -> Sketch:
    """The answers of the example of a library to texts. ToolError if it does not fit, or a tool fails."""
    with TemporaryDirectory() as folder:
        _build(Path(library).resolve(), folder)
        sizes = call(["avr-size", "-A", "image.elf"], folder).decode()
        flash = sum(int(re.search(rf"^\{name} +(\d+)", sizes, re.M)[1]) for name in (".text", ".data"))
        build_simulator(folder)
        (Path(folder) / "texts.txt").write_bytes(b"".join(text + b"\n" for text in texts))
        symbols = call(["avr-nm", "image.elf"], folder).decode()
        heap_end = re.search(r"^(\w+) . __brkval$", symbols, re.M)[1]
        done = subprocess.run(["./simulator", heap_end], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"simulator: exit code {done.returncode}: {done.stderr}")
    free = int(re.fullmatch(r"free (\d+)\n", done.stderr)[1])
    return Sketch(done.stdout.splitlines(), flash, UNO_RAM - free)


def _build(library, folder):
    """Make image.elf in a folder."""
    sources = [*(library / "src").glob("*.c"), library / "examples/classify/classify.ino"]
    for source in sources:
        compiler = C if source.suffix == ".c" else [*CPP, "-include", "Arduino.h", "-x", "c++"]
        call([*compiler, f"-I{library / 'src'}", source, "-o", f"{source.stem}.o"], folder)
    (Path(folder) / "core.a").write_bytes(_core())
    call([*LINK, LIMIT, *(f"{source.stem}.o" for source in sources), "core.a", "-lm", "-o", "image.elf"], folder)


@cache
def _core() -> bytes:
    """Arduino's own part of every sketch, as an archive; without its String, which avr-gcc 5 does not compile."""
    with TemporaryDirectory() as folder:
        sources = [path for path in (ARDUINO / "cores/arduino").glob("*.c*") if path.stem != "WString"]
        for source in sources:
            call([*(C if source.suffix == ".c" else CPP), source, "-o", f"{source.name}.o"], folder)
        call(["avr-gcc-ar", "rcs", "core.a", *(f"{source.name}.o" for source in sources)], folder)
        return (Path(folder) / "core.a").read_bytes()
