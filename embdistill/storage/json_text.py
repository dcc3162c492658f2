"""JSON in files, held against a type that says what it must have; what else it has is left alone."""

import json
from typing import Annotated, Any

import msgspec

LARGEST = 1.7e308  # a little below the largest float64
Finite = Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
Text = Annotated[str, msgspec.Meta(pattern="^[^\ud800-\udfff]*$")]  # that has a UTF-8, unlike the names of some files
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


def parse(text: str | bytes, kind: Any = dict[str, Any]) -> Any:
    """The value of a JSON text; ValueError, with the place, or RecursionError unless it is one and of the type `kind`.

    kind: as msgspec takes it, most often a TypedDict.
    """
    if not isinstance(text, (str, bytes)):
        raise ValueError("numbers are where JSON should be")
    value = json.loads(text, parse_constant=_refuse)
    check(value, kind)
    return value


def written(value: Any, kind: Any = dict[str, Any]) -> str:
    """A value as JSON that `parse` will read as this type; ValueError or TypeError if it would not."""
    check(value, kind)
    return json.dumps(value, allow_nan=False)


def check(value: Any, kind: Any) -> None:
    """ValueError, with the place, unless a value that was JSON is of the type `kind`."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:  # a ValueError only in the newest msgspec
        raise ValueError(str(error)) from error


def _refuse(name):
    raise ValueError(f"{name} in JSON, where only finite numbers are meant")
