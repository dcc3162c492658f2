"""From the words behind a verb to a call of it, by Fire.

What Fire cannot do as users expect is done here, before Fire reads the words or before the verb is called:
- Fire takes 2020 and true for Python values; here words stay text, unless an option's annotation says otherwise.
- It takes the word behind a switch for its value (`--json run.h5`), and an option without a value (`--out`) for true.
- It calls a function before it complains about unknown options and left-over words, and then prints a page of usage.
- It ends the arguments at `-`, which names standard input here.
- Its import takes as long as a whole `predict`, which therefore reads its plain form itself (predict.plain_arguments).
"""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import Field, fields
from functools import partial

import fire
from fire.decorators import SetParseFn, SetParseFns

from embdistill.errors import UserError, did_you_mean


def call(verb, name: str, words: list[str]) -> None:
    """Call a verb with the arguments and options that the words give it.

    verb: a function with positional arguments and annotated keyword-only options; `**options` are settings of Config.
    name: the verb as the user writes it. UserError for words that do not fit.
    """
    positional = [p.name for p in _parameters(verb) if p.kind is p.POSITIONAL_OR_KEYWORD]
    readers = {p.name: partial(READERS[p.annotation], p.name) for p in _parameters(verb) if p.annotation in READERS}

    @SetParseFn(str)
    @SetParseFns(**readers)
    def checked(*arguments, **options):
        missing = [argument for argument in positional if argument not in options]  # given by name: --model run.h5
        usage = " ".join(map(str.upper, positional))
        if len(arguments) < len(missing):
            raise UserError(f"{name} needs {usage}")
        if len(arguments) > len(missing):
            extra = arguments[len(missing)]
            raise UserError(f"{name}: unexpected argument {extra!r}; it takes {usage or 'options only'}, see --help")
        verb(**dict(zip(missing, arguments, strict=True)), **options)

    fire.Fire(checked, [*_unambiguous(verb, name, words), "--", "--separator=\0"])


def options_of(verb) -> list[str]:
    """The names that a verb's own arguments and options can be given by."""
    return [p.name for p in _parameters(verb) if p.kind is not p.VAR_KEYWORD]


def settings_of(verb) -> dict[str, Field]:
    """The settings of Config that a verb takes through its **options, by name.

    A verb that takes several values of one (compare: --methods, --dims, --seeds) does not take the single one.
    """
    if all(p.kind is not p.VAR_KEYWORD for p in _parameters(verb)):
        return {}
    from embdistill.model.config import Config

    own = options_of(verb)
    return {setting.name: setting for setting in fields(Config) if f"{setting.name}s" not in own}


def short_forms(options: Iterable[str], settings: Iterable[str]) -> dict[str, str]:
    """What `-d` and the like stand for, by letter: the only option with that initial, or the only setting if no option
    has it. `-h` is help."""
    initials = "".join(name[0] for name in options)
    both = initials + "".join(name[0] for name in settings)
    forms = {name[0]: name for name in options if initials.count(name[0]) == 1}
    forms |= {name[0]: name for name in settings if both.count(name[0]) == 1}
    return {letter: name for letter, name in forms.items() if letter != "h"}


def _parameters(verb):
    return inspect.signature(verb).parameters.values()


def _unambiguous(verb, name, words) -> Iterator[str]:
    """The words with options by their full names and `=true` behind a switch; UserError for an option that is unknown
    or lacks its value."""
    own, settings = options_of(verb), settings_of(verb)
    known, letters = [*own, *settings], short_forms(own, settings)
    switches = [p.name for p in _parameters(verb) if p.annotation is bool]
    for word, following in zip(words, [*words, "--"][1:], strict=True):
        if not _is_option(word):
            yield word
            continue
        option, equals, value = word.lstrip("-").partition("=")
        option = option.replace("-", "_")
        option = letters.get(option, option)
        if option not in known:
            raise UserError(f"unknown option --{option} of {name}{did_you_mean(option, known, '--')}")
        if not equals and option in switches:
            equals, value = "=", "true"
        elif not equals and _is_option(following):
            raise UserError(f"--{option} needs a value")
        yield f"--{option}{equals}{value}"


def _is_option(word):
    """A negative number is none, so that it can be refused as a value."""
    return word.startswith("-") and word != "-" and not word[1:2].isdecimal()


def _count(name, text):
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"--{name} {text}: must be a whole number, at least 1")
    return int(text)


def _counts(name, text):
    return tuple(_count(name, part.strip()) for part in text.split(","))


def _words(name, text):
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _truth(name, text):
    if text not in ("true", "false"):
        raise UserError(f"--{name}={text}: must be true or false")
    return text == "true"


READERS = {bool: _truth, int: _count, int | None: _count, tuple[int, ...]: _counts, tuple[str, ...]: _words}
