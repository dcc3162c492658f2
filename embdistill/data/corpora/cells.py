"""Texts and labels of files whose values have types: JSON, Parquet, Excel."""

import math


def text_of(value) -> str:
    """A value as a text, an absent one as an empty text; ValueError, with problem and fix, for no such value."""
    if value is None or _is_nan(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, dict, bytes)):
        raise ValueError(f"the text is not a string but {_KINDS[type(value)]}; write it as one string")
    return _scalar(value)


def label_of(value) -> str:
    """A value, or the only one of a list, as a label: text, a number or a truth value (true, false).

    An absent one is an empty label. ValueError, with the problem and the fix, for several labels and other values.
    """
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            shown = " ".join(", ".join(map(str, value)).split())[:80]
            raise ValueError(f"several labels ({shown}); a text has one class here: keep one")
        value = value[0] if value else None
    if value is None or _is_nan(value):
        return ""
    if isinstance(value, (list, tuple, dict, bytes)):
        raise ValueError(f"the label is {_KINDS[type(value)]}; write it as text, a number or a truth value")
    return value if isinstance(value, str) else _scalar(value)


_KINDS = {list: "a list", tuple: "a list", dict: "an object", bytes: "bytes"}


def _is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def _scalar(value):
    """A truth value as JSON writes it, a number or a date as Python does."""
    return str(value).lower() if isinstance(value, bool) else str(value)
