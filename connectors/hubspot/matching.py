"""Which record HubSpot names as it refuses a value that must be unique, such as an address. Pure.

A batch names it beside the sentence (``existingId``). Else it is in the sentence alone, and there are two:
"Contact already exists. Existing ID: 1" and, with the value before it, "1 already has that value.".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_HOLDER: Final = re.compile(
    r"(?:Existing ID: (\d{1,20})|\. (\d{1,20}) already has that value)\.?\s*$"
)
"""Only at the end: what stands before may repeat a value."""


def holders_in(sentence: str, named: Iterable[str | int] = ()) -> tuple[str, ...]:
    """Give the ids of those that have the value: as they are named, else from the sentence."""
    ids = [str(one) for one in named if str(one).isdecimal()]
    found = _HOLDER.search(sentence)
    if found and not ids:
        ids = [found[1] or found[2]]
    return tuple(dict.fromkeys(ids))
