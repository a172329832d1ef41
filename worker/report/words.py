"""Words around figures."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Say how many there are of something: ``1 row``, ``2 rows``."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
