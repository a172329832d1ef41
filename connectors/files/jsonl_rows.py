"""Splits and edits JSONL rows by their exact characters.

Numbers stay the text they are written as: a number that has been a float is no longer an id. Only
the members that change are rewritten; the others keep their order, spacing and literals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from typing import TypeAlias, cast

from connectors.files.encodings import UNDECODABLE
from connectors.files.lines import LINE_ENDS, MAX_LINE
from connectors.files.rows import (
    MAX_FIELD,
    Cells,
    Fault,
    Row,
    RowCode,
    RowKind,
    body_and_end,
)
from worker.core.records import RawValue, RawValues

JsonText: TypeAlias = "str | bool | list[JsonText] | JsonPairs | None"
JsonPairs: TypeAlias = "tuple[tuple[str, JsonText], ...]"
"""A JSON object as pairs, so that a repeated key shows and is not mistaken for an array."""


def _refuse(name: str) -> None:
    raise ValueError(name)


_DECODER = JSONDecoder(
    object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=_refuse
)
_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Where one member's value stands in its line."""

    key: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonlFormat:
    """One JSON object a line. There is no header, so every row tells its own columns."""

    can_write_unicode: bool = True
    columns: tuple[str, ...] | None = None
    duplicates: tuple[str, ...] = ()

    def rows(self, chunks: Iterable[list[str]]) -> Iterator[Row]:
        """Give each line as a row; joined again, their texts are the table."""
        number, is_in_rest = 1, False
        for lines in chunks:
            for line in lines:
                is_ended = line.endswith(LINE_ENDS)
                if is_in_rest:
                    yield Row(line, number, RowKind.REST)
                elif len(line) >= MAX_LINE and not is_ended:
                    yield Row(line, number, RowKind.DATA, RowCode.TOO_LARGE)
                    is_in_rest = True
                else:
                    yield Row(line, number, RowKind.BLANK if line.isspace() else RowKind.DATA)
                if is_ended:
                    number, is_in_rest = number + 1, False

    def pick(self, text: str, names: Sequence[str]) -> Cells | Fault:
        """Read these members; null and "" are None, a member that is not there is absent."""
        clean = text.replace("\0", "")
        pairs = _pairs_of(clean)
        if pairs is None:
            return Fault(code=RowCode.NOT_JSON)
        members = dict(pairs)
        if len(members) != len(pairs):
            fault = _repeated(pairs, names)
            if fault is not None:
                return fault
        cells = {name: _text_of(members[name], clean, name) for name in names if name in members}
        return _unusable(cells) if len(text) > MAX_FIELD or "\\u" in text else cells

    def keys(self, text: str) -> tuple[str, ...]:
        """List the keys of a row; none when it is not a JSON object."""
        return tuple(key for key, _ in _pairs_of(text.replace("\0", "")) or ())

    def can_edit(self, text: str) -> bool:
        """Say no to a row with NUL bytes: its JSON is only readable without them."""
        return "\0" not in text

    def edited(self, row: Row, changes: RawValues, added: Sequence[str]) -> str:  # noqa: ARG002  # as for CSV
        """Give a row's text with ``changes`` made; a new key goes to the end of its own row only."""
        if not changes or row.kind is not RowKind.DATA:
            return row.text
        body, end = body_and_end(row.text)
        members = {member.key: member for member in members_of(body)}
        known = [(members[name], value) for name, value in changes.items() if name in members]
        for member, value in sorted(known, key=lambda item: item[0].start, reverse=True):
            literal = self._literal(value, body[member.start : member.stop])
            body = body[: member.start] + literal + body[member.stop :]
        for name, value in changes.items():
            if name not in members:
                body = self._with_member(body, name, value)
        return body + end

    def _with_member(self, body: str, name: str, value: RawValue) -> str:
        close = body.rindex("}")
        before = body[:close].rstrip(" \t")
        colon, comma = (": ", ", ") if '": ' in body else (":", ",")
        comma = "" if before.endswith("{") else comma
        return before + comma + self._string(name) + colon + self._literal(value, "") + body[close:]

    def _literal(self, value: RawValue, old: str) -> str:
        """Write a value as the kind of JSON the old one was, if it can be that."""
        if not value:
            return "null"
        if old in ("true", "false") and value in ("true", "false"):
            return value
        if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(value):
            return value
        if old.startswith("["):
            return "[" + ", ".join(self._string(part) for part in value.split(";")) + "]"
        return self._string(value)

    def _string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=not self.can_write_unicode)


def members_of(body: str) -> list[Member]:
    """Locate the members of a line that is known to be a JSON object."""
    members = []
    at = _skip(body, body.index("{") + 1)
    while body[at] != "}":
        key, at = _DECODER.raw_decode(body, at)
        start = _skip(body, _skip(body, at) + 1)
        _, stop = _DECODER.raw_decode(body, start)
        members.append(Member(key=cast(str, key), start=start, stop=stop))
        at = _skip(body, stop)
        if body[at] == ",":
            at = _skip(body, at + 1)
    return members


def _skip(body: str, at: int) -> int:
    match = _BLANK.match(body, at)
    return match.end() if match else at


def _pairs_of(text: str) -> JsonPairs | None:
    try:
        value: JsonText = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, tuple) else None


def _repeated(pairs: JsonPairs, names: Sequence[str]) -> Fault | None:
    keys = [key for key, _ in pairs]
    for name in names:
        if keys.count(name) > 1:
            return Fault(code=RowCode.KEY_DUPLICATE, column=name)
    return None


def _text_of(value: JsonText, line: str, name: str) -> RawValue:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return None
    parts = [part for part in value if isinstance(part, str)]
    if isinstance(value, list) and len(parts) == len(value):
        return ";".join(parts) or None
    return next(line[m.start : m.stop] for m in members_of(line) if m.key == name)


def _unusable(cells: Cells) -> Cells | Fault:
    for name, value in cells.items():
        if value and len(value) > MAX_FIELD:
            return Fault(code=RowCode.TOO_LARGE, column=name)
        if value and UNDECODABLE.search(value):
            return Fault(code=RowCode.ENCODING, column=name)
    return cells
