"""Teams, their members, queues and next steps, as the organisation wrote them. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from worker.core.model import ContactChannel
from worker.core.working_time import WorkingCalendar


class Strategy(StrEnum):
    WEIGHTED_ROUND_ROBIN = "weighted_round_robin"
    LEAST_LOADED = "least_loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Away from the first to the last day, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on a team. ``owners`` gives the owner id in each CRM; empty skills mean any.

    ``calendar`` is the member's own, None: the team's. Days and weeks, of which so much may be had,
    are those of its time zone.
    """

    id: str
    owners: Mapping[str, str]
    weight: float = 1.0
    max_open: int | None = None
    max_per_day: int | None = None
    max_per_week: int | None = None
    is_paused: bool = False
    absences: tuple[Absence, ...] = ()
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)
    calendar: WorkingCalendar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """``overflow`` names teams and queues to try, in order, when nobody here can take a lead."""

    id: str
    calendar: WorkingCalendar
    strategy: Strategy
    members: tuple[Member, ...]
    overflow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A named queue: always open, and the end of every overflow."""

    id: str
    owners: Mapping[str, str]
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What the owner does next, within so much of the team's working time.

    ``clock`` names a fact, the instant from which that time runs; None, or a fact that is missing or
    still to come, and it runs from the hand-off. ``when_allowed`` says it in other words for channels
    that may be used.
    """

    id: str
    sentence: str
    within: timedelta
    clock: str | None = None
    when_allowed: tuple[tuple[ContactChannel, str], ...] = ()
