"""Big-endian processors, which the runtime refuses."""

import subprocess
from importlib.resources import files
from pathlib import Path

from c_helpers import needed
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from model_helpers import NETWORKS, random_model

BYTE_ORDER = 8  # EMBDISTILL_ERROR_BYTE_ORDER
ALONE = "-O1 -ffreestanding -fno-builtin -ffunction-sections -nostdlib -static -fuse-ld=lld -Wl,--gc-sections".split()


def test_a_model_is_not_opened_on_a_big_endian_processor(tmp_path):
    for tool, package in {"clang": "clang", "ld.lld": "lld", "qemu-ppc": "qemu-user"}.items():
        needed(tool, package)
    project = tmp_path / "c"
    write_c(project, edm_bytes(random_model(NETWORKS["mean"])))
    sources = [Path(__file__).with_name("big_endian.c"), project / "embdistill.c", project / "model_data.c"]
    string_h = files("embdistill.export") / "web_page" / "include"
    clang = ["clang", "--target=powerpc-linux-gnu", "-std=c99", *ALONE, f"-I{project}", f"-I{string_h}"]
    subprocess.run([*clang, *sources, "-o", tmp_path / "program"], check=True)
    assert subprocess.run(["qemu-ppc", tmp_path / "program"]).returncode == BYTE_ORDER
