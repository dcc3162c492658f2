"""Run an exported model on an emulated microcontroller, and measure what it takes there.

Run: python tests/kernels/runtime/processors/run.py MODEL --texts FILE [--cpu cortex-m3] [--flash 64K] [--ram 8K]
         [--tokens 64] [--text-bytes 512] [--instructions]; --help says more.

It needs a cross compiler and an emulator, Debian's gcc-arm-none-eabi and qemu-system-arm for Cortex-M; targets.py has
those of the others. docs/microcontroller.md says what is counted.
"""

import sys
import tempfile
from pathlib import Path

import fire

sys.path.insert(0, str(Path(__file__).parents[1]))
from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.export.budget import parse_size
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import is_edm
from embdistill.model.run_file import load_run
from processors.programs import count_instructions, count_opening, run
from processors.targets import BOARD_BYTES, BOARDS
from processors.tools import ToolError


def export(model, folder):
    """The C project of a run or an .edm file, in a folder; a folder is one already."""
    if Path(model).is_dir():
        return model
    write_c(folder, Path(model).read_bytes() if is_edm(model) else edm_bytes(load_run(model), common=0))
    return folder


def _measure(project, texts, cpu, json, **limits):
    done = run(project, texts, cpu, **limits)
    for answer in done.answers:
        print(f"\t{answer}" if isinstance(answer, str) else "\t".join([answer[0], *map(repr, answer[1])]))
    print(f"flash {done.flash}: {done.parts}", file=sys.stderr)
    print(f"RAM {done.ram}: {done.static} static, {done.stack} stack", file=sys.stderr)
    if json:
        print_json(done.sizes)


def _count(project, texts, cpu, json, **limits):
    counts, (opening, trusted) = count_instructions(project, texts, cpu, **limits), count_opening(project, cpu)
    mean = round(sum(counts) / len(counts))
    print(*counts, sep="\n")
    print(
        f"instructions: {mean:,} a text, the mean of {len(counts)}; {opening:,} to open the model, {trusted:,} trusted",
        file=sys.stderr,
    )
    if json:
        print_json({"cpu": cpu, "instructions": {"open": opening, "trusted": trusted, "text": mean}})


def main(
    model,
    texts,
    cpu="cortex-m3",
    flash=BOARD_BYTES,
    ram=BOARD_BYTES,
    tokens=64,
    text_bytes=512,
    instructions=False,
    json=False,
):
    """Run a model on an emulated microcontroller, and measure it there.

    Args:
        model: a run file (.h5), an .edm file, or a folder of export --to c.
        texts: a file, a text a line.
        cpu: cortex-m0plus, cortex-m3, with an FPU cortex-m4, cortex-m33 and cortex-m55, riscv32, or atmega328p, where
            cycles are counted.
        flash: of the device, such as 64K; at most 4096K.
        ram: of the device, such as 8K; at most 4096K.
        tokens: of the longest text.
        text_bytes: of the longest text.
        instructions: print how many instructions each text takes, in place of its answer.
        json: end standard output with the sizes, or the mean of the instructions, as one JSON object.
    """
    try:
        sizes = {"flash": flash, "ram": ram, "text_bytes": text_bytes}
        limits = {name: parse_size(name, str(size)) for name, size in sizes.items()}
        if cpu not in BOARDS:
            raise UserError(f"--cpu {cpu}: must be one of {', '.join(BOARDS)}")
        with tempfile.TemporaryDirectory() as folder:
            lines = Path(str(texts)).read_bytes().removesuffix(b"\n").split(b"\n")
            project = export(str(model), Path(folder) / "project")
            if instructions:
                _count(project, lines, cpu, json, tokens=tokens, text_bytes=limits["text_bytes"])
            else:
                _measure(project, lines, cpu, json, tokens=tokens, **limits)
    except (ToolError, UserError, OSError) as error:
        sys.exit(f"run.py: {error}")


if __name__ == "__main__":
    fire.Fire(main)
