"""Routing: one owner and one next step for every qualified lead, with every alternative explained.

A total function: when no member can take a lead it goes to the overflow, and in the end to a named
queue. Shares follow the weights by smooth weighted round robin, in which an absent member neither
gains nor loses credit, so that pausing and returning never skews the rotation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from worker.core.conditions import Condition
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
    """Somebody on a team. ``owners`` gives the owner id in each CRM; empty skills mean any."""

    id: str
    owners: Mapping[str, str]
    weight: float = 1.0
    max_open: int | None = None
    max_per_day: int | None = None
    is_paused: bool = False
    absences: tuple[Absence, ...] = ()
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
    """What the owner does next, within so much of the team's working time."""

    id: str
    sentence: str
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Leads for which ``condition`` holds go to ``target`` (a team or queue) with ``next_step``."""

    id: str
    condition: Condition
    target: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPolicy:
    """``fallback`` is the queue for leads no rule catches; ``unassigned`` are owner ids that mean nobody."""

    rules: tuple[RoutingRule, ...]
    teams: Mapping[str, Team]
    queues: Mapping[str, Queue]
    next_steps: Mapping[str, NextStep]
    fallback: str
    fallback_next_step: str
    unassigned: frozenset[str] = frozenset()
    keep_outside_owner: bool = True
