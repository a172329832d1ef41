"""Word lists written as one text, which keeps long ones short and easy to compare."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Read a list of words divided by blanks."""
    return tuple(text.split())
