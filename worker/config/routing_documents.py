"""The shape of routing.yaml."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from worker.config.follow_up_documents import FollowUpSection
from worker.config.scalars import (
    Count,
    Day,
    Document,
    Duration,
    Flag,
    Id,
    Name,
    Number,
    Share,
    Text,
    When,
    Words,
    WorkingTime,
    plain,
)
from worker.core.model import ContactChannel
from worker.core.teams import AccountOwner, Assign, OffDuty, Strategy
from worker.core.working_time import Interval

HOURS_EXAMPLE = (
    'opening and closing times in quotes, such as "09:00-17:30" or "08:00-12:00, 13:00-17:00"'
)
MOMENT_EXAMPLE = 'a date such as 2026-05-31, or a date and time such as "2026-05-31 13:00"'
_END_OF_DAY = "24:00"
_HALF_DAY = 12 * 60


_ROUGHLY = re.compile(r"(\d{1,2})(?::(\d\d))? ?([ap]m)? ?(?:-|to) ?(\d{1,2})(?::(\d\d))? ?([ap]m)?")
"""Hours as people say them: 9-5, 9am-5pm, 8:30 to 17."""


def _as_hours(value: object) -> object:
    try:
        found = [_interval(part) for part in str(value).split(",")]
    except ValueError as exc:
        raise plain(f"must be {HOURS_EXAMPLE}.", hint=_hours_meant(str(value))) from exc
    for before, after in pairwise(found):
        if before[1] > after[0] or before[1] == time.min:
            raise plain("has times that overlap.", hint="one after the other, each time once")
    return tuple(found)


def _hours_meant(text: str) -> str:
    """Say how hours such as 9-5 are written, where only one thing can be meant."""
    found = _ROUGHLY.fullmatch(text.strip().casefold())
    if found is None:
        return ""
    opens, closes = _clock(*found.groups()[:3]), _clock(*found.groups()[3:])
    if found[6] is None and closes <= opens < _HALF_DAY:
        closes += _HALF_DAY
    is_usable = opens < closes <= 2 * _HALF_DAY
    return f'write "{_written(opens)}-{_written(closes)}"' if is_usable else ""


def _clock(hour: str, minute: str | None, half: str | None) -> int:
    """Count minutes since midnight."""
    hours = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
    return 60 * hours + int(minute or 0)


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _interval(text: str) -> Interval:
    """Read one interval; 24:00 is the midnight that ends the day. Raises ``ValueError``."""
    opens, closes = (part.strip() for part in text.split("-"))
    start = time.fromisoformat(opens)
    end = time.min if closes == _END_OF_DAY else time.fromisoformat(closes)
    is_in_order = closes == _END_OF_DAY or start < end
    if not is_in_order or start.tzinfo is not None or end.tzinfo is not None:
        raise ValueError
    return start, end


def _as_moment(value: object) -> object:
    """Read a date, or a date with a time of day."""
    text = str(value).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise plain(f"must be {MOMENT_EXAMPLE}.") from exc


def _as_skill(value: object) -> object:
    """Let a word or a list of words stand for a skill that covers them."""
    return {"any_of": value} if isinstance(value, (str, list)) else value


Hours = Annotated[
    tuple[Interval, ...],
    BeforeValidator(_as_hours),
    WithJsonSchema({"type": "string", "description": HOURS_EXAMPLE}),
]
Moment = Annotated[
    date | datetime,
    PlainValidator(_as_moment),
    WithJsonSchema({"type": "string", "description": MOMENT_EXAMPLE}),
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
    from_: Moment = Field(alias="from")
    to: Moment


class RampUpEntry(Document):
    from_: Day = Field(alias="from")
    over: Duration
    start_at: Share = 0.25


class SkillEntry(Document):
    any_of: Words = Field(default_factory=list)
    at_least: Number | None = None
    at_most: Number | None = None
    required: Flag = False


Skills = dict[
    str,
    Annotated[
        SkillEntry,
        BeforeValidator(_as_skill, json_schema_input_type=Text | list[Text] | SkillEntry),
    ],
]


class MemberEntry(Document):
    id: Id
    owner: dict[str, Text]
    weight: Annotated[Number, Field(gt=0, le=1000)] = 1.0
    max_open: Count | None = None
    max_per_day: Count | None = None
    max_per_week: Count | None = None
    paused: Flag = False
    absences: list[AbsenceEntry] = Field(default_factory=list)
    skills: Skills = Field(default_factory=dict)
    calendar: Text | None = None
    closed: list[Day] = Field(default_factory=list)
    ramp_up: RampUpEntry | None = None


class TeamEntry(Document):
    calendar: Text
    strategy: Strategy
    members: list[MemberEntry] = Field(default_factory=list)
    overflow: Words = Field(default_factory=list)
    assign: Assign = Assign.ALWAYS
    off_duty: OffDuty = OffDuty.NEXT_OPENING
    skills: Skills = Field(default_factory=dict)
    account_owner: AccountOwner | None = None


class QueueEntry(Document):
    owner: dict[str, Text]
    calendar: Text
    reclaim: Flag = True


class NextStepEntry(Document):
    sentence: Text
    when_allowed: dict[ContactChannel, Text] = Field(default_factory=dict)
    within: WorkingTime
    clock: Text | None = None
    follow_up: Text | None = None


class RuleEntry(Document):
    id: Name
    when: When
    to: Text
    next_step: Text
    account_owner: AccountOwner | None = None


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
    match_owners_by: Literal["email"] | None = None
    without_account: dict[str, Text] = Field(default_factory=dict)
    follow_up: FollowUpSection = Field(default_factory=FollowUpSection)
