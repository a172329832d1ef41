"""A request and its answer, as the twins see them: plain data without a web framework.

A twin is a function from a ``Request`` to an ``Answer``, so that it can be asked without a socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec.json import encode

Json: TypeAlias = "str | int | float | bool | Mapping[str, Json] | Sequence[Json] | None"
"""What JSON can hold."""

JSON_TYPE: Final = "application/json;charset=utf-8"
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent. Header names are in lower case; ``query`` keeps repeated names.

    ``beside`` is since when each other request was under way as this one came.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    body: bytes = b""
    beside: tuple[datetime, ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """Read a parameter of the query that is given once; ``default`` when it is not."""
        return next((value for key, value in self.query if key == name), default)

    def many(self, name: str) -> tuple[str, ...]:
        """Read a parameter of the query that may be repeated, or be one list with commas."""
        texts = (value for key, value in self.query if key == name)
        return tuple(part for text in texts for part in text.split(",") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a twin answers. ``rows`` of the ``room`` that its endpoint has are in it; no room, no count."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    rows: int = 0
    room: int = 0

    def with_headers(self, extra: Mapping[str, str]) -> Answer:
        """Add headers; those that are there stay."""
        return replace(self, headers={**extra, **self.headers})

    def with_room(self, room: int) -> Answer:
        """Say how many rows such an answer may hold at most."""
        return replace(self, room=room)


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS
) -> Answer:
    """Answer with JSON."""
    return Answer(
        status=status,
        body=encode(value),
        headers={"content-type": JSON_TYPE, **headers},
        rows=_rows_in(value),
    )


def _rows_in(value: object) -> int:
    """Count what was asked for: what was found, and what a batch says of the rest."""
    if not isinstance(value, dict):
        return 0
    return len(value.get("results") or ()) + len(value.get("errors") or ())
