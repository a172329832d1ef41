"""Builds SOQL. Pure: text in, text out.

Only names, ids, instants and words of this code go into a query; never a value of a record. A name is
checked for its shape, so that a field map cannot smuggle in anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,5}")


def is_name(text: str) -> bool:
    """Tell whether a text can name a field, also one of a related record, as ``Campaign.Type``."""
    return _NAME.fullmatch(text) is not None


def select(
    source: str,
    fields: Iterable[str],
    where: Sequence[str] = (),
    order: Sequence[str] = (),
    most: int | None = None,
) -> str:
    """Write a query; the conditions all have to hold."""
    text = f"SELECT {', '.join(fields)} FROM {source}"  # noqa: S608  # names checked by is_name
    if where:
        text += " WHERE " + " AND ".join(where)
    if order:
        text += " ORDER BY " + ", ".join(order)
    if most is not None:
        text += f" LIMIT {most}"
    return text


def literal(at: datetime) -> str:
    """Write an instant as SOQL takes it: without quotes, in UTC, to the millisecond."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def quoted(text: str) -> str:
    """Write a text in quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def among(name: str, texts: Iterable[str]) -> str:
    """Ask for one of several texts."""
    return f"{name} IN ({', '.join(map(quoted, texts))})"
