"""What the parts of the runtime that can be left out take of flash; writes results/code_size.json and its table.

Run: python benchmarks/programs/code_size.py; needs Debian's gcc-arm-none-eabi.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from readme_table import ROOT, fill

sys.path.insert(0, str(ROOT / "tests/kernels/runtime"))
from processors.programs import COMPILE, SMALL

RESULTS = Path(__file__).parents[1] / "results" / "code_size.json"
PAGE = "docs/microcontroller.md"
CPUS = ("cortex-m0plus", "cortex-m3")
PARTS = ("COMPOSE", "SEGMENT", "CORRECTION", "SUBWORDS")
NETWORKS = ("MEAN", "CNN", "LSTM")
NUMBERS = ("FLOATS", "INTEGERS")
LEFT_OUT = [f"EMBDISTILL_NO_{part}" for part in PARTS]
WITHOUT = [f"EMBDISTILL_NO_{network}" for network in NETWORKS]


def code_bytes(cpu: str, macros) -> int:
    """Bytes of the compiled runtime, constants included, with these macros."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "embdistill.o"
        options = [f"-mcpu={cpu}", "-mthumb", *COMPILE, *SMALL, *(f"-D{macro}" for macro in macros)]
        source = ROOT / "kernels/runtime/embdistill.c"
        subprocess.run(["arm-none-eabi-gcc", *options, "-c", source, "-o", made], check=True)
        sizes = subprocess.run(["arm-none-eabi-size", made], capture_output=True, text=True, check=True)
    return int(sizes.stdout.splitlines()[1].split()[0])


def main():
    rows = {"nothing": []} | {f"`{macro}`": [macro] for macro in LEFT_OUT} | {"these four": LEFT_OUT}
    rows |= {"the tables of Unicode, by `EMBDISTILL_ASCII`": ["EMBDISTILL_ASCII"]}
    rows |= {f"`EMBDISTILL_NO_{part}`": [f"EMBDISTILL_NO_{part}"] for part in (*NETWORKS, *NUMBERS)}
    for network, macro in zip(NETWORKS, WITHOUT, strict=True):
        others = [*LEFT_OUT, *(other for other in WITHOUT if other != macro)]
        rows[f"all but `{network.lower()}`, int8"] = [*others, "EMBDISTILL_NO_FLOATS"]
    found = {name: {cpu: code_bytes(cpu, macros) for cpu in CPUS} for name, macros in rows.items()}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    lines = ["| left out | Cortex-M0+ | Cortex-M3 |", "|---|---|---|"]
    lines += [f"| {name} | " + " | ".join(f"{sizes[cpu]:,}" for cpu in CPUS) + " |" for name, sizes in found.items()]
    fill("left out", "\n".join(lines), PAGE)


if __name__ == "__main__":
    main()
