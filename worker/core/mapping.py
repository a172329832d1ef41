"""Mapping: one CRM record becomes canonical facts, with what was wrong and what was not visible.

Bad values never stop a record: each becomes a code beside the fact it should have been. Mapped
contacts travel to the ledger and back as JSON, so that validation happens once, at ingest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeAlias

import msgspec

from worker.core.field_map import ObjectMap
from worker.core.json_text import write_json
from worker.core.model import (
    PERMISSIVE_FACTS,
    RESTRICTIVE_FACTS,
    Activity,
    ActivityKind,
    FactKind,
    Facts,
    FactSpec,
    FactValue,
)
from worker.core.records import RawValues, Record, RecordRef
from worker.core.transforms import compile_reader, parse_instant, read_boolean

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Issue(NamedTuple):
    """A reason code about one fact; the value that caused it is not kept."""

    code: str
    fact: str


class Reference(NamedTuple):
    """The id of the same person in a system; ``object_type`` None: of whatever object type."""

    system: str
    object_type: str | None
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedContact:
    """What one CRM record says of a person. ``unseen`` facts are mapped but not visible to us."""

    ref: RecordRef
    facts: Facts
    issues: tuple[Issue, ...] = ()
    unseen: frozenset[str] = frozenset()
    modified_at: datetime | None = None
    references: tuple[Reference, ...] = ()

    def freshness(self) -> tuple[datetime, RecordRef]:
        """Order records of one person, oldest first; the reference breaks ties."""
        changed_at = self.facts.get("changed_at")
        at = self.modified_at or (changed_at if isinstance(changed_at, datetime) else EPOCH)
        return at, self.ref


ContactMapper: TypeAlias = Callable[[Record], MappedContact]


def compile_contact_mapper(object_map: ObjectMap) -> ContactMapper:
    """Build the function that maps the records of one object type.

    An opt-out may be read from several fields: it is said where any of them says so.
    """
    readers = tuple((read.fact, read.source, compile_reader(read)) for read in object_map.reads)
    targets = {read.fact: read.refers_to for read in object_map.reads if read.refers_to}
    missing = frozenset(word.casefold() for word in object_map.missing)

    def map_contact(record: Record) -> MappedContact:
        facts: dict[str, FactValue] = {}
        issues: list[Issue] = []
        unseen: list[str] = []
        values = record.values
        for fact, source, read in readers:
            if source not in values:
                unseen.append(fact)
                continue
            text = (values[source] or "").strip()
            if not text or text.casefold() in missing:
                continue
            value, code = read(text)
            if value is not None and (value is not False or facts.get(fact) is not True):
                facts[fact] = value
            if code is not None:
                issues.append(Issue(code, fact))
                if value is None:
                    _fail_closed(fact, facts, unseen)
        return MappedContact(
            ref=record.ref,
            facts=facts,
            issues=tuple(issues),
            unseen=frozenset(unseen),
            modified_at=record.modified_at,
            references=tuple(
                Reference(*target, str(facts[fact]))
                for fact, target in targets.items()
                if fact in facts
            ),
        )

    return map_contact


def _fail_closed(fact: str, facts: dict[str, FactValue], unseen: list[str]) -> None:
    """An opt-out we cannot read may be one; a consent we cannot read is none."""
    if fact in RESTRICTIVE_FACTS:
        unseen.append(fact)
    elif fact in PERMISSIVE_FACTS:
        facts[fact] = False


class MappedActivity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity with the contact it belongs to. Strength is added from the catalogue later.

    ``source`` is folded, so that a ledger can compare it as the core does.
    """

    ref: RecordRef
    contact: RecordRef
    kind: str
    at: datetime
    service_line: str | None
    owner: str | None
    channel: str | None
    source: str | None
    is_excluded: bool


ActivityMapper: TypeAlias = Callable[[Record], MappedActivity | None]


def compile_activity_mapper(object_map: ObjectMap) -> ActivityMapper:
    """Build the function that maps activity records; it gives None for one that cannot be used."""
    fields = object_map.activity
    assert fields is not None
    kinds = {word.casefold(): kind for word, kind in fields.kinds.items()}
    lines = {word.casefold(): line for word, line in fields.service_lines.items()}

    def text_of(values: RawValues, name: str | None) -> str:
        return (values.get(name) or "").strip() if name else ""

    def map_activity(record: Record) -> MappedActivity | None:
        values = record.values
        contact_id = text_of(values, fields.contact)
        kind = kinds.get(text_of(values, fields.kind).casefold())
        at = parse_instant(text_of(values, fields.at))
        if not contact_id or kind is None or at is None:
            return None
        line = text_of(values, fields.service_line).casefold()
        return MappedActivity(
            ref=record.ref,
            contact=RecordRef(
                system=record.ref.system, object_type=fields.contact_object, id=contact_id
            ),
            kind=kind,
            at=at,
            # A word that no list knows may be anything somebody typed; it is not kept.
            service_line=lines.get(line) if lines else line or None,
            owner=text_of(values, fields.owner) or None,
            channel=text_of(values, fields.channel) or None,
            source=text_of(values, fields.source).casefold() or None,
            is_excluded=read_boolean(text_of(values, fields.excluded)).value is True,
        )

    return map_activity


def to_activity(mapped: MappedActivity, kinds: Mapping[str, ActivityKind]) -> Activity | None:
    """Join a mapped activity with its kind; None when the kind is not enabled."""
    kind = kinds.get(mapped.kind)
    if kind is None or not kind.is_enabled:
        return None
    return Activity(
        ref=str(mapped.ref),
        kind=mapped.kind,
        at=mapped.at,
        strength=kind.strength,
        service_line=mapped.service_line,
        owner=mapped.owner,
        channel=mapped.channel,
        source=mapped.source,
        is_excluded=mapped.is_excluded,
    )


def plain_facts(facts: Facts) -> dict[str, object]:
    """Give facts as they are kept in JSON; dates and instants in ISO 8601."""
    return {
        fact: value.isoformat() if isinstance(value, date) else value
        for fact, value in facts.items()
    }


_PlainValue: TypeAlias = str | bool | int | float | list[str]


class _PlainContact(msgspec.Struct):
    """A mapped contact as the ledger holds it: facts, issues, unseen facts, references."""

    f: dict[str, _PlainValue]
    i: tuple[Issue, ...]
    u: frozenset[str]
    r: tuple[Reference, ...] = ()


_read = msgspec.json.Decoder(_PlainContact).decode


def facts_from_json(data: Mapping[str, _PlainValue], specs: Mapping[str, FactSpec]) -> Facts:
    """Read facts back by the kinds of the model; a fact the model no longer has is left out."""
    facts: dict[str, FactValue] = {}
    for name, value in data.items():
        spec = specs.get(name)
        if spec is None:
            continue
        kind = spec.kind
        is_plain = kind is not _INSTANT and kind is not _DATE and not isinstance(value, list)
        facts[name] = value if is_plain else _typed(value, kind)  # type: ignore[assignment]  # no list
    return facts


_INSTANT, _DATE = FactKind.INSTANT, FactKind.DATE


def _typed(value: _PlainValue, kind: FactKind) -> FactValue:
    if isinstance(value, str):
        if kind is _INSTANT:
            return datetime.fromisoformat(value)
        return date.fromisoformat(value) if kind is _DATE else value
    return tuple(value) if isinstance(value, list) else value


def mapped_to_json(mapped: MappedContact) -> str:
    """Write a mapped contact for the ledger."""
    facts = plain_facts(mapped.facts)
    said: dict[str, object] = {"f": facts, "i": mapped.issues, "u": sorted(mapped.unseen)}
    return write_json(said | {"r": mapped.references} if mapped.references else said)


def mapped_from_json(
    text: str, ref: RecordRef, modified_at: datetime | None, specs: Mapping[str, FactSpec]
) -> MappedContact:
    """Read a mapped contact from the ledger."""
    data = _read(text)
    return MappedContact(
        ref=ref,
        facts=facts_from_json(data.f, specs),
        issues=data.i,
        unseen=data.u,
        modified_at=modified_at,
        references=data.r,
    )
