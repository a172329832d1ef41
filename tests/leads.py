"""Builds leads the way the worker meets them: from rows in a CRM's words, mapped by the field map."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.openings import OBJECT
from worker.config.loader import load_configuration
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact, to_activity
from worker.core.memory import Memory
from worker.core.model import Activity
from worker.core.record_checks import check_records
from worker.core.records import Record, RecordRef
from worker.core.ruleset import Ruleset, compile_ruleset

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
"""A Monday, 11:00 in New York."""
CONTACTS = ("files", "contacts")
ACTIVITIES = ("files", "activities")

MAPPINGS = Path(__file__).parent.parent / "mappings"


@cache
def shipped_ruleset() -> Ruleset:
    """The configuration that ships, ready to decide with; loaded once for all tests."""
    return compile_ruleset(load_configuration(MAPPINGS))


@cache
def ruleset_with(overlay: Path) -> Ruleset:
    """The shipped configuration with the files of a folder in place of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "mappings"
        left_out = shutil.ignore_patterns("examples", "schemas", "tests", "*.md")
        shutil.copytree(MAPPINGS, folder, ignore=left_out)
        shutil.copytree(overlay, folder, dirs_exist_ok=True)
        if (overlay / "availability.yaml").exists():
            add_openings(folder)
        return compile_ruleset(load_configuration(folder))


def add_openings(folder: Path) -> None:
    """Map a table of availability, which the shipped configuration has none of."""
    path = folder / "systems" / "files.yaml"
    path.write_text(path.read_text(encoding="utf-8") + OBJECT, encoding="utf-8")


def with_enabled(ruleset: Ruleset, names: Iterable[str]) -> Ruleset:
    """The same rules where kinds of action are enabled that are not."""
    kinds = dict(ruleset.configuration.activity_kinds)
    kinds |= {name: replace(kinds[name], is_enabled=True) for name in names}
    return compile_ruleset(replace(ruleset.configuration, activity_kinds=kinds))


_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


def parse_age(text: str) -> timedelta:
    """Read an age such as ``3 days`` or ``29 days 23 hours``."""
    parts = re.findall(r"(\d+) (minute|hour|day)s?", text)
    assert parts, f"not an age: {text}"
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts))


def contact_ref(number: str = "1") -> RecordRef:
    return RecordRef(system="files", object_type="contacts", id=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the contacts table. Columns that are not given are empty; ``hidden`` not visible."""

    values: Mapping[str, str]
    number: str = "1"
    hidden: frozenset[str] = frozenset()

    def read(self, ruleset: Ruleset) -> Record:
        """The record as a connector gives it."""
        object_map = ruleset.configuration.systems["files"].find_object("contacts")
        assert object_map is not None
        names = object_map.requested_fields()
        assert set(self.values) <= set(names), sorted(set(self.values) - set(names))
        return Record(
            ref=contact_ref(self.number),
            values={n: self.values.get(n) or None for n in names if n not in self.hidden},
            revision="1",
        )

    def map(self, ruleset: Ruleset) -> MappedContact:
        return ruleset.contact_mappers[CONTACTS](self.read(ruleset))


def make_activity(
    ruleset: Ruleset, row: Mapping[str, str], now: datetime, number: int = 0
) -> Activity:
    """Map one row of the activities table; ``age`` says how long before ``now`` it happened."""
    values = {"contact_id": "1", **row}
    at = now - parse_age(values.pop("age")) if "age" in values else now
    if "ahead" in values:
        at = now + parse_age(values.pop("ahead"))
    record = Record(
        ref=RecordRef(system="files", object_type="activities", id=f"a{number}"),
        values={**values, "occurred_at": at.isoformat()},
        revision="1",
    )
    mapped = ruleset.activity_mappers[ACTIVITIES](record)
    assert mapped is not None, f"not an activity: {row}"
    activity = to_activity(mapped, ruleset.configuration.activity_kinds)
    assert activity is not None
    return activity


def newest_first(activities: Iterable[Activity]) -> tuple[Activity, ...]:
    """Put actions in the order in which a snapshot holds them."""
    return tuple(sorted(activities, key=lambda action: (action.at, action.ref), reverse=True))


def make_lead(
    ruleset: Ruleset,
    rows: Sequence[Row],
    activities: Sequence[Mapping[str, str]] = (),
    *,
    now: datetime = NOW,
    memory: Memory | None = None,
    stage_set_by_person_at: datetime | None = None,
) -> LeadSnapshot:
    """Everything known of one lead."""
    contacts = tuple(row.map(ruleset) for row in rows)
    return LeadSnapshot(
        profile_id="p1",
        contacts=contacts,
        issues=check_records(contacts, None),
        activities=newest_first(
            make_activity(ruleset, row, now, place) for place, row in enumerate(activities)
        ),
        memory=memory or Memory(),
        stage_set_by_person_at=stage_set_by_person_at,
    )
