"""Compilers and emulators, called."""

import subprocess


class ToolError(RuntimeError):
    """What a tool, or the program on the board, said when it failed."""


def call(command, folder) -> bytes:
    """What a command prints. ToolError if it fails."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise ToolError(f"{command[0]}: exit code {done.returncode}: {said}")
    return done.stdout
