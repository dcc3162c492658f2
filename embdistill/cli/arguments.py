"""The command line, checked whole against the command it names before that command runs.

Values stay text, as they were typed: a file may be called 2020. A switch such as --json never swallows the word behind
it. Nothing is imported for it, not even inspect, so that `predict` starts fast.
"""

from embdistill.errors import UserError, did_you_mean


def settle(words: list[str], commands: dict) -> tuple:
    """(command, arguments, options): what a command line asks for, every option checked.

    commands: functions by name, or groups of them. Their arguments are positional, their options keyword-only; an
    option of which the default is False is a switch. A function may have a `__signature__` with more options.
    Where help is asked for, or no more than a group is named: (None, the words that make Fire show it, {}).
    Raises UserError for an unknown command or option, a missing value, and too few or too many arguments.
    """
    path, command = [], commands
    while isinstance(command, dict) and words and not words[0].startswith("-"):
        path.append(words[0])
        if words[0] not in command:
            raise UserError(f"unknown command {' '.join(path)}{did_you_mean(words[0], command)}")
        command, words = command[words[0]], words[1:]
    if any(word in ("--help", "-h") for word in words):
        return None, [*path, "--", "--help"], {}
    if isinstance(command, dict):
        if words:
            raise UserError(f"what is {words[0]!r}? Name a command first: {', '.join(command)}")
        return None, path, {}
    return command, *_settled(" ".join(path), command, words)


def _settled(name, command, words):
    code = command.__code__
    positional = list(code.co_varnames[: code.co_argcount])
    options = command.__kwdefaults__ or {}
    if hasattr(command, "__signature__"):
        parameters = command.__signature__.parameters.values()
        options = {parameter.name: parameter.default for parameter in parameters if parameter.name not in positional}
    known = [*positional, *options]  # a positional argument may also be given by its name
    switches = {option for option, default in options.items() if default is False}

    arguments, given = [], {}
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
            elif waiting and _may_be_value(waiting[0]):
                value = waiting.pop(0)
            else:
                raise UserError(f"--{option} needs a value")
        elif option in switches:
            if value not in ("true", "false"):
                raise UserError(f"--{option}={value}: must be true or false")
            value = value == "true"
        given[option] = value

    usage = " ".join(map(str.upper, positional))
    missing = [argument for argument in positional if argument not in given]
    if len(arguments) < len(missing):
        raise UserError(f"{name} needs {usage}")
    if len(arguments) > len(missing):
        listed = ", ".join(f"--{option}" for option in options)
        raise UserError(
            f"{name}: what is {arguments[len(missing)]!r}? It takes {usage or 'options only'}; options: {listed}"
        )
    given.update(zip(missing, arguments, strict=True))
    return [given.pop(argument) for argument in positional], given


def _may_be_value(word):
    """A negative number may, so that it is refused by name."""
    return not word.startswith("-") or word == "-" or word[1:2].isdecimal()
