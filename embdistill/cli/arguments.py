"""From the words behind a verb to a call of it, by Fire.

What Fire would not do as users expect is done here, before it reads the words or before the verb is called:
- It reads 2020 and true as Python values; here words stay text unless an option's annotation says otherwise.
- It takes the word behind a switch for its value (`--json run.h5`), and an option without a value (`--out`) for true.
- It calls a function before it complains about unknown options and left-over words, with a page of usage.
- It ends the arguments at `-`, which names standard input here, and has no help on **options.
- Its import takes as long as a whole `predict`, which therefore reads its plain form itself (predict.plain_arguments).
"""

from collections.abc import Iterable, Iterator
from dataclasses import Field, fields
from functools import partial
from inspect import signature

import fire
from fire.decorators import SetParseFn, SetParseFns

from embdistill.errors import UserError, did_you_mean

MOST_DIGITS = 18  # of a count


def call(verb, name: str, words: list[str]) -> None:
    """Call a verb with the arguments and options that the words give it; UserError for words that do not fit.

    verb: a function with positional arguments and annotated keyword-only options; settings of Config are its **options.
    name: the verb as the user writes it.
    """
    parameters = signature(verb).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    optional = {p.name for p in parameters if p.default is not p.empty}

    @SetParseFn(str)
    @SetParseFns(
        **{p.name: partial(READERS[p.annotation], _spelt(p.name)) for p in parameters if p.annotation in READERS}
    )
    def checked(*arguments, **options):
        missing = [argument for argument in positional if argument not in options]  # as --model run.h5 gives one
        usage = " ".join(
            f"[{argument.upper()}]" if argument in optional else argument.upper() for argument in positional
        )
        if len(arguments) < len([argument for argument in missing if argument not in optional]):
            raise UserError(f"{name} needs {usage}")
        if len(arguments) > len(missing):
            extra = arguments[len(missing)]
            raise UserError(f"{name}: unexpected argument {extra!r}; it takes {usage or 'options only'}, see --help")
        verb(**dict(zip(missing, arguments, strict=False)), **options)

    fire.Fire(checked, [*_unambiguous(verb, name, words), "--", "--separator=\0"])


def names_of(verb) -> tuple[list[str], dict[str, Field]]:
    """The names of a verb's arguments and options, and the settings of Config that it takes as **options.

    A verb that takes several values of a setting, as compare does with --dims, does not take the single one.
    """
    parameters = signature(verb).parameters.values()
    own = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if len(own) == len(parameters):
        return own, {}
    from embdistill.model.config import Config

    return own, {setting.name: setting for setting in fields(Config) if f"{setting.name}s" not in own}


def short_forms(own: Iterable[str], settings: Iterable[str]) -> dict[str, str]:
    """The name that a letter alone stands for, as -o: the only one that begins with it, the verb's own ones first."""
    forms = {}
    for names in ([*own, *settings], own):
        forms |= {name[0]: name for name in names if sum(other[0] == name[0] for other in names) == 1}
    forms.pop("h", None)  # is help
    return forms


def _unambiguous(verb, name, words) -> Iterator[str]:
    """The words, with options by their full names and `=true` behind a switch; UserError for an unknown option, for one
    without a value, and for one that is given twice, of which Fire would take the last."""
    own, settings = names_of(verb)
    letters, known = short_forms(own, settings), [*own, *settings]
    given = set()
    switches = [p.name for p in signature(verb).parameters.values() if p.annotation is bool]
    for word, following in zip(words, [*words, "--"][1:], strict=True):
        if not _is_option(word):
            yield word
            continue
        option, equals, value = word.lstrip("-").partition("=")
        option = letters.get(option, option.replace("-", "_"))
        option += "_" * (option + "_" in known)  # behind a name that is a word of Python's own, as in from_
        if option not in known:
            near = did_you_mean(_spelt(option), map(_spelt, known), "--") or f"; see {name} --help"
            raise UserError(f"unknown option --{_spelt(option)} of {name}{near}")
        if option in given:
            raise UserError(f"--{_spelt(option)} is given twice; give it once")
        given.add(option)
        if not equals and option in switches:
            equals, value = "=", "true"
        elif not equals and _is_option(following):
            raise UserError(f"--{_spelt(option)} needs a value")
        yield f"--{option}{equals}{value}"


def _spelt(name):
    """The name of an option as users spell it."""
    return name.rstrip("_").replace("_", "-")


def _is_option(word):
    """A negative number is none, so that it can be refused as a value."""
    return word.startswith("-") and word != "-" and not word[1:2].isdecimal()


def _truth(name, text):
    if text not in ("true", "false"):
        raise UserError(f"--{name}={text}: must be true or false")
    return text == "true"


def _count(name, text):
    if not text.isdecimal() or len(text) > MOST_DIGITS or int(text) < 1:
        raise UserError(
            f"--{name} {text[: 2 * MOST_DIGITS]}: must be a whole number, at least 1, of at most {MOST_DIGITS} digits"
        )
    return int(text)


READERS = {
    bool: _truth,
    int: _count,
    int | None: _count,
    tuple[int, ...]: lambda name, text: tuple(_count(name, part.strip()) for part in text.split(",")),
    tuple[str, ...]: lambda _, text: tuple(part.strip() for part in text.split(",") if part.strip()),
}
