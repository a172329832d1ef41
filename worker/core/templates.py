"""Templates: fixed text with named slots, and parts in brackets that go when a slot in them is empty.

``Wanted by {wanted_by}[ at {site}].`` There are no expressions: a slot is a name, and what stands in
it is said as it is, never read as a template again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Say: TypeAlias = Callable[[str], str]
"""What stands in a slot; empty when there is nothing to say."""

_MARK = re.compile(r"[{}\[\]]")
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
ELLIPSIS = "…"


class Piece(NamedTuple):
    """Some text, and the slot that follows it, if one does."""

    text: str
    slot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Pieces that are said together or not at all; ``is_optional`` where they stand in brackets."""

    pieces: tuple[Piece, ...]
    is_optional: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(piece.slot for piece in self.pieces if piece.slot is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One line of text with its slots."""

    parts: tuple[Part, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(slot for part in self.parts for slot in part.slots)

    @property
    def needed(self) -> tuple[str, ...]:
        """The slots without which nothing is said: those outside of brackets."""
        return tuple(slot for part in self.parts if not part.is_optional for slot in part.slots)


def parse_template(text: str) -> Template:
    """Read a template. Raises ``ValueError`` that says what is wrong with it."""
    parts: list[Part] = []
    rest = text
    while rest:
        before, opening, behind = rest.partition("[")
        if before:
            parts.append(Part(pieces=tuple(_pieces(before))))
        if not opening:
            break
        inside, closing, rest = behind.partition("]")
        if not closing:
            raise ValueError("a bracket `[` is not closed.")
        if "[" in inside:
            raise ValueError("a bracket `[` opens before the one before it is closed.")
        part = Part(pieces=tuple(_pieces(inside)), is_optional=True)
        if not part.slots:
            raise ValueError(f"the part [{inside}] has no slot, so it would always be said.")
        parts.append(part)
    return Template(parts=tuple(parts))


def _pieces(text: str) -> Iterator[Piece]:
    begin = 0
    for found in _SLOT.finditer(text):
        yield Piece(_plain(text[begin : found.start()]), found[1])
        begin = found.end()
    if begin < len(text):
        yield Piece(_plain(text[begin:]))


def _plain(text: str) -> str:
    mark = _MARK.search(text)
    if mark is not None:
        raise ValueError(f"a {mark[0]!r} stands alone: a slot is a name in braces, `{{site}}`.")
    return text


def fill(template: Template, say: Say, *, is_said_anyway: bool = False) -> str | None:
    """Fill the slots; None where one that is needed is empty, or where none has anything to say.

    A template that ``is_said_anyway`` keeps its fixed text where all its optional slots are empty.
    """
    said: list[str] = []
    is_filled = is_said_anyway or not template.slots
    for part in template.parts:
        words = _fill_part(part, say)
        if words is None:
            if not part.is_optional:
                return None
            continue
        is_filled = is_filled or bool(part.slots)
        said.append(words)
    return "".join(said).strip() if is_filled else None


def _fill_part(part: Part, say: Say) -> str | None:
    words: list[str] = []
    for text, slot in part.pieces:
        words.append(text)
        if slot is not None:
            value = say(slot)
            if not value:
                return None
            words.append(value)
    return "".join(words)


def cut_at_word(text: str, limit: int) -> str:
    """Cut a text to at most ``limit`` characters, behind a whole word, and show that it was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip(" ,;:.([-") + ELLIPSIS
