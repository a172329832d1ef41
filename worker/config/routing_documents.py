"""The shape of routing.yaml."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from worker.config.scalars import (
    Count,
    Day,
    Document,
    Flag,
    Id,
    Name,
    Number,
    Text,
    When,
    Words,
    WorkingTime,
    plain,
)
from worker.core.model import ContactChannel
from worker.core.teams import Strategy

HOURS_EXAMPLE = 'opening and closing time in quotes, such as "09:00-17:30"'


def _as_hours(value: object) -> object:
    try:
        opens, closes = str(value).split("-")
        hours = time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip())
        usable = hours[0] < hours[1] and all(part.tzinfo is None for part in hours)
    except ValueError:
        usable = False
    if not usable:
        raise plain(f"must be {HOURS_EXAMPLE}.")
    return hours


Hours = Annotated[
    tuple[time, time],
    BeforeValidator(_as_hours),
    WithJsonSchema({"type": "string", "description": HOURS_EXAMPLE}),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class HolidaysEntry(Document):
    country: Text
    subdivision: Text | None = None


class CalendarEntry(Document):
    time_zone: Text
    hours: dict[Weekday, Hours]
    holidays: HolidaysEntry | None = None
    closed: list[Day] = Field(default_factory=list)


class AbsenceEntry(Document):
    from_: Day = Field(alias="from")
    to: Day


class MemberEntry(Document):
    id: Id
    owner: dict[str, Text]
    weight: Annotated[Number, Field(gt=0, le=1000)] = 1.0
    max_open: Count | None = None
    max_per_day: Count | None = None
    max_per_week: Count | None = None
    paused: Flag = False
    absences: list[AbsenceEntry] = Field(default_factory=list)
    skills: dict[str, Words] = Field(default_factory=dict)


class TeamEntry(Document):
    calendar: Text
    strategy: Strategy
    members: list[MemberEntry] = Field(default_factory=list)
    overflow: Words = Field(default_factory=list)


class QueueEntry(Document):
    owner: dict[str, Text]
    calendar: Text


class NextStepEntry(Document):
    sentence: Text
    when_allowed: dict[ContactChannel, Text] = Field(default_factory=dict)
    within: WorkingTime
    clock: Text | None = None


class RuleEntry(Document):
    id: Name
    when: When
    to: Text
    next_step: Text


class FallbackEntry(Document):
    to: Text
    next_step: Text


class RoutingDocument(Document):
    """routing.yaml"""

    calendars: dict[Name, CalendarEntry] = Field(min_length=1)
    teams: dict[Name, TeamEntry] = Field(default_factory=dict)
    queues: dict[Name, QueueEntry] = Field(min_length=1)
    next_steps: dict[Name, NextStepEntry] = Field(min_length=1)
    rules: list[RuleEntry] = Field(default_factory=list)
    fallback: FallbackEntry
    unassigned: dict[str, list[Text]] = Field(default_factory=dict)
    keep_outside_owner: Flag = True
