"""The form of a managed value in one CRM: how it is written, and when two texts say the same.

A CRM gives back what it was given in a form of its own: a date with another offset, a choice of many
in the order of its list, a line break of two characters, an id of 18 letters for one of 15. None of
that is a difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from worker.core.case_safe_ids import short_form
from worker.core.field_map import INSTANTS, LISTS, SCORES, FieldWrite, Managed, WriteForm
from worker.core.records import RawValues
from worker.core.templates import cut_at_word
from worker.core.transforms import read_date, read_instant, read_number

SEPARATOR = ";"
"""What stands between the words of a list before it takes the CRM's own form."""


class Written(NamedTuple):
    """A value in the CRM's form, and the words left out because the CRM's list does not have them.

    ``text`` is None when nothing can be written at all, and empty to clear the field.
    """

    text: str | None
    unlisted: tuple[str, ...] = ()


def write_out(write: FieldWrite, text: str, options: frozenset[str] | None = None) -> Written:
    """Put a value into the CRM's own form. ``options`` are the choices that the CRM has."""
    if not text:
        return Written("")
    if write.managed in LISTS:
        return _write_list(write, text.split(SEPARATOR), options)
    if write.managed in INSTANTS:
        return Written(_write_instant(write, text))
    word = write.values.get(text) if write.values else text
    if word is not None and options is not None and word not in options:
        return Written(None, (word,))
    if word is not None and write.max_length is not None:
        word = cut_at_word(word, write.max_length)
    return Written(word)


def _write_list(write: FieldWrite, words: Iterable[str], options: frozenset[str] | None) -> Written:
    """Write the most important words, as many as there is room for, and none of them in part."""
    said = [write.values.get(word) if write.values else word for word in words]
    known = [word for word in said if word]
    unlisted = [w for w in known if options is not None and w not in options]
    kept = [word for word in known if word not in unlisted][: write.max_items]
    text = _join(write, kept)
    while kept and write.max_length is not None and len(text) > write.max_length:
        kept.pop()
        text = _join(write, kept)
    return Written(text, tuple(unlisted))


def _join(write: FieldWrite, words: list[str]) -> str:
    if write.form is WriteForm.JSON:
        return json.dumps(words, ensure_ascii=False, separators=(",", ":")) if words else ""
    return write.separator.join(words)


def _write_instant(write: FieldWrite, text: str) -> str:
    if write.form is not WriteForm.DATE:
        return text
    return datetime.fromisoformat(text).astimezone(write.time_zone).date().isoformat()


def is_same(write: FieldWrite, one: str | None, other: str | None) -> bool:
    """Tell whether two texts of a field say the same, whatever form the CRM gave them."""
    one, other = (one or "").strip(), (other or "").strip()
    if one == other or not (one and other):
        return one == other
    if write.managed in LISTS:
        return _is_same_list(write, one, other)
    if write.managed in INSTANTS:
        reader = read_date if write.form is WriteForm.DATE else read_instant
        return _is_same_value(reader(one).value, reader(other).value)
    if write.managed in SCORES:
        return _is_same_value(read_number(one).value, read_number(other).value)
    if write.managed is Managed.OWNER:
        return short_form(one) == short_form(other)
    return one.splitlines() == other.splitlines()


def differs(write: FieldWrite, values: RawValues, known: RawValues) -> bool:
    """Tell whether a field that both show says another thing in one than in the other."""
    name = write.target
    return name in values and name in known and not is_same(write, values[name], known[name])


def _is_same_value(one: object, other: object) -> bool:
    return one is not None and one == other


def _is_same_list(write: FieldWrite, one: str, other: str) -> bool:
    """Order counts where we write it; a field of many choices has the order of its own list."""
    words, others = split_words(write, one), split_words(write, other)
    if write.form is WriteForm.LIST:
        return set(words) == set(others)
    return words == others


def split_words(write: FieldWrite, text: str) -> list[str]:
    """Take a list apart as the CRM shows it."""
    if write.form is WriteForm.JSON:
        try:
            found = json.loads(text or "[]")
        except ValueError:
            return [text]
        return [str(word) for word in found] if isinstance(found, list) else [text]
    parts = (part.strip() for part in text.split(write.separator.strip() or write.separator))
    return [part for part in parts if part]
