"""Run an exported model on an emulated microcontroller, and measure what it takes there.

Run: python tests/kernels/runtime/arm/run.py MODEL --texts FILE [--cpu cortex-m3] [--flash 64K] [--ram 8K] [--tokens 64]
         [--text-bytes 512]; --help says more.

It needs Debian's gcc-arm-none-eabi and qemu-system-arm. docs/microcontroller.md says what is counted.
"""

import re
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import fire

from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.export.budget import parse_size

HERE = Path(__file__).parent
TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
BOARD_BYTES = 4 << 20  # of flash and of RAM, on both boards
CPUS = {
    "cortex-m3": ("mps2-an385", ["-mcpu=cortex-m3", "-mthumb", "-mfloat-abi=soft"]),
    "cortex-m4": ("mps2-an386", ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]),
}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Wconversion", "-Werror"]
COMPILE = ["-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-DEMBDISTILL_BLOCK=1"]
LINK = ["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections"]
PARTS = {"model": "model_data.o", "runtime": "embdistill.o", "arithmetic": "libgcc.a", "library": "libc_nano.a"}
HEAP = re.compile(r"_*(malloc|calloc|realloc|free|sbrk)(_r)?")


class BoardError(RuntimeError):
    """What a tool, or the program on the board, said when it failed."""


@dataclass
class Run:
    """Answers and sizes; all sizes in bytes.

    answers: of each text (label, logits), or the error, a str. scratch: of the runtime. stack: what was in use at most.
    flash: the image. static: data and bss. parts: the flash of the model, the runtime, the compiler's arithmetic, the C
    library, and the firmware with startup. symbols: the runtime's functions and constants, the largest first. heap: the
    symbols of an allocator in the image.
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

    @property
    def ram(self) -> int:
        return self.static + self.stack

    @property
    def sizes(self) -> dict:
        """What is not answers, as JSON can hold it."""
        sizes = {name: value for name, value in vars(self).items() if name != "answers"}
        return {**sizes, "ram": self.ram}


def run(project, texts, cpu, *, flash=BOARD_BYTES, ram=BOARD_BYTES, tokens=64, text_bytes=512) -> Run:
    """Compile a C project of `export --to c` with firmware.c, and have it read texts, bytes without LF, under QEMU.

    cpu: of CPUS. flash, ram: bytes of the device; what does not fit is not linked. tokens, text_bytes: of the longest
    text that the buffers are made for. BoardError if a tool or the program on the board fails, or the stack overflows.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = _build("firmware", project, folder, cpu, flash, ram, tokens, text_bytes)
        *lines, stack = _emulate(cpu, folder, texts).split(b"\n")
        sizes = _sizes(folder)
    if sizes["static"] + int(stack) >= ram:  # the stack has met the data, and may have written over it
        raise BoardError(f"{ram} bytes of RAM do not hold {sizes['static']} of data and the stack")
    if len(lines) != len(texts):
        raise BoardError(f"{len(lines)} answers to {len(texts)} texts")
    return Run(cpu, [_answer(line) for line in lines], scratch, int(stack), **sizes)


def count_instructions(project, texts, *, tokens=64, text_bytes=512) -> list[int]:
    """How many instructions a Cortex-M3 takes to classify each text, to the next 40; the arguments are those of run."""
    cpu = "cortex-m3"
    with tempfile.TemporaryDirectory() as folder:
        _build("instructions", project, folder, cpu, BOARD_BYTES, BOARD_BYTES, tokens, text_bytes)
        return list(map(int, _emulate(cpu, folder, texts, "-icount", "shift=0").split()))


def count_opening(project) -> tuple[int, int]:
    """How many instructions a Cortex-M3 takes to open the model of a project, checked and trusted, to the next 40."""
    with tempfile.TemporaryDirectory() as folder:
        _build("opening", project, folder, "cortex-m3", BOARD_BYTES, BOARD_BYTES, 0, 0)
        checked, trusted = map(int, _emulate("cortex-m3", folder, [], "-icount", "shift=0").split())
        return checked, trusted


def _build(program, project, folder, cpu, flash, ram, tokens, text_bytes) -> int:
    """Build image.elf in a folder, with buffers as large as they must be; returns the bytes of scratch."""
    project = Path(project).resolve()
    gcc = ["arm-none-eabi-gcc", *CPUS[cpu][1], *COMPILE, *WARNINGS, f"-I{project}", f"-I{HERE}"]
    memory = [f"-Wl,--defsym=FLASH_BYTES={flash},--defsym=RAM_BYTES={ram},-Map=image.map", f"-T{HERE / 'mps2.ld'}"]
    _call([*gcc, "-c", project / "embdistill.c", project / "model_data.c"], folder)

    def build(program, **sizes):
        sources = [HERE / f"{name}.c" for name in (program, "startup", "semihosting")]
        macros = [f"-D{name.upper()}={size}" for name, size in sizes.items()]
        _call([*gcc, *macros, *sources, "embdistill.o", "model_data.o", *LINK, *memory, "-o", "image.elf"], folder)

    build("sizes", tokens=tokens)
    classes, scratch = map(int, _emulate(cpu, folder, []).split())
    build(program, text_bytes=text_bytes, scratch_bytes=scratch, classes=classes)
    return scratch


def _emulate(cpu, folder, texts, *options):
    """What image.elf prints about the texts."""
    (Path(folder) / "texts.txt").write_bytes(b"".join(text + b"\n" for text in texts))
    quiet = ["-display", "none", "-monitor", "none", "-serial", "none", "-chardev", "stdio,id=console"]
    semihosting = ["-semihosting-config", "enable=on,target=native,chardev=console"]
    return _call(
        ["qemu-system-arm", "-M", CPUS[cpu][0], *quiet, *semihosting, *options, "-kernel", "image.elf"], folder
    )


def _call(command, folder):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise BoardError(f"{command[0]}: exit code {done.returncode}: {said}")
    return done.stdout


def _answer(line):
    label, *values = line.decode().split("\t")
    if not label:
        return values[0]
    return label, [struct.unpack(">f", bytes.fromhex(bits))[0] for bits in values]


def _sizes(folder):
    """The sizes of image.elf, from the sections of the image and the map of the linker."""
    listed = _call(["arm-none-eabi-size", "-A", "image.elf"], folder).decode()
    section = Counter({name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+)", listed, re.M)})
    flash = sum(section[name] for name in (".text", ".rodata", ".ARM.exidx", ".data"))
    names = re.findall(r" (\S+)$", _call(["arm-none-eabi-nm", "image.elf"], folder).decode(), re.M)
    parts, symbols = Counter(), Counter()
    linked = (Path(folder) / "image.map").read_text().split("Linker script and memory map")[1]
    in_flash = r"^ \.(?:vectors|text|rodata|data|ARM\.exidx)(?:\.(\S+))?\s+0x\S+\s+0x(\S+) (\S+)$"
    for name, size, file in re.findall(in_flash, linked, re.M):
        part = next((part for part, mark in PARTS.items() if mark in file), "firmware")
        parts[part] += int(size, 16)
        if part == "runtime":
            symbols[name] += int(size, 16)
    parts["alignment"] = flash - parts.total()
    return {
        "flash": flash,
        "static": section[".data"] + section[".bss"],
        "parts": dict(parts),
        "symbols": {name: size for name, size in symbols.most_common() if size},
        "heap": [name for name in names if HEAP.fullmatch(name)],
    }


def export(model, folder):
    """The C project of a run or an .edm file, in a folder; a folder is one already."""
    from embdistill.export.c import write_c
    from embdistill.export.edm import edm_bytes
    from embdistill.model.edm import is_edm
    from embdistill.model.run_file import load_run

    if Path(model).is_dir():
        return model
    write_c(folder, Path(model).read_bytes() if is_edm(model) else edm_bytes(load_run(model), common=0))
    return folder


def main(model, texts, cpu="cortex-m3", flash=BOARD_BYTES, ram=BOARD_BYTES, tokens=64, text_bytes=512, json=False):
    """Run a model on an emulated microcontroller, and measure it there.

    Args:
        model: a run file (.h5), an .edm file, or a folder of export --to c.
        texts: a file, a text a line.
        cpu: cortex-m3, or cortex-m4, which has an FPU.
        flash: of the device, such as 64K; at most 4096K.
        ram: of the device, such as 8K; at most 4096K.
        tokens: of the longest text.
        text_bytes: of the longest text.
        json: end standard output with the sizes as one JSON object.
    """
    try:
        sizes = {"flash": flash, "ram": ram, "text_bytes": text_bytes}
        limits = {name: parse_size(name, str(size)) for name, size in sizes.items()}
        if cpu not in CPUS:
            raise UserError(f"--cpu {cpu}: must be {' or '.join(CPUS)}")
        with tempfile.TemporaryDirectory() as folder:
            lines = Path(str(texts)).read_bytes().removesuffix(b"\n").split(b"\n")
            done = run(export(str(model), Path(folder) / "project"), lines, cpu, tokens=tokens, **limits)
    except (BoardError, UserError, OSError) as error:
        sys.exit(f"run.py: {error}")
    for answer in done.answers:
        print(f"\t{answer}" if isinstance(answer, str) else "\t".join([answer[0], *map(repr, answer[1])]))
    print(f"flash {done.flash}: {done.parts}", file=sys.stderr)
    print(f"RAM {done.ram}: {done.static} static, {done.stack} stack", file=sys.stderr)
    if json:
        print_json(done.sizes)


if __name__ == "__main__":
    fire.Fire(main)
