"""Run the code blocks of the documents, from top to bottom, as a reader would.

Run: python tests/documents/run_blocks.py [DOCUMENT ...]    in a clone to throw away

`sh` blocks run in bash, `python` blocks in one interpreter a document, and `c` blocks are compiled. `text` is no code;
`console` is not run, and begins with a comment that says why. README.md comes first, since others use its models.
Nothing but Python needs to be there: the first block of README.md installs embdistill.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "embdistill" / "demo"
RUN = ("sh", "python", "c")
FENCE = re.compile(r"( *)(`{3,})([^`]*)$")


@dataclass(frozen=True)
class Block:
    """code: its lines; line: where the first of them stands in the document, from 1."""

    document: str
    line: int
    language: str
    code: str

    def in_place(self) -> str:
        """The code at the lines where it stands, so that messages name those."""
        return "\n" * (self.line - 1) + self.code


def documents() -> list[Path]:
    found = [path for pattern in ("*.md", "docs/**/*.md", "kernels/**/*.md") for path in sorted(ROOT.glob(pattern))]
    return sorted(found, key=lambda path: path != ROOT / "README.md")  # that first; the others stay as they are


def blocks(document: Path, root: Path = ROOT) -> list[Block]:
    """The fenced blocks of a document. ValueError, with its line, for one that is not labelled by the rule above."""
    found, opened = [], None
    name = document.relative_to(root).as_posix()
    for number, line in enumerate(document.read_text("utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, indent, lines = fence, fence[1], []
            start = number + 1
        elif opened and fence and fence[2] == opened[2] and not fence[3].strip():
            found.append(Block(name, start, opened[3].strip(), "\n".join(lines)))
            opened = None
        elif opened:
            lines.append(line.removeprefix(indent))
    if opened:
        raise ValueError(f"{name}:{start}: a block that is not closed")
    for block in found:
        if block.language not in (*RUN, "console", "text"):
            raise ValueError(
                f"{name}:{block.line}: a block labelled {block.language!r}; label it {', '.join(RUN)} (run), "
                "text (no code) or console (not run)"
            )
        if block.language == "console" and not block.code.startswith("# "):
            raise ValueError(f"{name}:{block.line}: a console block must begin with a comment that says why")
    return found


class Interpreter:
    """One Python for the `python` blocks of a document, started with the first, when embdistill is installed."""

    SERVE = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what a block prints
names = {"__name__": "__main__"}
for request in sys.stdin:
    document, code = json.loads(request)
    exec(compile(code, document, "exec"), names)
    print("done", file=answers)
"""

    def __init__(self):
        self.process = None

    def run(self, block: Block, folder: Path) -> bool:
        if self.process is None:
            command, pipe = ["python", "-c", self.SERVE], subprocess.PIPE
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=folder)
        print(json.dumps([block.document, block.in_place()]), file=self.process.stdin, flush=True)
        return self.process.stdout.readline() == "done\n"  # nothing, if an exception ended it

    def close(self) -> None:
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def run_shell(block: Block, folder: Path) -> bool:
    trace = f"PS4='+ {block.document}:$LINENO: '; set -x"  # each command is shown with its line
    command = ["bash", "-euo", "pipefail", "-c", trace + block.in_place()]
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL).returncode == 0


def compile_c(block: Block, folder: Path) -> bool:
    """Against what the documents export: the folder that `export --to c --out requests` writes."""
    source = f'#line {block.line} "{block.document}"\n{block.code}\n'
    command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", "requests", "-xc", "-"]
    return subprocess.run(command, input=source, text=True, cwd=folder).returncode == 0


def run_document(document: Path, folder: Path = ROOT) -> str | None:
    """Run the blocks of a document in its folder, up to the first that fails; returns where that is, or None."""
    interpreter = Interpreter()
    runners = {"sh": run_shell, "python": interpreter.run, "c": compile_c}
    try:
        for block in blocks(document, folder):
            if block.language not in RUN:
                continue
            place, start = f"{block.document}:{block.line}", time.perf_counter()
            print(f"-- {place}: {block.language}", flush=True)
            done = runners[block.language](block, folder)
            print(f"-- {place}: {'done' if done else 'FAILED'}, {time.perf_counter() - start:.1f} s", flush=True)
            if not done:
                return place
    finally:
        interpreter.close()
    return None


def put_files_of_a_reader(folder: Path) -> None:
    """The demo's texts and vectors under the names that documents use for a reader's own."""
    lines = (DEMO / "train.txt").read_text().splitlines()
    pairs = [line.removeprefix("__label__").split(" ", 1) for line in lines]
    for name, header in (("texts.csv", ("label", "text")), ("reviews.csv", ("sentiment", "review"))):
        with open(folder / name, "w", newline="") as stream:
            csv.writer(stream).writerows([header, *pairs])
    (folder / "texts.txt").write_text("".join(f"{text}\n" for _, text in pairs[:10]))
    shutil.copy(DEMO / "vectors.h5", folder / "glove.6B.300d.txt")  # the content tells the format


def main(arguments: list[str]) -> int:
    chosen = [ROOT / argument for argument in arguments] or documents()
    for document in chosen:
        blocks(document)  # raises, before anything runs
    put_files_of_a_reader(ROOT)
    failed = [place for document in chosen if (place := run_document(document))]
    print(f"blocks of {len(chosen)} documents: {', '.join(failed) if failed else 'all ran'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
