"""What always holds of waiting lists, whatever the waits and whoever comes when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from worker.core.availability import (
    Admission,
    AvailabilityPolicy,
    AvailabilityRule,
    HeldBy,
    Limit,
    ListKey,
    Openings,
    Period,
    Place,
    Request,
    Slow,
    WaitingLists,
    admit,
    open_at,
    period_of,
)
from worker.core.availability_map import Availability
from worker.core.records import RecordRef

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
REF = RecordRef(system="files", object_type="openings", id="o1")
RULE = AvailabilityRule(
    id="full",
    hold=Limit(longer_than=21 * DAY, resume=14 * DAY),
    slow=Slow(limit=Limit(longer_than=10 * DAY, resume=7 * DAY), at_most=2, per=Period.DAY),
)
KEY = ListKey("full", "cardiology", "boston")

waits = st.integers(0, 60 * 24).map(lambda hours: timedelta(hours=hours))
numbers = st.integers(0, 5)


def openings(wait: timedelta, now: datetime = NOW) -> Openings:
    row = Availability(
        ref=REF, site="boston", service_line="cardiology", next_at=now + wait, as_of=now
    )
    return open_at([row], AvailabilityPolicy(rules=(RULE,)), now)


def request(name: str, score: float = 1.0, now: datetime = NOW) -> Request:
    return Request(
        profile_id=name, line="cardiology", site="boston", score=score, now=now, zone=ZONE
    )


def place(name: str, held_by: HeldBy, age: int = 0, score: float = 1.0) -> Place:
    return Place(
        profile_id=name,
        key=KEY,
        held_by=held_by,
        qualified_at=NOW - timedelta(hours=age),
        score=score,
    )


places = st.builds(
    place,
    st.sampled_from("abcdefgh"),
    st.sampled_from([HeldBy.HOLD, HeldBy.SLOW]),
    st.integers(0, 99),
    st.sampled_from([1.0, 2.0]),
)
lists = st.builds(
    lambda found, count: WaitingLists.of({p.profile_id: p for p in found}.values(), {KEY: count}),
    st.lists(places, max_size=8),
    st.integers(0, 4),
)


@given(lists, waits, waits, st.sampled_from("abcdefghz"))
def test_a_longer_wait_never_lets_go_who_waits_at_a_shorter_one(
    found: WaitingLists, one: timedelta, other: timedelta, name: str
) -> None:
    shorter, longer = sorted((one, other))
    at_first = admit(RULE, request(name), openings(shorter), found)
    later = admit(RULE, request(name), openings(longer), found)
    assert later.held_by is not None or at_first.held_by is None


@given(lists, waits, st.sampled_from("abcdefghz"))
def test_nobody_is_let_through_past_one_whose_turn_is_before(
    found: WaitingLists, wait: timedelta, name: str
) -> None:
    seen = openings(wait)
    mine = admit(RULE, request(name), seen, found)
    if not mine.is_slowed or mine.held_by is not None:
        return
    for other in found.places.values():
        if other.held_by is HeldBy.SLOW and other.turn < mine.place.turn:
            assert admit(RULE, request(other.profile_id), seen, found).held_by is None


@given(lists, waits, st.permutations("abcdefgh"))
def test_the_order_of_deciding_changes_nothing(
    found: WaitingLists, wait: timedelta, order: list[str]
) -> None:
    def released(names: list[str]) -> set[str]:
        moved, gone = entered(found, [name for name in names if name in found.places], wait), set()
        for name in names:
            if name in found.places:
                moved, admission = decided(moved, name, wait)
                gone |= set() if admission.held_by else {name}
        return gone

    assert released(order) == released(sorted(order))


def entered(
    found: WaitingLists, names: list[str], wait: timedelta, now: datetime = NOW
) -> WaitingLists:
    """The first walk: whoever is of a slowed list is entered, and nobody let through."""
    for name in names:
        admission = admit(RULE, request(name, now=now), openings(wait, now), found)
        if admission.is_slowed:
            found = found.with_place(admission.place)
    return found


def decided(
    found: WaitingLists, name: str, wait: timedelta, now: datetime = NOW, score: float = 1.0
) -> tuple[WaitingLists, Admission]:
    """One lead of a slowed list as the decide step moves it."""
    admission = admit(RULE, request(name, score, now), openings(wait, now), found)
    if admission.held_by is not None:
        return found.with_place(admission.place), admission
    if admission.is_slowed:
        return found.with_release(name, admission.key), admission
    return found.without(name), admission


@given(lists, waits, st.sampled_from("abcdefgh"))
def test_time_lets_go_at_the_moment_that_is_named_and_not_before(
    found: WaitingLists, wait: timedelta, name: str
) -> None:
    admission = admit(RULE, request(name), openings(wait), found)
    if admission.held_by is not HeldBy.HOLD:
        return
    assert admission.again_at is not None
    assert admission.row is not None
    just_before = min(admission.again_at, NOW + 2 * DAY) - timedelta(seconds=1)
    own = found.with_place(admission.place)
    rows = AvailabilityPolicy(rules=(RULE,))
    seen = open_at([admission.row], rows, just_before)
    assert admit(RULE, request(name, now=just_before), seen, own).held_by is HeldBy.HOLD


@dataclass
class Clinic:
    """A clinic over many days: who waits, who was let through, and in what order."""

    lists: WaitingLists = field(default_factory=WaitingLists)
    since: dict[str, int] = field(default_factory=dict)
    released: list[tuple[int, str]] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)


@given(st.lists(st.tuples(waits, numbers), min_size=1, max_size=30))
def test_nobody_is_lost_no_budget_exceeded_and_nobody_flaps(
    days: list[tuple[timedelta, int]],
) -> None:
    clinic = Clinic()
    for day, (wait, arrivals) in enumerate(days):
        live(clinic, day, wait, arrivals)
    gone = [name for _, name in clinic.released]
    waiting = set(clinic.lists.places)
    assert len(gone) == len(set(gone))
    assert set(gone) | waiting == set(clinic.since)
    assert not set(gone) & waiting


def live(clinic: Clinic, day: int, wait: timedelta, arrivals: int) -> None:
    """One day: newcomers enter, everybody is decided, as many go as may."""
    now = NOW + day * DAY
    known = clinic.lists.places.values()
    found = WaitingLists.of(known, {})
    names = [f"{day:02}-{number}" for number in range(arrivals)]
    clinic.since |= dict.fromkeys(names, day)
    todays = sorted([*found.places, *names], reverse=True)
    found = entered(found, todays, wait, now)
    let_go, slowed = [], 0
    for name in todays:
        found, admission = decided(found, name, wait, now)
        if admission.held_by is None:
            let_go.append(name)
            slowed += admission.is_slowed
    assert slowed <= 2
    if let_go and found.places:
        latest = max(clinic.since[name] for name in let_go)
        assert latest <= min(clinic.since[name] for name in found.places)
    clinic.lists = found
    clinic.released += [(day, name) for name in let_go]


def test_a_day_and_a_week_begin_where_the_organisation_is() -> None:
    wednesday = datetime(2026, 11, 4, 3, tzinfo=UTC)  # Tuesday evening in New York
    tuesday = datetime(2026, 11, 3, 5, tzinfo=UTC)
    assert period_of(Period.DAY, wednesday, ZONE) == (tuesday, tuesday + DAY)
    monday = datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert period_of(Period.WEEK, wednesday, ZONE) == (monday, monday + 7 * DAY)
    spring = datetime(2026, 3, 8, 15, tzinfo=UTC)  # the clocks go forward: a day of 23 hours
    assert period_of(Period.DAY, spring, ZONE) == (
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 3, 9, 4, tzinfo=UTC),
    )
