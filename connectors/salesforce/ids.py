"""Salesforce's ids: 15 letters whose case counts, or 18 of which the last three repeat the case.

The API always gives 18; people copy 15 out of a page's address. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_SHORT: Final = re.compile(r"[0-9A-Za-z]{15}")
_LONG: Final = re.compile(r"[0-9A-Za-z]{18}")
_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_KEY: Final = 3
"""The first letters tell the object: 005 a user, 00G a queue, 00Q a lead, 003 a contact."""
QUEUE: Final = "00G"


def is_id(text: str) -> bool:
    """Tell whether a text has the shape of an id."""
    return _SHORT.fullmatch(text) is not None or _LONG.fullmatch(text) is not None


def long_id(text: str) -> str:
    """Give the form of 18 letters; what is no id of 15 stays as it is."""
    if _SHORT.fullmatch(text) is None:
        return text
    ends = []
    for start in (0, 5, 10):
        bits = sum(1 << at for at, sign in enumerate(text[start : start + 5]) if sign.isupper())
        ends.append(_SIGNS[bits])
    return text + "".join(ends)


def key_of(text: str) -> str:
    """Give the letters that tell which object an id belongs to."""
    return text[:_KEY]
