"""Record ids: 15 characters of which case matters, or 18 with a check that survives its loss.

The last three characters tell which of the first fifteen are upper case, five at a time.
"""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD: Final = "Sb0"


def made_id(prefix: str, number: int) -> str:
    """Make the id of the record with this number. Ids rise with the number."""
    digits, left = "", number
    for _ in range(9):
        left, place = divmod(left, len(_DIGITS))
        digits = _DIGITS[place] + digits
    return full_id(prefix + _POD + digits)


def full_id(given: str) -> str:
    """Lengthen an id of 15 characters to 18."""
    return given + "".join(_check(given[start : start + 5]) for start in (0, 5, 10))


def _check(part: str) -> str:
    return _CHECKS[sum(1 << place for place, sign in enumerate(part) if "A" <= sign <= "Z")]


def read_id(given: str) -> str | None:
    """Take an id of either length for the long one; None when it is none."""
    text = given.strip()
    if len(text) not in {15, 18} or not (text.isascii() and text.isalnum()):
        return None
    if len(text) == 15:
        return full_id(text)
    return text if full_id(text[:15]) == text else _mended(text)


def _mended(text: str) -> str | None:
    """Give an id of 18 characters its case back, which its check still knows."""
    signs = []
    for place, sign in enumerate(text[:15]):
        check = _CHECKS.find(text[15 + place // 5].upper())
        if check < 0:
            return None
        signs.append(sign.upper() if check >> place % 5 & 1 else sign.lower())
    mended = "".join(signs)
    return full_id(mended) if full_id(mended) == mended + text[15:].upper() else None
