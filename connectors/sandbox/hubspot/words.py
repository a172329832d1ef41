"""Words of a text, as the operators CONTAINS_TOKEN and NOT_CONTAINS_TOKEN see them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

_TOKENS: Final = re.compile(r"[^\w*]+")


def has_token(text: str | None, pattern: str) -> int | None:
    """Tell whether a text holds a word, ``*`` standing for any letters; None for no text."""
    if text is None:
        return None
    low = text.lower()
    words = [low, *_TOKENS.split(low)]
    return int(any(fnmatchcase(word, pattern) for word in words if word))
