"""The option ``only``, which rows are meant, as in ``Status=Attended & Campaign.Type=Webinar``. Pure.

In a list the org is asked for these rows alone. Among changes every row is read and looked at here, so
that one that no longer meets the condition is told to be outside. Both compare as SOQL does: without
regard to case, and ids in either of their forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.salesforce.ids import is_id, long_id
from connectors.salesforce.rows import Row
from connectors.salesforce.soql import among, is_name
from worker.errors import FixConfigurationError

_BOOLEANS = {"true", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A field, and the words one of which it has to hold."""

    field: str
    words: tuple[str, ...]

    def holds(self, row: Row) -> bool:
        """Tell whether a row meets it."""
        cell = row.cells.get(self.field) or ""
        return any(_is_same(cell, word) for word in self.words)

    @property
    def soql(self) -> str:
        if set(self.words) <= _BOOLEANS:
            return f"{self.field} = {self.words[0]}"
        return among(self.field, self.words)


def _is_same(cell: str, word: str) -> bool:
    return cell.casefold() == word.casefold() or (is_id(word) and cell == long_id(word))


def read_conditions(text: str, where: str) -> tuple[Condition, ...]:
    """Read the option.

    Raises:
        FixConfigurationError: it has another form.
    """
    return tuple(_read(part, where) for part in text.split("&") if part.strip())


def _read(part: str, where: str) -> Condition:
    name, _, listed = part.partition("=")
    words = tuple(word.strip() for word in listed.split(";") if word.strip())
    is_torn = len(words) != 1 and not _BOOLEANS.isdisjoint(words)
    if not is_name(name.strip()) or not words or is_torn:
        raise FixConfigurationError(
            f"option 'only' of {where} must be as in Status=Attended;Responded & Campaign.Type=Webinar."
        )
    return Condition(field=name.strip(), words=words)


def all_hold(conditions: Sequence[Condition], row: Row) -> bool:
    """Tell whether a row meets them all."""
    return all(one.holds(row) for one in conditions)
