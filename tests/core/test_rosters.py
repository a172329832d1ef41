"""Who can take a lead, when, and what is said when nobody can. NOW is a Monday, 11:00 in New York."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW, Row, make_lead
from worker.core.assignment import Asked, Pick, Roster, Why, pick_member, weight_at
from worker.core.case import make_case
from worker.core.conditions import AllOf
from worker.core.decide import decide
from worker.core.model import ACCOUNT_OWNER, FactValue
from worker.core.next_owner import route_lead
from worker.core.routing import Route, RouteRequest, RoutingPolicy, RoutingRule, compile_routing
from worker.core.ruleset import Ruleset
from worker.core.skills import Skill
from worker.core.teams import (
    Absence,
    AccountOwner,
    Assign,
    Member,
    NextStep,
    OffDuty,
    Queue,
    RampUp,
    Strategy,
    Team,
)
from worker.core.working_time import WorkingCalendar, add_working_time, openings

EAST, WEST = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
WEEKDAYS = {day: ((time(9), time(12)), (time(13), time(17))) for day in range(5)}
OFFICE = WorkingCalendar(id="east", time_zone=EAST, hours=WEEKDAYS)
COAST = WorkingCalendar(id="west", time_zone=WEST, hours=WEEKDAYS)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def member(name: str, **more: object) -> Member:
    return replace(Member(id=name, owners={"crm": f"own-{name}"}), **more)  # type: ignore[arg-type]  # fields by name


ANN, BOB = member("ann"), member("bob", calendar=COAST)
TEAM = Team(
    id="front",
    calendar=OFFICE,
    strategy=Strategy.LEAST_LOADED,
    members=(ANN, BOB),
    overflow=("desk", "spare"),
    assign=Assign.WORKING_HOURS,
)
POLICY = RoutingPolicy(
    rules=(RoutingRule(id="all", condition=AllOf(items=()), target="front", next_step="call"),),
    teams={"front": TEAM},
    queues={
        name: Queue(id=name, owners={"crm": f"own-{name}"}, calendar=OFFICE)
        for name in ("desk", "spare")
    },
    next_steps={"call": NextStep(id="call", sentence="Call.", within=2 * HOUR)},
    fallback="spare",
    fallback_next_step="call",
)
ACTIVE = frozenset({"crm:own-ann", "crm:own-bob", "crm:own-desk", "crm:own-spare"})


def pick(
    team: Team = TEAM, at: datetime = NOW, facts: Mapping[str, FactValue] | None = None
) -> Pick:
    return pick_member(team, make_case(facts or {}, (), at, EAST), Roster(), Asked())


def route(
    policy: RoutingPolicy = POLICY,
    *,
    at: datetime = NOW,
    roster: Roster | None = None,
    **asked: object,
) -> Route:
    request = replace(RouteRequest(present_owners={}), **asked)  # type: ignore[arg-type]  # fields by name
    case = make_case({}, (), at, EAST)
    return route_lead(compile_routing(policy), case, request, roster or Roster(active=ACTIVE))


def with_members(*members: Member, **more: object) -> RoutingPolicy:
    team = replace(TEAM, members=members, **more)  # type: ignore[arg-type]  # fields by name
    return replace(POLICY, teams={"front": team})


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EAST).astimezone(UTC)


def names(found: Pick) -> tuple[str | None, list[tuple[str, Why]]]:
    return found.member.id if found.member else None, [
        (r.candidate, r.code) for r in found.rejected
    ]


# --- hours


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-05-04T11:00", "ann"),  # Bob's day begins at noon in the east
        ("2026-05-04T12:30", "bob"),  # Ann has lunch
        ("2026-05-04T19:00", "bob"),
        ("2026-05-04T22:00", "ann"),  # nobody is there; Ann is first, on Tuesday at nine
        ("2026-05-09T12:00", "ann"),  # a Saturday
    ],
)
def test_who_is_at_work_gets_the_lead_else_who_is_there_first(at: str, who: str) -> None:
    assert names(pick(at=eastern(at)))[0] == who


def test_an_absence_puts_off_when_somebody_is_there_first() -> None:
    away = Absence(begins_at=eastern("2026-05-05T09:00"), ends_at=eastern("2026-05-05T13:30"))
    team = replace(TEAM, members=(replace(ANN, absences=(away,)), BOB))
    assert names(pick(team, eastern("2026-05-04T22:00"))) == ("bob", [("ann", Why.OFF_DUTY)])


def test_a_team_may_overflow_while_it_is_closed() -> None:
    night = eastern("2026-05-04T22:00")
    found = route(with_members(ANN, BOB, off_duty=OffDuty.OVERFLOW), at=night)
    assert (found.owner, found.is_waiting) == ("desk", True)
    assert found.reasons == ("ROUTE_TEAM_OFF_DUTY", "ROUTE_QUEUE", "ROUTE_OVERFLOW")
    assert found.again_at == eastern("2026-05-05T09:00")


@pytest.mark.parametrize(
    ("at", "is_away"),
    [("2026-05-04T12:59", False), ("2026-05-04T13:00", True), ("2026-05-05T00:00", False)],
)
def test_half_a_day_off_is_half_a_day(at: str, is_away: bool) -> None:
    away = Absence(begins_at=eastern("2026-05-04T13:00"), ends_at=eastern("2026-05-05T00:00"))
    team = replace(TEAM, assign=Assign.ALWAYS, members=(replace(ANN, absences=(away,)),))
    assert (pick(team, eastern(at)).member is None) is is_away


@pytest.mark.parametrize(("back_in", "owner"), [(HOUR, "ann"), (3 * HOUR, "bob")])
def test_an_owner_who_is_away_keeps_a_lead_if_back_before_it_is_due(
    back_in: timedelta, owner: str
) -> None:
    away = Absence(begins_at=NOW - HOUR, ends_at=NOW + back_in)
    policy = with_members(replace(ANN, absences=(away,)), BOB, assign=Assign.ALWAYS)
    assert route(policy, kept_owner="ann", due_at=NOW + 2 * HOUR).owner == owner


def test_the_hour_takes_no_lead_away() -> None:
    found = route(at=eastern("2026-05-04T12:30"), kept_owner="ann")
    assert (found.owner, found.is_kept) == ("ann", True)


@pytest.mark.parametrize(
    ("begun", "hours", "due"),
    [
        ("2026-05-04T11:00", 2, "2026-05-04T14:00"),  # across lunch
        ("2026-05-08T16:00", 2, "2026-05-11T10:00"),  # across the weekend
        ("2026-03-06T16:00", 9, "2026-03-10T10:00"),  # across the spring change
        ("2026-10-30T16:00", 9, "2026-11-03T10:00"),  # across the autumn change
    ],
)
def test_due_times_count_open_hours_only(begun: str, hours: int, due: str) -> None:
    assert add_working_time(OFFICE, eastern(begun), hours * HOUR) == eastern(due)


def test_a_lead_is_due_by_the_calendar_of_who_has_it() -> None:
    """Friday 16:00 in New York is 13:00 in Los Angeles, where two hours end the same day."""
    friday = eastern("2026-05-08T16:00")
    assert route(with_members(ANN), at=friday).due_at == eastern("2026-05-11T10:00")
    assert route(with_members(BOB), at=friday).due_at == eastern("2026-05-08T18:00")


def test_a_night_has_an_hour_less_or_more_when_the_clocks_change() -> None:
    always = replace(OFFICE, hours={day: ((time(0), time(0)),) for day in range(7)})
    midnight = eastern("2026-03-08T00:00")
    assert add_working_time(always, midnight, 23 * HOUR) == eastern("2026-03-09T00:00")
    midnight = eastern("2026-11-01T00:00")
    assert add_working_time(always, midnight, 25 * HOUR) == eastern("2026-11-02T00:00")
    late = eastern("2026-11-01T23:59")
    assert next(openings(always, late))[0] == late


# --- skills, ramp-up


@pytest.mark.parametrize(
    ("skill", "value", "covers"),
    [
        (Skill(words=frozenset({"MA", "NH"})), "NH", True),
        (Skill(words=frozenset({"MA", "NH"})), "NY", False),
        (Skill(words=frozenset({"MA"})), None, True),
        (Skill(words=frozenset({"MA"}), is_required=True), None, False),
        (Skill(words=frozenset({"es"})), ("en", "es"), True),
        (Skill(least=50, most=500), 50, True),
        (Skill(least=50, most=500), 501, False),
        (Skill(least=50), 49.5, False),
        (Skill(most=500), None, True),
    ],
)
def test_a_skill_covers_words_and_numbers(
    skill: Skill, value: FactValue | None, covers: bool
) -> None:
    team = replace(TEAM, members=(replace(ANN, skills={"fact": skill}),))
    assert (
        pick(team, facts={} if value is None else {"fact": value}).member == team.members[0]
    ) is (covers)


@pytest.mark.parametrize(
    ("day", "weight"),
    [
        ("2026-11-01", 0.0),
        ("2026-11-02", 0.5),
        ("2026-11-08", 0.5),
        ("2026-11-09", 0.75),
        ("2026-11-23", 1.25),
        ("2026-12-14", 2.0),
        ("2027-11-02", 2.0),
    ],
)
def test_a_newcomer_grows_into_the_weight_week_by_week(day: str, weight: float) -> None:
    ramp_up = RampUp(first=date(2026, 11, 2), start_at=0.25, steps=6, step_days=7)
    eve = member("eve", weight=2.0, ramp_up=ramp_up)
    assert weight_at(eve, TEAM, eastern(f"{day}T12:00")) == pytest.approx(weight)


def test_nobody_gets_leads_before_the_first_day() -> None:
    ramp_up = RampUp(first=date(2026, 5, 6), start_at=0.25, steps=6, step_days=7)
    found = route(with_members(replace(ANN, ramp_up=ramp_up)))
    assert found.reasons[0] == "ROUTE_TEAM_AWAY"
    assert found.again_at == eastern("2026-05-06T00:00")


# --- why a team is passed over, and until when


@pytest.mark.parametrize(
    ("members", "reason", "again_at"),
    [
        ((member("ann", is_paused=True),), "ROUTE_TEAM_AWAY", None),
        ((member("ann", max_per_day=0),), "ROUTE_TEAM_AT_CAPACITY", "2026-05-05T00:00"),
        ((member("ann", max_per_week=0),), "ROUTE_TEAM_AT_CAPACITY", "2026-05-11T00:00"),
        ((member("gone"),), "ROUTE_TEAM_INACTIVE", "2026-05-05T00:00"),
        ((), "ROUTE_TEAM_EMPTY", None),
        (
            (member("ann", skills={"x": Skill(words=frozenset("a"), is_required=True)}),),
            "ROUTE_TEAM_UNSKILLED",
            None,
        ),
        (
            (member("ann", max_open=0), member("bob", is_paused=True)),
            "ROUTE_TEAM_AT_CAPACITY",
            "2026-05-05T00:00",
        ),
    ],
)
def test_the_reason_tells_why_nobody_on_the_team_takes_it(
    members: tuple[Member, ...], reason: str, again_at: str | None
) -> None:
    found = route(with_members(*members))
    assert (found.owner, found.reasons) == ("desk", (reason, "ROUTE_QUEUE", "ROUTE_OVERFLOW"))
    assert found.again_at == (eastern(again_at) if again_at else None)


def test_a_queue_whose_owner_left_is_passed_over() -> None:
    found = route(with_members(), roster=Roster(active=frozenset({"crm:own-spare"})))
    assert (found.owner, found.reasons[1]) == ("spare", "ROUTE_QUEUE_INACTIVE")


def test_a_lead_nobody_active_could_have_is_held_by_name() -> None:
    found = route(with_members(), roster=Roster(active=frozenset()))
    assert (found.owner, found.owners, found.hold) == (None, {}, "HOLD_NO_ACTIVE_OWNER")
    assert found.reasons[0] == "HOLD_NO_ACTIVE_OWNER"
    assert found.again_at == NOW + HOUR


def test_who_owns_a_lead_that_the_crm_does_not_show_is_not_guessed() -> None:
    found = route(unseen_systems=frozenset({"crm"}))
    assert (found.owner, found.hold) == (None, "ROUTE_OWNER_UNSEEN")


# --- leads in a queue


@pytest.mark.parametrize(
    ("is_reclaimed", "is_started", "owner"),
    [(True, False, "ann"), (True, True, "desk"), (False, False, "desk")],
)
def test_a_lead_comes_back_from_a_queue_unless_somebody_began_or_it_is_to_stay(
    is_reclaimed: bool, is_started: bool, owner: str
) -> None:
    desk = replace(POLICY.queues["desk"], is_reclaimed=is_reclaimed)
    policy = replace(POLICY, queues={**POLICY.queues, "desk": desk})
    found = route(policy, kept_owner="desk", is_started=is_started)
    assert (found.owner, found.is_kept) == (owner, owner == "desk")


# --- the owner of the account

WISHING = {wish: with_members(ANN, BOB, account_owner=wish) for wish in AccountOwner}


@pytest.mark.parametrize("wish", AccountOwner)
def test_the_owner_of_the_account_takes_the_lead(wish: AccountOwner) -> None:
    found = route(WISHING[wish], account_owners=("crm:own-bob",))
    assert (found.owner, found.reasons) == ("bob", ("ROUTE_ACCOUNT_OWNER",))
    assert found.balances == {}


def test_an_account_owner_on_no_team_takes_it_too() -> None:
    roster = Roster(active=ACTIVE | {"crm:own-zoe"})
    policy = WISHING[AccountOwner.PREFER]
    found = route(policy, roster=roster, account_owners=("crm:own-zoe",))
    assert (found.outside_owner, found.owners) == ("crm:own-zoe", {"crm": "own-zoe"})
    assert not found.is_kept


@pytest.mark.parametrize(
    ("wish", "owner"), [(AccountOwner.PREFER, "ann"), (AccountOwner.REQUIRE, "desk")]
)
def test_an_account_owner_who_left_is_not_given_it(wish: AccountOwner, owner: str) -> None:
    assert route(WISHING[wish], account_owners=("crm:own-zoe",)).owner == owner


@pytest.mark.parametrize(
    ("wish", "owner"), [(AccountOwner.PREFER, "ann"), (AccountOwner.REQUIRE, "bob")]
)
def test_only_a_required_account_owner_comes_before_whom_the_crm_shows(
    wish: AccountOwner, owner: str
) -> None:
    present = {"crm": "own-ann"}
    found = route(WISHING[wish], present_owners=present, account_owners=("crm:own-bob",))
    assert found.owner == owner


@pytest.mark.parametrize("wish", AccountOwner)
def test_who_has_the_hand_off_keeps_it(wish: AccountOwner) -> None:
    assert route(WISHING[wish], kept_owner="ann", account_owners=("crm:own-bob",)).owner == "ann"


@pytest.mark.parametrize("wish", AccountOwner)
def test_where_the_account_owner_is_not_known_the_team_takes_turns(wish: AccountOwner) -> None:
    assert route(WISHING[wish]).owner == "ann"


BUSINESS = {
    "first_name": "Ivo",
    "last_name": "Brand",
    "email": "ivo.brand@northmills.com",
    "organization": "North Mills",
    "organization_size": "1200",
    "lead_type": "Business",
    "role": "HR director",
    "program": "Wellness",
    "channel": "webinar",
    "consent_email": "yes",
}


def test_the_owner_of_the_account_is_read_from_the_crm(shipped: Ruleset) -> None:
    """It is an id of that CRM, and asked for only where some rule or team wishes for it."""
    routing = shipped.configuration.routing
    rules = tuple(
        replace(rule, account_owner=AccountOwner.PREFER) if rule.id == "organisations" else rule
        for rule in routing.rules
    )
    changed = replace(routing, rules=rules)
    wishing = replace(
        shipped,
        configuration=replace(shipped.configuration, routing=changed),
        routing=compile_routing(changed),
    )
    lead = make_lead(shipped, [Row(values=BUSINESS)], [{"type": "demo_request", "age": "1 day"}])
    (contact,) = lead.contacts
    contact = replace(contact, facts={**contact.facts, ACCOUNT_OWNER: "own-132"})
    lead = replace(lead, contacts=(contact,))
    routes = [decide(ruleset, lead, Roster(), NOW).route for ruleset in (wishing, shipped)]
    assert [found.owner if found else None for found in routes] == ["biz-2", "biz-1"]
