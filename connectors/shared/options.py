"""Reads options, and says what is allowed where one is wrong."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Collection, Mapping

from connectors.shared.secrets import is_sendable
from worker.errors import FixConfigurationError

_DIGITS = 10


def require_known(word: str, *, allowed: Collection[str], what: str) -> None:
    """Raise ``FixConfigurationError`` for a word that is not allowed, with the nearest that is."""
    if word in allowed:
        return
    known = [str(name) for name in allowed]
    near = difflib.get_close_matches(word, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    names = ", ".join(map(repr, known))
    raise FixConfigurationError(f"{word!r} is no {what}.{hint} Allowed: {names}.")


def whole_number(
    options: Mapping[str, str], key: str, limits: tuple[int, int, int], where: str
) -> int:
    """Read a whole number; ``limits`` are its default, the least and the most it may be."""
    default, least, most = limits
    text = options.get(key, str(default))
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    if is_number and least <= int(text) <= most:
        return int(text)
    raise FixConfigurationError(f"{key} of {where} must be a whole number from {least} to {most}.")


def read_numbers(
    options: Mapping[str, str],
    limits: Mapping[str, tuple[int, int, int]],
    *,
    allowed: Collection[str],
    secrets: Collection[str],
    where: str,
) -> dict[str, int]:
    """Refuse unknown options and secrets that cannot be sent; give the options that are numbers."""
    for key in options:
        require_known(key, allowed=allowed, what=f"option of {where}")
    for key in secrets:
        if options.get(key) and not is_sendable(options[key]):
            raise FixConfigurationError(f"{key} of {where} has spaces or signs no token has.")
    return {key: whole_number(options, key, one, where) for key, one in limits.items()}


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
