"""The verbs by name, and the way from a command line to one of them or to its help."""

import re
import sys

from fire.core import Display
from fire.formatting import Bold, Underline
from fire.helptext import HelpText
from fire.trace import FireTrace

from embdistill.cli import vectors
from embdistill.cli.arguments import call, names_of, short_forms
from embdistill.cli.compare import compare
from embdistill.cli.evaluate import evaluate
from embdistill.cli.explain import explain
from embdistill.cli.export import export
from embdistill.cli.fetch import fetch
from embdistill.cli.info import info
from embdistill.cli.plot import plot
from embdistill.cli.predict import predict
from embdistill.cli.train import train
from embdistill.cli.verify import verify
from embdistill.errors import UserError, did_you_mean

COMMANDS = {
    "train": train,
    "compare": compare,
    "evaluate": evaluate,
    "predict": predict,
    "explain": explain,
    "fetch": fetch,
    "info": info,
    "verify": verify,
    "export": export,
    "vectors": {"import": vectors.import_, "info": vectors.info, "neighbors": vectors.neighbors, "plot": plot},
}


def run(words: list[str]) -> None:
    """Call the verb that the words name, or show help; UserError for an unknown verb."""
    path, command = [], COMMANDS
    while isinstance(command, dict) and words and not words[0].startswith("-"):
        path.append(words[0])
        if words[0] not in command:
            raise UserError(f"unknown command {' '.join(path)}{did_you_mean(words[0], command)}")
        command, words = command[words[0]], words[1:]
    if "--help" in words or "-h" in words:
        show_help(path, sys.stderr)
    elif not isinstance(command, dict):
        call(command, " ".join(path), words)
    elif words:
        raise UserError(f"unexpected {words[0]!r}; name a command first: {', '.join(command)}")
    else:
        show_help(path, sys.stdout)


def show_help(path: list[str], stream) -> None:
    """Fire's page on a verb or a group of verbs, and the settings that a verb takes through its **options."""
    command, trace = COMMANDS, FireTrace(COMMANDS, "embdistill")
    for word in path:
        command = command[word]
        trace.AddAccessedProperty(command, word, [word], None, None)
    page = [HelpText(command, trace).replace(" | None]", "]")]  # of Optional[str | None]
    page[0] = page[0].replace("    -h, --", "    --")  # -h is help
    page[0] = re.sub(r"--[a-z_]+", lambda option: option[0].rstrip("_").replace("_", "-"), page[0])
    own, settings = ([], {}) if isinstance(command, dict) else names_of(command)
    if settings:
        from embdistill.model.config import option

        page.append(f"\n{Bold('SETTINGS')}")
    letters = {name: f"-{letter}, " for letter, name in short_forms(own, settings).items()}
    for name, setting in settings.items():
        page.append(f"    {letters.get(name, '')}{option(name)}={Underline(name.upper())}")
        page.append(f"        Default: {setting.default!r}\n        {setting.metadata['help']}.")
    Display(page, stream)
