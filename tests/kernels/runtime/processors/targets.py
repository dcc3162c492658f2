"""The processors that programs are compiled for, and what runs them here: one entry each."""

from dataclasses import dataclass
from pathlib import Path

BOARD_BYTES = 4 << 20  # of flash and of RAM, on every board of QEMU
UNO = "atmega328p"
UNO_FLASH, UNO_RAM = 32_256, 2_048  # what the boot loader of an Arduino Uno leaves of 32 KB
SCRIPT = f"-T{Path(__file__).with_name('board.ld')}"
NATIVE = "gcc libc6-dev"
ARM_BOARDS = "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
QUIET = "-display none -monitor none -serial none -chardev stdio,id=console"
SEMIHOSTING = f"{QUIET} -semihosting-config enable=on,target=native,chardev=console"


@dataclass(frozen=True)
class Target:
    """How a program is made for a processor and run there.

    tools: the prefix of gcc, size and nm, or a compiler's whole name. options: of the compiler. emulator: the words
    before the program; none: it runs as it is. sources: what stands between the programs and the board or Linux. link:
    options of the linker. flash_at, ram_at: where the memory of a board is. most_flash: bytes that it has there.
    packages: of Debian, that have the tools. simulated: in simavr, by simulator.c, in place of an emulator.
    """

    packages: str
    compiler: str
    options: str = ""
    emulator: str = ""
    sources: tuple[str, ...] = ("linux",)
    link: str = "-static"
    flash_at: int = 0
    ram_at: int = 0
    most_flash: int = BOARD_BYTES
    simulated: bool = False

    @property
    def tools(self) -> list[str]:
        """The programs that must be there."""
        return [self.compiler, *(["gcc", "simavr"] if self.simulated else self.emulator.split()[:1])]

    def memory(self, flash: int, ram: int) -> list[str]:
        """Options of the linker for a board with so many bytes."""
        if self.simulated:
            symbols = {"__TEXT_REGION_LENGTH__": min(flash, UNO_FLASH), "__DATA_REGION_LENGTH__": min(ram, UNO_RAM)}
        else:
            symbols = {
                "FLASH_AT": self.flash_at,
                "FLASH_BYTES": min(flash, self.most_flash),
                "RAM_AT": self.ram_at,
                "RAM_BYTES": ram,
            }
        return [f"-Wl,--defsym={name}={value}" for name, value in symbols.items()]


def _cortex_m(machine, options, tick, flash_at=0, ram_at=0x2000_0000, most_flash=BOARD_BYTES) -> Target:
    """tick: of the system timer, in nanoseconds, as C."""
    return Target(
        ARM_BOARDS,
        "arm-none-eabi-gcc",
        f"-mthumb {options} -DTICK_NANOSECONDS={tick}",
        f"qemu-system-arm -M {machine} {SEMIHOSTING} -kernel",
        ("startup", "cortex_m", "semihosting"),
        f"-nostartfiles --specs=nano.specs {SCRIPT}",
        flash_at,
        ram_at,
        most_flash,
    )


BOARDS = {
    # QEMU has no Cortex-M0+ with enough memory; a Cortex-M3 executes all its instructions.
    "cortex-m0plus": _cortex_m("mps2-an385", "-mcpu=cortex-m0plus -mfloat-abi=soft", 40),
    "cortex-m3": _cortex_m("mps2-an385", "-mcpu=cortex-m3 -mfloat-abi=soft", 40),
    "cortex-m4": _cortex_m("mps2-an386", "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard", 40),
    "cortex-m33": _cortex_m(
        "mps2-an505", "-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard", 50, 0x1000_0000, 0x3800_0000
    ),
    "cortex-m55": _cortex_m("mps3-an547", "-mcpu=cortex-m55 -mfloat-abi=hard", "125/4", 0, 0x3100_0000, 512 << 10),
    "riscv32": Target(
        "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc",
        "riscv64-unknown-elf-gcc",
        "-march=rv32imac -mabi=ilp32 -msmall-data-limit=0 --specs=picolibc.specs",
        f"qemu-system-riscv32 -M virt -bios none {SEMIHOSTING} -kernel",
        ("startup", "riscv", "semihosting"),
        f"-nostartfiles {SCRIPT}",
        0x8000_0000,
        0x8040_0000,
    ),
    UNO: Target(
        "gcc-avr avr-libc simavr libsimavr-dev",
        "avr-gcc",
        f"-mmcu={UNO}",
        sources=("avr",),
        link="",
        simulated=True,
    ),
}
LINUX = {
    "x86-64 gcc": Target(NATIVE, "gcc"),
    "x86-64 avx2": Target(f"{NATIVE} qemu-user", "gcc", emulator="qemu-x86_64 -cpu Haswell"),
    "x86-64 sse2": Target(f"{NATIVE} qemu-user", "gcc", emulator="qemu-x86_64 -cpu Nehalem"),
    "x86-64 clang": Target("clang", "clang", "-DPACKED"),  # firmware.c then unpacks no weights
    "aarch64": Target(
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user", "aarch64-linux-gnu-gcc", emulator="qemu-aarch64"
    ),
    "aarch64 without dot products": Target(
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user",
        "aarch64-linux-gnu-gcc",
        emulator="qemu-aarch64 -cpu cortex-a72",
    ),
    "arm": Target(
        "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user", "arm-linux-gnueabihf-gcc", emulator="qemu-arm"
    ),
    "arm neon": Target(
        "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user",
        "arm-linux-gnueabihf-gcc",
        "-mfpu=neon",
        "qemu-arm",
    ),
}
TARGETS = BOARDS | LINUX
