"""The command line before Fire sees it.

Fire runs a command first and complains about options it does not know afterwards, lets a switch such as --json swallow
the word behind it, and reads a file name such as 2020 as a number. So each option is checked here against the signature
of its command, and written in the one form that leaves Fire nothing to guess: --name='value'.
"""

import inspect
import re
from collections.abc import Callable

from embdistill.errors import UserError, did_you_mean


def settle(words: list[str], commands: dict) -> list[str]:
    """The same command line with every option checked and in the form --name='value'.

    commands: functions by name, or groups of them. Their arguments are positional, their options keyword-only; an
    option of which the default is False is a switch.
    Raises UserError for an unknown command or option, a missing value, and too few or too many arguments.
    """
    path, command = [], commands
    while isinstance(command, dict) and words and not words[0].startswith("-"):
        path.append(words[0])
        if words[0] not in command:
            raise UserError(f"unknown command {' '.join(path)}{did_you_mean(words[0], command)}")
        command, words = command[words[0]], words[1:]
    if any(word in ("--help", "-h") for word in words):
        return [*path, "--", "--help"]
    if isinstance(command, dict):
        if words:
            raise UserError(f"what is {words[0]!r}? Name a command first: {', '.join(command)}")
        return path
    return path + _settled_options(" ".join(path), command, words)


def _settled_options(name: str, command: Callable, words: list[str]) -> list[str]:
    parameters = inspect.signature(command).parameters
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    known = [p.name for p in parameters.values()]  # a positional argument may also be given by its name
    switches = {p.name for p in parameters.values() if p.default is False}

    settled, arguments = [], []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-") or word == "-":
            arguments.append(word)
            continue
        option, equals, value = word.lstrip("-").partition("=")
        option = option.replace("-", "_")
        if len(option) == 1:  # -d stands for --data, where no other option begins with d
            matching = [name for name in known if name[0] == option]
            option = matching[0] if len(matching) == 1 else option
        if option not in known:
            raise UserError(f"unknown option --{option} of {name}{did_you_mean(option, known, '--')}")
        if not equals:
            if option in switches:
                value = True
            elif waiting and re.match(r"[^-]|-\d|-$|$", waiting[0]):  # also a negative number, to be refused by name
                value = waiting.pop(0)
            else:
                raise UserError(f"--{option} needs a value")
        elif option in switches:
            if value not in ("true", "false"):
                raise UserError(f"--{option}={value}: must be true or false")
            value = value == "true"
        settled.append(f"--{option}={value!r}")

    usage = " ".join(p.name.upper() for p in positional)
    by_name = {word.partition("=")[0].removeprefix("--") for word in settled}
    positional = [p for p in positional if p.name not in by_name]
    if len(arguments) < len(positional):
        raise UserError(f"{name} needs {usage}")
    if len(arguments) > len(positional):
        extra = arguments[len(positional)]
        options = ", ".join(f"--{p.name}" for p in parameters.values() if p.kind is p.KEYWORD_ONLY)
        raise UserError(f"{name}: what is {extra!r}? It takes {usage or 'options only'}; options: {options}")
    return [repr(argument) for argument in arguments] + settled
