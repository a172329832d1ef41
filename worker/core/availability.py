"""Availability: whether a lead that qualified is handed off now, or waits until somebody has time for it.

Pure rules. A hold lets nobody through while the wait is too long; a slowed list lets through so many
a day or week, in the order in which they qualified. Both let go at a shorter wait than the one at
which they began, as long as anybody waits, so that a wait which flickers around a limit moves nobody
to and fro. What is not known never passes for full.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from worker.core.availability_map import Availability
from worker.core.conditions import Condition


class Period(StrEnum):
    """What the number of a slowed list counts: hand-offs of a day, or of a week from Monday on."""

    DAY = "day"
    WEEK = "week"


class WhenUnknown(StrEnum):
    """What becomes of a lead when nothing, or nothing fresh, is known for it."""

    PROCEED = "proceed"
    HOLD = "hold"


class HeldBy(StrEnum):
    """What makes a lead wait."""

    HOLD = "hold"
    SLOW = "slow"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Begins when the wait is longer than ``longer_than``, and ends when it is ``resume`` or shorter."""

    longer_than: timedelta
    resume: timedelta

    def binds(self, wait: timedelta, *, has_begun: bool) -> bool:
        return wait > (self.resume if has_begun else self.longer_than)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """While the wait is beyond ``limit``, at most so many are handed off in each period."""

    limit: Limit
    at_most: int
    per: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityRule:
    """What holds or slows leads of these pathways, service lines and sites; empty sets mean any.

    Leads for which ``never_for`` holds pass it by.
    """

    id: str
    pathways: frozenset[str] = frozenset()
    service_lines: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    hold: Limit | None = None
    slow: Slow | None = None
    never_for: Condition | None = None
    unknown: WhenUnknown = WhenUnknown.PROCEED

    def covers(self, pathway: str, line: str, site: str) -> bool:
        return (
            (not self.pathways or pathway in self.pathways)
            and (not self.service_lines or line in self.service_lines)
            and (not self.sites or site in self.sites)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityPolicy:
    """The rules, of which the first that covers a lead applies; and how soon a row is stale."""

    rules: tuple[AvailabilityRule, ...] = ()
    stale_after: timedelta = timedelta(days=2)


NO_AVAILABILITY = AvailabilityPolicy()


class ListKey(NamedTuple):
    """One waiting list: that of a rule, for a service line at a site."""

    rule: str
    service_line: str
    site: str


class Turn(NamedTuple):
    """A lead's turn in a waiting list: who qualified first, then the higher score, then the id."""

    qualified_at: datetime
    score_below: float
    profile_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A lead in a waiting list. ``qualified_at`` is when it was first found to wait."""

    profile_id: str
    key: ListKey
    held_by: HeldBy
    qualified_at: datetime
    score: float

    @property
    def turn(self) -> Turn:
        return Turn(self.qualified_at, -self.score, self.profile_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """All rows that are fresh at an instant, by service line, the earliest opening first."""

    by_line: Mapping[str, tuple[Availability, ...]] = field(default_factory=dict)
    stale_after: timedelta = NO_AVAILABILITY.stale_after

    def find(self, line: str, site: str | None) -> Availability | None:
        """Find the next opening of a service line at a site; without a site, at whichever has it first."""
        rows = self.by_line.get(line, ())
        return next((row for row in rows if site is None or row.site == site), None)

    def stale_at(self, row: Availability) -> datetime | None:
        return None if row.as_of is None else row.as_of + self.stale_after


def open_at(rows: Iterable[Availability], policy: AvailabilityPolicy, now: datetime) -> Openings:
    """Keep the rows that are not stale at ``now``."""
    by_line: dict[str, list[Availability]] = {}
    for row in sorted(rows, key=lambda r: (r.next_at, r.site, r.ref)):
        if row.as_of is None or now < row.as_of + policy.stale_after:
            by_line.setdefault(row.service_line, []).append(row)
    return Openings(
        by_line={line: tuple(found) for line, found in by_line.items()},
        stale_after=policy.stale_after,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLists:
    """Who waits, and how many were handed off of each slowed list in the present period.

    ``places`` are those of the leads at hand. ``turns`` are those of everybody in a slowed list, in
    order; ``kinds`` is what makes anybody wait in a list.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    released: Mapping[ListKey, int] = field(default_factory=dict)
    turns: Mapping[ListKey, list[Turn]] = field(default_factory=dict)
    kinds: Mapping[ListKey, frozenset[HeldBy]] = field(default_factory=dict)

    @classmethod
    def of(cls, places: Iterable[Place], released: Mapping[ListKey, int]) -> WaitingLists:
        """Put all places in order."""
        found = tuple(places)
        return cls(
            places={place.profile_id: place for place in found},
            released=released,
            turns=order_turns(found),
            kinds=_kinds((place.key, place.held_by) for place in found),
        )

    def ahead_of(self, key: ListKey, turn: Turn) -> int:
        """Count who stands before a turn in a slowed list."""
        return bisect_left(self.turns.get(key, []), turn)

    def with_place(self, place: Place) -> WaitingLists:
        """Add a lead, or move it."""
        lists = self.without(place.profile_id)
        turns = dict(lists.turns)
        if place.held_by is HeldBy.SLOW:
            waiting = list(turns.get(place.key, []))
            insort(waiting, place.turn)
            turns[place.key] = waiting
        kinds = lists.kinds.get(place.key, frozenset()) | {place.held_by}
        return replace(
            lists,
            places={**lists.places, place.profile_id: place},
            turns=turns,
            kinds={**lists.kinds, place.key: kinds},
        )

    def with_release(self, profile_id: str, key: ListKey) -> WaitingLists:
        """Count one hand-off of a slowed list, and take the lead off it."""
        lists = self.without(profile_id)
        return replace(lists, released={**lists.released, key: lists.released.get(key, 0) + 1})

    def without(self, profile_id: str) -> WaitingLists:
        """Take a lead off; that anybody waited is remembered until the lists are read again."""
        place = self.places.get(profile_id)
        if place is None:
            return self
        turns = dict(self.turns)
        turns[place.key] = [turn for turn in turns.get(place.key, []) if turn != place.turn]
        places = {name: other for name, other in self.places.items() if name != profile_id}
        return replace(self, places=places, turns=turns)


EMPTY_LISTS = WaitingLists()


def order_turns(places: Iterable[Place]) -> dict[ListKey, list[Turn]]:
    """Put everybody who stands in a slowed list in order."""
    turns: dict[ListKey, list[Turn]] = {}
    for place in places:
        if place.held_by is HeldBy.SLOW:
            turns.setdefault(place.key, []).append(place.turn)
    for waiting in turns.values():
        waiting.sort()
    return turns


def _kinds(held: Iterable[tuple[ListKey, HeldBy]]) -> dict[ListKey, frozenset[HeldBy]]:
    kinds: dict[ListKey, frozenset[HeldBy]] = {}
    for key, held_by in held:
        kinds[key] = kinds.get(key, frozenset()) | {held_by}
    return kinds


Span: TypeAlias = tuple[datetime, datetime]


def period_of(per: Period, now: datetime, zone: ZoneInfo, ahead: int = 0) -> Span:
    """Give the first instant of a period and of the one after it: that of ``now``, or so many later."""
    today = now.astimezone(zone).date()
    if per is Period.DAY:
        first, length = today, timedelta(days=1)
    else:
        first, length = today - timedelta(days=today.weekday()), timedelta(days=7)
    first += ahead * length
    return _midnight(first, zone), _midnight(first + length, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A lead that qualified and was not handed off yet, as the rule that covers it sees it."""

    profile_id: str
    line: str
    site: str | None
    score: float
    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What availability says of a lead that qualified.

    ``held_by`` None: it may go. ``row`` is the opening that was looked at, None when none is known.
    ``place`` is where it stands in the list, or would. ``is_slowed``: the list lets through so many;
    ``ahead`` is how many stand before it. ``again_at`` is when time alone may change the answer.
    """

    rule: AvailabilityRule
    place: Place
    held_by: HeldBy | None
    row: Availability | None = None
    is_slowed: bool = False
    ahead: int = 0
    again_at: datetime | None = None
    now: datetime

    @property
    def key(self) -> ListKey:
        return self.place.key

    @property
    def resume(self) -> timedelta | None:
        """The wait at which what holds the lead ends; None where that is no matter of the wait."""
        if self.held_by is HeldBy.HOLD and self.rule.hold is not None:
            return self.rule.hold.resume
        if self.held_by is HeldBy.SLOW and self.rule.slow is not None:
            return self.rule.slow.limit.resume
        return None


def admit(
    rule: AvailabilityRule, request: Request, openings: Openings, lists: WaitingLists
) -> Admission:
    """Say whether a lead covered by ``rule`` is handed off now."""
    row = openings.find(request.line, request.site)
    site = row.site if row is not None else request.site or ""
    key = ListKey(rule.id, request.line, site)
    if row is None:
        held = HeldBy.UNKNOWN if rule.unknown is WhenUnknown.HOLD else None
        place = _place(request, key, held, lists)
        return Admission(rule=rule, place=place, held_by=held, now=request.now)
    wait = max(row.next_at - request.now, timedelta())
    kinds = lists.kinds.get(key, frozenset())
    if rule.hold is not None and rule.hold.binds(wait, has_begun=HeldBy.HOLD in kinds):
        return Admission(
            rule=rule,
            place=_place(request, key, HeldBy.HOLD, lists),
            held_by=HeldBy.HOLD,
            row=row,
            again_at=first_of(row.next_at - rule.hold.resume, openings.stale_at(row)),
            now=request.now,
        )
    has_begun = not kinds.isdisjoint({HeldBy.HOLD, HeldBy.SLOW})
    if rule.slow is not None and rule.slow.limit.binds(wait, has_begun=has_begun):
        return _slowed(rule, rule.slow, request, row, openings, lists)
    place = _place(request, key, None, lists)
    return Admission(rule=rule, place=place, held_by=None, row=row, now=request.now)


def _slowed(
    rule: AvailabilityRule,
    slow: Slow,
    request: Request,
    row: Availability,
    openings: Openings,
    lists: WaitingLists,
) -> Admission:
    """Let the first of the list through while its period has room for them."""
    key = ListKey(rule.id, request.line, row.site)
    place = _place(request, key, HeldBy.SLOW, lists)
    ahead = lists.ahead_of(key, place.turn)
    left = max(slow.at_most - lists.released.get(key, 0), 0)
    is_free = ahead < left
    again_at = None
    if not is_free:
        later = (ahead - left) // slow.at_most
        turn_at = period_of(slow.per, request.now, request.zone, later)[1]
        again_at = first_of(row.next_at - slow.limit.resume, openings.stale_at(row), turn_at)
    return Admission(
        rule=rule,
        place=place,
        held_by=None if is_free else HeldBy.SLOW,
        row=row,
        is_slowed=True,
        ahead=ahead,
        again_at=again_at,
        now=request.now,
    )


def _place(request: Request, key: ListKey, held: HeldBy | None, lists: WaitingLists) -> Place:
    """Keep the lead's turn from when it first waited, whatever list it stood in."""
    before = lists.places.get(request.profile_id)
    return Place(
        profile_id=request.profile_id,
        key=key,
        held_by=held or HeldBy.HOLD,
        qualified_at=before.qualified_at if before else request.now,
        score=before.score if before else request.score,
    )


def first_of(*moments: datetime | None) -> datetime | None:
    """Give the earliest of the moments that are known."""
    return min((at for at in moments if at is not None), default=None)
