"""Who changed a field: as the org's field history says, else who changed the row last.

Field history (Object Reference, StandardObjectNameHistory) names the user of each change, of the fields
for which an administrator switched tracking on. ``LastModifiedById`` is of the row: it does not tell how
often the row changed, nor in which field, so it never proves that a field is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from connectors.salesforce.ids import long_id
from connectors.salesforce.keyset import Place
from connectors.salesforce.objects import ObjectReader, Walk
from connectors.salesforce.permissions import own_user
from connectors.salesforce.soql import among
from connectors.salesforce.transport import Transport
from connectors.shared.commands import chunks
from worker.core.records import Edit, Editor, Record
from worker.errors import FixAccessError, FixDataError

HISTORY: Final[Mapping[str, str]] = {
    "Lead": "LeadHistory",
    "Contact": "ContactHistory",
    "Account": "AccountHistory",
}
_OWNER: Final = {"OwnerId": "Owner"}
"""History names a standard reference by its relationship; it has a row with the name, and one with the id."""
_STAMP: Final = "CreatedDate"
_RECORDS: Final = 500
"""So many records are asked about at once: each may have many rows."""
_HISTORY, _ROW = "field history", "last change of the record"


class Change(NamedTuple):
    """A row of history: when, by whom, and what the field was then."""

    at: datetime
    user: str
    text: str | None


@dataclass(slots=True, kw_only=True)
class EditorBook:
    """Asks for editors; remembers who we are, and which objects have no history for us."""

    transport: Transport = field(repr=False)
    me: str | None = None
    is_asked: bool = False
    closed: set[str] = field(default_factory=set)

    def edits(
        self, name: str, records: Sequence[Record], fields: Sequence[str]
    ) -> Iterator[tuple[Record, dict[str, Edit]]]:
        """Say of each record of an object who changed these fields last; nothing where we are nobody.

        Without our own user's id, every edit might be ours: then nothing is told.
        """
        me = self._me()
        if me is None:
            return
        history = self._history(name, records, fields)
        for record in records:
            told = {}
            for one in fields:
                changes = history.get((long_id(record.ref.id), _OWNER.get(one, one)), ())
                edit = _newest(changes, record.values.get(one), me) or _of_row(record, me)
                if edit is not None and one in record.values:
                    told[one] = edit
            yield record, told

    def _me(self) -> str | None:
        if not self.is_asked:
            self.me = own_user(self.transport)
            self.is_asked = True
        return self.me

    def _history(
        self, name: str, records: Sequence[Record], fields: Sequence[str]
    ) -> dict[tuple[str, str], list[Change]]:
        """Read the changes of these fields, oldest first, by record and field as history calls it."""
        table = HISTORY.get(name)
        found: dict[tuple[str, str], list[Change]] = {}
        if table is None or table in self.closed:
            return found
        try:
            for part in chunks([long_id(one.ref.id) for one in records], _RECORDS):
                for key, change in self._rows(name, table, part, fields):
                    found.setdefault(key, []).append(change)
        except (FixDataError, FixAccessError):  # there is no history, or not for us
            self.closed.add(table)
        return found

    def _rows(
        self, name: str, table: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Iterator[tuple[tuple[str, str], Change]]:
        parent = f"{name}Id"
        types = {parent: "reference", "Field": "picklist", "NewValue": "string"}
        types |= {"CreatedById": "reference", _STAMP: "datetime", "Id": "id"}
        named = [_OWNER.get(one, one) for one in fields]
        where = (among(parent, ids), among("Field", named))
        reader = ObjectReader(transport=self.transport, name=table, types=types)
        for page in reader.walk(Walk(stamp=_STAMP, where=where), Place()):
            for row in page.rows:
                at, user = row.at(_STAMP), row.cells.get("CreatedById")
                if at is not None and user:
                    key = (row.cells.get(parent) or "", row.cells.get("Field") or "")
                    yield key, Change(at, user, row.cells.get("NewValue"))


def _newest(changes: Sequence[Change], shown: str | None, me: str) -> Edit | None:
    """Give the change to which a field owes what it shows; of several in one second, that of another.

    One that left another value there is outdated: the field is no longer tracked, or changed again. A
    change of our own user is not certainly ours: the session may be that of a person, who let us in.
    """
    fitting = [one for one in changes if (one.text or "") == (shown or "")]
    at = max((one.at for one in changes), default=None)
    last = [one for one in fitting if one.at == at]
    if not last:
        return None
    user = next((one.user for one in last if one.user != me), me)
    return Edit(by=_kind(user, me), at=at, who=user, via=_HISTORY, is_exact=user != me)


def _of_row(record: Record, me: str) -> Edit | None:
    user = record.modified_by
    if user is None:
        return None
    return Edit(by=_kind(user, me), at=record.modified_at, who=user, via=_ROW, is_exact=False)


def _kind(user: str, me: str) -> Editor:
    return Editor.WORKER if user == me else Editor.PERSON
