"""Turns the rows of one object into records: live oness, and leads that became contacts.

A row that belongs to nobody of those an object type is about, or meets no condition, is no record of it. In
a list it is not asked for; among changes it is told to be outside, as it may have been one until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.salesforce.changes import Chunk, Course, Target, pull_rows
from connectors.salesforce.conditions import Condition, all_hold
from connectors.salesforce.ids import long_id
from connectors.salesforce.keyset import STAMP
from connectors.salesforce.objects import ObjectReader
from connectors.salesforce.rows import Row, record_of
from connectors.salesforce.schema import Shape, ShapeBook
from connectors.salesforce.specs import KEYS, Spec
from connectors.salesforce.transport import Transport
from connectors.shared.pulling import tombstone
from worker.core.records import Page, Record, RecordRef
from worker.errors import FixDataError

DELETED: Final = "IsDeleted"
MASTER: Final = "MasterRecordId"
BECAME: Final = "ConvertedContactId"
ACCOUNT: Final = "ConvertedAccountId"
IS_PERSON: Final = "ConvertedAccount.IsPersonAccount"
CHANGED_BY: Final = "LastModifiedById"
_STAMPS: Final = (STAMP, "LastModifiedDate")
_CONTROL: Final = ("Id", STAMP, DELETED, MASTER, BECAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """One object. ``name`` is Salesforce's, ``object_type`` the configuration's.

    ``who`` leaves only what belongs to leads, or to contacts, ``only`` what meets
    conditions. ``contacts`` is the object type under which
    contacts are read, so that a converted lead can be followed there, ``persons`` that of person accounts.
    ``is_person_apart``: contacts that are person accounts are read as accounts, and left out here.
    """

    transport: Transport = field(repr=False)
    book: ShapeBook = field(repr=False)
    system: str
    object_type: str
    name: str
    spec: Spec
    who: str | None = None
    only: tuple[Condition, ...] = ()
    contacts: str | None = None
    persons: str | None = None
    is_person_apart: bool = False

    @property
    def stamp(self) -> str:
        """Name the instant of change by which rows can be asked for, as the org has it now."""
        fields = self.shape().fields
        usable = [one for one in _STAMPS if one in fields and fields[one].can_be_walked]
        if not usable:
            raise FixDataError(
                f"{self.name} has no time of change that a query may use: {self.object_type} of "
                f"{self.system} cannot be read."
            )
        return usable[0]

    def shape(self, *, is_fresh: bool = False) -> Shape:
        """Give the description. Raises ``FixDataError`` if there is none, with the reason if it is known."""
        try:
            return self.book.load(self.name) if is_fresh else self.book.of(self.name)
        except FixDataError as error:
            if not self.spec.lacking:
                raise
            raise self._lacking(f"the org has no {self.name}") from error

    def _lacking(self, what: str) -> FixDataError:
        return FixDataError(f"{self.object_type} of {self.system}: {what}: {self.spec.lacking}.")

    def prepare(self) -> None:
        """Look at the description anew. Raises ``FixDataError`` for what cannot be read as it is."""
        self.shape(is_fresh=True)
        self._reader(())

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]:
        """Yield pages; begun anew, once, where the fields turn out to be others than we knew."""
        target = self._target(fields)
        try:
            yield from self._pages(target, fields, course, since)
        except FixDataError:
            self.shape(is_fresh=True)
            fresh = self._target(fields)
            if fresh.reader.types == target.reader.types:
                raise
            yield from self._pages(fresh, fields, course, since)

    def fetch(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Record]:
        """Read records as they are now; deleted, merged, converted and outside ones are left out."""
        by_id = {long_id(ref.id): ref for ref in refs}
        reader = self._reader(fields)
        try:
            rows = reader.read(list(by_id))
        except FixDataError:
            self.shape(is_fresh=True)
            fresh = self._reader(fields)
            if fresh.types == reader.types:
                raise
            rows = fresh.read(list(by_id))
        found = [self._record(row, fields, by_id[i]) for i, row in rows.items() if i in by_id]
        return {one.ref: one for one in found if one is not None and not one.is_deleted}

    def _pages(
        self, target: Target, fields: Sequence[str], course: Course, since: str | None
    ) -> Iterator[Page]:
        is_torn = False
        for chunk in pull_rows(target, course, since):
            is_torn = is_torn or bool(chunk.issues)
            records, outside = self._records(chunk, fields)
            yield Page(
                records=records,
                outside=outside,
                bookmark=None if chunk.bookmark is None else str(chunk.bookmark),
                issues=chunk.issues,
                is_whole=chunk.is_whole,
                is_complete=chunk.is_whole and not is_torn,
                total=chunk.total,
            )

    def _records(
        self, chunk: Chunk, fields: Sequence[str]
    ) -> tuple[tuple[Record, ...], tuple[RecordRef, ...]]:
        """Part the rows into records, with those that are gone, and what is outside of this object type."""
        rows = {
            RecordRef(system=self.system, object_type=self.object_type, id=row.id): row
            for row in chunk.rows
            if row.id
        }
        found = {ref: self._record(row, fields, ref) for ref, row in rows.items()}
        records = tuple(record for record in found.values() if record is not None)
        return records, tuple(ref for ref, record in found.items() if record is None)

    def _record(self, row: Row, fields: Sequence[str], ref: RecordRef) -> Record | None:
        """Make the record of a row; None for one that is outside, unless it tells where it went."""
        if row.is_deleted:
            return tombstone(ref, merged_into=row.cells.get(MASTER))
        became = self._became(row)
        if became is not None:
            return tombstone(ref, merged_into=str(became))
        if not self._is_ours(row):
            return None
        values = {name: row.cells[name] for name in fields if name in row.cells}
        at = row.at(STAMP) or row.at(self.stamp)
        return record_of(ref, values, at, row.cells.get(CHANGED_BY))

    def _became(self, row: Row) -> RecordRef | None:
        """Name the contact, or the person account, that a converted lead goes on as, where it is read."""
        cells = row.cells
        is_person = self.persons is not None and cells.get(IS_PERSON) == "true"
        object_type = self.persons if is_person else self.contacts
        id_ = cells.get(ACCOUNT if is_person else BECAME)
        if object_type is None or not id_:
            return None
        return RecordRef(system=self.system, object_type=object_type, id=id_)

    def _is_ours(self, row: Row) -> bool:
        if self.is_person_apart and row.cells.get("IsPersonAccount") == "true":
            return False
        if not all_hold(self.only, row):
            return False
        if self.who is None:
            return True
        person = next((one for name in self.spec.people if (one := row.cells.get(name))), "")
        return person.startswith(KEYS[self.who])

    def _target(self, fields: Sequence[str]) -> Target:
        shape = self.shape()
        reader = self._reader(fields)
        condition = self.spec.condition
        return Target(
            reader=reader,
            stamp=self.stamp,
            related=tuple(self._related(shape, fields)),
            where=(condition,) if condition else (),
            listed=self._listed(shape),
            has_archive=self.spec.has_archive,
            is_marked=DELETED in shape.fields,
            leaves_no_trace=self.spec.leaves_no_trace,
        )

    def _listed(self, shape: Shape) -> tuple[str, ...]:
        conditions = [self.spec.who[self.who]] if self.spec.who and self.who else []
        if self.is_person_apart and "IsPersonAccount" in shape.fields:
            conditions.append("IsPersonAccount = false")
        return (*conditions, *(one.soql for one in self.only))

    def _related(self, shape: Shape, fields: Sequence[str]) -> Iterator[str]:
        """Name the stamps of related records whose fields are read, so that their change is seen."""
        relations = dict.fromkeys(name.partition(".")[0] for name in fields if "." in name)
        for relation in relations:
            target = self.book.target(shape, relation)
            if target is not None and STAMP in target.fields and target.name != "User":
                yield f"{relation}.{STAMP}"

    def _reader(self, fields: Sequence[str]) -> ObjectReader:
        shape = self.shape()
        if self.spec.needs is not None and self.spec.needs not in shape.fields:
            raise self._lacking(f"{self.name} has no {self.spec.needs}")
        more = ["IsPersonAccount"] if self.is_person_apart else []
        more += [ACCOUNT, IS_PERSON] if self.persons is not None else []
        more += [CHANGED_BY] if self.spec.can_write else []
        more += [one.field for one in self.only]
        asked = dict.fromkeys((*_CONTROL, self.stamp, *self.spec.people, *more, *fields))
        types = self.book.types(self.name, asked)
        for one in self.only:
            if one.field not in types:
                raise FixDataError(
                    f"{self.object_type} of {self.system}: the option 'only' names {one.field!r}, "
                    "which the org does not have or does not show us."
                )
        return ObjectReader(transport=self.transport, name=self.name, types={"Id": "id", **types})
