"""The sizes of the image of a board, image.elf, from its sections and the map of the linker, image.map."""

import re
from collections import Counter
from pathlib import Path

from processors.tools import call

PARTS = {"model": "model_data.o", "runtime": "embdistill.o", "arithmetic": "libgcc.a", "library": "libc"}
SECTIONS = r"first|vectors|init\d|fini\d|text|progmem|s?rodata|data|ARM\.exidx"
IN_FLASH = rf"^ \.(?:{SECTIONS})(?:\.(\S+))?\s+0x\S+\s+0x(\S+) (\S+)$"
HEAP = re.compile(r"_*(malloc|calloc|realloc|free|sbrk)(_r)?")
SOFT_FLOATS = re.compile(r"__aeabi_([cfd]\w+|\w+2[fd])|__\w+[sd]f\d?")  # such as __aeabi_fmul, __aeabi_i2f, __addsf3


def image_sizes(folder, prefix) -> dict:
    """What image.elf takes; prefix: of the names of size and nm.

    flash, static: bytes, static those of variables. parts: the flash of the model, the runtime, the compiler's
    arithmetic, the C library, and the firmware with startup. symbols: the runtime's functions and constants, the
    largest first. heap: the symbols of an allocator in the image. soft_floats: those of floats in software.
    """
    listed = call([f"{prefix}size", "-A", "image.elf"], folder).decode()
    section = Counter({name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+)", listed, re.M)})
    flash = sum(section[name] for name in (".text", ".rodata", ".ARM.exidx", ".data"))
    names = re.findall(r" (\S+)$", call([f"{prefix}nm", "image.elf"], folder).decode(), re.M)
    parts, symbols = Counter(), Counter()
    linked = (Path(folder) / "image.map").read_text().split("Linker script and memory map")[1]
    for name, size, file in re.findall(IN_FLASH, linked, re.M):
        part = next((part for part, mark in PARTS.items() if mark in Path(file).name), "firmware")
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
        "soft_floats": [name for name in names if SOFT_FLOATS.fullmatch(name)],
    }
