"""Walks one lead through time: decided when the clock of its follow-up says, and when something happens.

Between two decisions the CRM shows what the worker wrote, as it does once a write has landed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from tests.leads import ACTIVITIES, Row
from worker.core.assignment import Roster
from worker.core.decide import Decision, decide
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import to_activity
from worker.core.memory import Memory
from worker.core.model import Activity
from worker.core.records import Record, RecordRef
from worker.core.ruleset import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """At an instant an activity comes on record, or a person changes fields of the contact."""

    at: datetime
    activity: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Walk:
    """One lead, and what is remembered of it."""

    ruleset: Ruleset
    values: dict[str, str]
    roster: Roster = field(default_factory=Roster)
    memory: Memory = field(default_factory=Memory)
    activities: list[Activity] = field(default_factory=list)

    def happen(self, event: Event) -> None:
        """Let something happen in the CRM."""
        self.values |= event.sets
        if event.activity:
            self.activities.append(self._read(event))

    def _read(self, event: Event) -> Activity:
        values = {"contact_id": "1", **event.activity, "occurred_at": event.at.isoformat()}
        ref = RecordRef(system="files", object_type="activities", id=f"a{len(self.activities)}")
        mapped = self.ruleset.activity_mappers[ACTIVITIES](
            Record(ref=ref, values=values, revision="1")
        )
        assert mapped is not None
        activity = to_activity(mapped, self.ruleset.configuration.activity_kinds)
        assert activity is not None
        return activity

    def snapshot(self) -> LeadSnapshot:
        newest = sorted(self.activities, key=lambda a: (a.at, a.ref), reverse=True)
        return LeadSnapshot(
            profile_id="p1",
            contacts=(Row(values=self.values).map(self.ruleset),),
            activities=tuple(newest),
            memory=self.memory,
        )

    def decide(self, now: datetime) -> Decision:
        """Decide, and let what is to be written land in the CRM."""
        decision = decide(self.ruleset, self.snapshot(), self.roster, now.astimezone(UTC))
        self.memory = decision.memory
        route, stage = decision.route, decision.judgement.move.stage
        if route is not None and route.owner is not None:
            self.values["owner_id"] = route.owners["files"]
        if stage is not None:
            self.values["lifecycle_stage"] = STAGE_WORDS[stage]
        return decision

    def along(self, events: list[Event], start: datetime, until: datetime) -> Iterator[Decision]:
        """Decide at the start, at each event, and whenever the last decision said."""
        now: datetime | None = start
        waiting = sorted(events, key=lambda event: event.at)
        while now is not None and now <= until:
            while waiting and waiting[0].at <= now:
                self.happen(waiting.pop(0))
            decision = self.decide(now)
            yield msgspec.structs.replace(decision)
            coming = [event.at for event in waiting[:1]]
            coming += [decision.wake_at] if decision.wake_at is not None else []
            now = min(coming, default=None)


STAGE_WORDS = {
    "subscriber": "Subscriber",
    "lead": "Lead",
    "nurture": "Nurture",
    "mql": "Marketing Qualified",
    "disqualified": "Disqualified",
}
