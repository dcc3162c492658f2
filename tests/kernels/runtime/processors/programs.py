"""A C project of `export --to c`, compiled with a program of this folder for a processor, and run there.

project: the folder. texts: bytes without LF. cpu: of TARGETS, or of BOARDS alone. tokens, text_bytes: of the longest
text that the buffers are made for. ToolError if a tool or the program fails.
"""

import struct
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from processors.image_sizes import image_sizes
from processors.targets import BOARD_BYTES, BOARDS, TARGETS
from processors.tools import ToolError, call

HERE = Path(__file__).parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Wconversion", "-Werror"]
COMPILE = ["-std=c99", "-Os", "-ffunction-sections", "-fdata-sections"]
SMALL = ["-DEMBDISTILL_BLOCK=1"]
COUNTING = ["-icount", "shift=0"]  # an instruction takes a nanosecond of the board's time


@dataclass
class Run:
    """Answers and sizes; all sizes in bytes.

    answers: as answer gives them. scratch: of the runtime. stack: what was in use at most. The others: as image_sizes
    gives them.
    """

    cpu: str
    answers: list
    scratch: int
    stack: int
    flash: int
    static: int
    parts: dict
    symbols: dict
    heap: list
    soft_floats: list

    @property
    def ram(self) -> int:
        return self.static + self.stack

    @property
    def sizes(self) -> dict:
        """What is not answers, as JSON can hold it."""
        sizes = {name: value for name, value in vars(self).items() if name != "answers"}
        return {**sizes, "ram": self.ram}


def answer(project, texts, cpu, *, tokens=64, text_bytes=512) -> list:
    """Of each text (label, logits (C) float32), or the error, a str."""
    with tempfile.TemporaryDirectory() as folder:
        _build("firmware", project, folder, cpu, tokens, text_bytes)
        return _ask(folder, cpu, texts)[0]


def run(project, texts, cpu, *, flash=BOARD_BYTES, ram=BOARD_BYTES, tokens=64, text_bytes=512) -> Run:
    """The answers of a board, and what it takes for them. flash, ram: bytes of the device; what does not fit is not
    linked. ToolError also if the stack overflows."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = _build("firmware", project, folder, cpu, tokens, text_bytes, flash, ram)
        answers, stack = _ask(folder, cpu, texts)
        sizes = image_sizes(folder, BOARDS[cpu].compiler.removesuffix("gcc"))
    if sizes["static"] + stack >= ram:  # the stack has met the data, and may have written over it
        raise ToolError(f"{ram} bytes of RAM do not hold {sizes['static']} of data and the stack")
    return Run(cpu, answers, scratch, stack, **sizes)


def count_instructions(project, texts, cpu, *, tokens=64, text_bytes=512) -> list[int]:
    """How many instructions a board takes to classify each text, to the next 50 on Cortex-M; cycles on an Uno."""
    with tempfile.TemporaryDirectory() as folder:
        _build("instructions", project, folder, cpu, tokens, text_bytes)
        return list(map(int, _emulate(folder, cpu, texts, *COUNTING).split()))


def count_opening(project, cpu) -> tuple[int, int]:
    """The same of opening the model, checked and trusted."""
    with tempfile.TemporaryDirectory() as folder:
        _build("opening", project, folder, cpu, tokens=1, text_bytes=1)
        checked, trusted = map(int, _emulate(folder, cpu, [], *COUNTING).split())
        return checked, trusted


def _build(program, project, folder, cpu, tokens, text_bytes, flash=BOARD_BYTES, ram=BOARD_BYTES) -> int:
    """Build image.elf in a folder, with buffers as large as they must be; returns the bytes of scratch."""
    project, target = Path(project).resolve(), TARGETS[cpu]
    small = SMALL if cpu in BOARDS else []
    gcc = [target.compiler, *target.options.split(), *COMPILE, *small, *WARNINGS]
    include = [f"-I{project}", f"-I{HERE}"]
    link = target.link.split()
    if cpu in BOARDS:
        link += ["-Wl,--gc-sections,-Map=image.map", *target.memory(flash, ram)]
    runtime = tuple((name, (project / name).read_bytes()) for name in ("embdistill.c", "embdistill.h"))
    (Path(folder) / "embdistill.o").write_bytes(_runtime(tuple(gcc), runtime))
    call([*gcc, *include, "-c", project / "model_data.c"], folder)
    if target.simulated:
        build_simulator(folder)

    def build(program, **sizes):
        sources = [HERE / f"{name}.c" for name in (program, "print", *target.sources)]
        macros = [f"-D{name.upper()}={size}" for name, size in sizes.items()]
        objects = ["embdistill.o", "model_data.o"]
        call([*gcc, *include, *macros, *sources, *objects, *link, "-o", "image.elf"], folder)

    build("sizes", tokens=tokens)
    classes, scratch = map(int, _emulate(folder, cpu, []).split())
    build(program, text_bytes=text_bytes, scratch_bytes=scratch, classes=classes)
    return scratch


def build_simulator(folder) -> None:
    """Make `simulator` in a folder, which runs image.elf there."""
    call(["gcc", "-std=c99", "-O2", HERE / "simulator.c", "-lsimavr", "-o", "simulator"], folder)


@cache
def _runtime(command, files) -> bytes:
    """embdistill.o: most of the time that a build takes, and the same for every model."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            (Path(folder) / name).write_bytes(content)
        call([*command, "-c", "embdistill.c"], folder)
        return (Path(folder) / "embdistill.o").read_bytes()


def _emulate(folder, cpu, texts, *options) -> bytes:
    """What image.elf prints about the texts."""
    (Path(folder) / "texts.txt").write_bytes(b"".join(text + b"\n" for text in texts))
    target = TARGETS[cpu]
    if target.simulated:
        return call(["./simulator"], folder)
    emulator, *words = target.emulator.split() or ["env"]
    return call([emulator, *options, *words, "./image.elf"], folder)


def _ask(folder, cpu, texts):
    """The answers of firmware.c, and the stack."""
    *lines, stack = _emulate(folder, cpu, texts).split(b"\n")
    if len(lines) != len(texts):
        raise ToolError(f"{len(lines)} answers to {len(texts)} texts")
    return [_answer(line) for line in lines], int(stack)


def _answer(line):
    label, *values = line.decode().split("\t")
    if not label:
        return values[0]
    return label, [struct.unpack(">f", bytes.fromhex(bits))[0] for bits in values]
