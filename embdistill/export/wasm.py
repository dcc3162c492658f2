"""The C runtime as WebAssembly, compiled by ziglang from PyPI (extra `web`) or by the system's clang."""

import os
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from embdistill.errors import UserError
from embdistill.storage.temporary import temporary_folder

# For size. Copying memory is an instruction (since Chrome 75, Firefox 79, Safari 15).
FLAGS = ["-std=c99", "-Os", "-mbulk-memory", "-ffreestanding", "-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all"]
ZIG = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-fno-sanitize=undefined"]
FIX = "pip install ziglang, or install clang and lld (Debian: apt-get install clang lld)"


def runtime_wasm(folder: str | Path) -> bytes:
    """The module with the exports of web_page/runtime.c. folder: one that can be written, for temporary files.

    UserError if there is no compiler, or it fails.
    """
    with (
        as_file(files("embdistill.export") / "web_page") as page,
        as_file(files("embdistill.kernels.runtime")) as runtime,
        temporary_folder(folder) as temporary,
    ):
        made = Path(temporary, "runtime.wasm")
        command = [*compiler(), *FLAGS, f"-I{page / 'include'}", f"-I{runtime}", "-o", made, page / "runtime.c"]
        caches = {f"ZIG_{kind}_CACHE_DIR": str(Path(temporary, "zig")) for kind in ("LOCAL", "GLOBAL")}
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env={**os.environ, **caches})
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if "error" in line), f"exit code {done.returncode}")
            raise UserError(f"--to web: {command[0]} cannot compile for WebAssembly ({said.strip()}); {FIX}")
        return made.read_bytes()


def compiler() -> list[str]:
    """The command of a compiler for WebAssembly: ziglang if it is there, else clang with its linker."""
    if find_spec("ziglang"):
        return ZIG
    clang = shutil.which("clang")
    if not clang:
        raise UserError(f"--to web needs a compiler for WebAssembly, ziglang or clang; {FIX}")
    return [clang, "--target=wasm32"]
