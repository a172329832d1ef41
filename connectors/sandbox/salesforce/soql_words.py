"""Cuts a SOQL query into words, and says where one is that it cannot take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from connectors.sandbox.salesforce.errors import RefusedError, refusal

LONGEST_QUERY: Final = 100_000
LONGEST_TEXT: Final = 4_000
_WORD: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT:]))
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w]))
  | (?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*(?::\d+)?)
  | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPED: Final = "\x00"
_ESCAPES: Final = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "%": ESCAPED + "%",
    "_": ESCAPED + "_",
}
"""An escaped wildcard keeps a mark, which only LIKE reads: a backslash may stand for itself before one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a query: its kind, its text, and where it stands."""

    kind: str
    text: str
    at: int

    @property
    def low(self) -> str:
        """Give its text in lower case, to compare keywords."""
        return self.text.lower()


def malformed(query: str, at: int, message: str) -> RefusedError:
    """Make the refusal of a query that cannot be read."""
    return refusal("MALFORMED_QUERY", pointed(query, at, message))


def pointed(query: str, at: int, message: str) -> str:
    """Point at a place of the query, as messages do."""
    start = max(0, at - 40)
    shown = query[start : at + 20].replace("\n", " ")
    row, column = query.count("\n", 0, at) + 1, at - (query.rfind("\n", 0, at) + 1) + 1
    return f"\n{shown}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def words_of(query: str) -> Iterator[Word]:
    """Cut a query into words."""
    at = 0
    while at < len(query):
        found = _WORD.match(query, at)
        if found is None or found.lastgroup is None:
            raise malformed(query, at, f"unexpected token: '{query[at]}'")
        if found.lastgroup != "space":
            yield _word(query, found.lastgroup, found.group(), at)
        at = found.end()


def _word(query: str, kind: str, text: str, at: int) -> Word:
    if kind == "text":
        return Word(kind=kind, text=_unescaped(query, text[1:-1], at), at=at)
    if kind == "name":
        return Word(kind=kind, text="".join(text.split()), at=at)
    return Word(kind=kind, text=text, at=at)


def _unescaped(query: str, text: str, at: int) -> str:
    if len(text) > LONGEST_TEXT:
        raise malformed(query, at, f"a string literal is longer than {LONGEST_TEXT} characters")

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", lambda m: _meant(query, at, m), text, flags=re.DOTALL)


def _meant(query: str, at: int, found: re.Match[str]) -> str:
    sign = found[1]
    if len(sign) == 5:
        return chr(int(sign[1:], 16))
    meant = _ESCAPES.get(sign if sign in "%_" else sign.lower())
    if meant is None:
        raise malformed(query, at, f"Invalid string literal: illegal escape '\\{sign}'")
    return meant
