"""Checks of who is on the teams: their owners, their limits, their skills, and who is at work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

from worker.config.findings import in_words
from worker.config.route_check import RouteCheck, is_working
from worker.config.yaml_text import KeyPath
from worker.core.assignment import next_on_duty
from worker.core.field_map import Managed
from worker.core.teams import Member, Team
from worker.core.working_time import WorkingCalendar, openings

HORIZON_DAYS = 14
"""A team nobody works on for so many days is warned of."""
_A_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def check_rosters(check: RouteCheck) -> None:
    """Check the members of all teams, and the owners of queues."""
    taken: dict[tuple[str, str], str] = {}
    for team in check.routing.teams.values():
        for number, member in enumerate(team.members):
            path: KeyPath = ("teams", team.id, "members", number)
            _check_owners(check, member.owners, path, f"the member {member.id!r}")
            _check_taken(check, member, path, taken)
            _check_limits(check, member, path)
            _check_hours(check, team, member, path)
        _check_uncovered(check, team)
        _check_presence(check, team)
    for name, queue in check.routing.queues.items():
        _check_owners(check, queue.owners, ("queues", name), f"the queue {name!r}")
        _warn_of_people(check, name, queue.owners, taken)
    _check_same_person(check)


# --- owners


def _check_owners(
    check: RouteCheck,
    owners: Mapping[str, str],
    path: KeyPath,
    what: str,
) -> None:
    """Report who has no id in a CRM; the ids may follow from e-mails, and queues from their names."""
    writers = check.words.mapped.writers if check.words.mapped else {}
    routing = check.routing
    for system, managed in writers.items():
        is_found = routing.matches_by_email or system in routing.stand_ins
        if Managed.OWNER in managed and system not in owners and not is_found:
            message = f"{what} has no owner in {system}, which has owners written."
            hint = f"add `{system}: <owner id>` to its owner, or say under without_account what is written"
            check.findings.error(check.sheet.spot(*path, "owner"), message, hint=hint)
    for system, owner in owners.items():
        if f"{system}:{owner}" in check.routing.unassigned:
            message = f"the owner {owner!r} of {system} is listed under unassigned, so it stands for nobody."
            check.findings.error(check.sheet.spot(*path, "owner", system), message)


def _check_taken(
    check: RouteCheck, member: Member, path: KeyPath, taken: dict[tuple[str, str], str]
) -> None:
    """Report an owner of two members: whose lead it is could not be told from the CRM."""
    for system, owner in member.owners.items():
        other = taken.setdefault((system, owner), member.id)
        if other != member.id:
            spot = check.sheet.spot(*path, "owner", system)
            message = f"the owner {owner!r} of {system} is already the member {other!r}."
            hint = "one person on two teams has the same id on both"
            check.findings.error(spot, message, hint=hint)


def _warn_of_people(
    check: RouteCheck,
    name: str,
    owners: Mapping[str, str],
    taken: Mapping[tuple[str, str], str],
) -> None:
    for system, owner in owners.items():
        member = taken.get((system, owner))
        if member is not None:
            spot = check.sheet.spot("queues", name, "owner", system)
            message = (
                f"the owner {owner!r} of the queue {name!r} is the member {member!r}, so a lead in the "
                "queue looks like one of theirs."
            )
            check.findings.warning(spot, message, hint="give the queue an owner of its own")


def _check_same_person(check: RouteCheck) -> None:
    """Report one member id that stands for different owners on different teams."""
    first: dict[str, Member] = {}
    for team in check.routing.teams.values():
        for number, member in enumerate(team.members):
            other = first.setdefault(member.id, member)
            if other.owners != member.owners:
                spot = check.sheet.spot("teams", team.id, "members", number, "owner")
                message = f"the member {member.id!r} has other owners on another team."
                hint = "one person on two teams has the same owners on both"
                check.findings.error(spot, message, hint=hint)


# --- limits and skills


def _check_limits(check: RouteCheck, member: Member, path: KeyPath) -> None:
    limits = {
        "max_open": member.max_open,
        "max_per_day": member.max_per_day,
        "max_per_week": member.max_per_week,
    }
    for name, most in limits.items():
        if most == 0:
            message = f"the member {member.id!r} is never given a lead: {name} is 0."
            hint = "write `paused: true` for a pause, or leave it out for no limit"
            check.findings.warning(check.sheet.spot(*path, name), message, hint=hint)
    day, week = member.max_per_day, member.max_per_week
    if day is not None and week is not None and 0 < week < day:
        message = (
            f"the limit of {day} a day is never reached: {member.id!r} gets {week} a week at most."
        )
        hint = "leave max_per_day out, or raise max_per_week"
        check.findings.warning(check.sheet.spot(*path, "max_per_day"), message, hint=hint)


def _check_uncovered(check: RouteCheck, team: Team) -> None:
    """Warn of values of a skill that nobody has, here or where the team overflows into people."""
    people = [m for each in _with_overflow(check, team) for m in each.members if is_working(m)]
    active = [member for member in team.members if is_working(member)]
    mapped = check.words.mapped
    for fact in sorted({fact for member in active for fact in member.skills}):
        possible = mapped.values_of(fact) if mapped else None
        covered = _covered(fact, people)
        if possible is None or covered is None or possible <= covered:
            continue
        message = (
            f"nobody on the team {team.id!r}, or on a team of its overflow, takes leads with the "
            f"{fact} {in_words(sorted(possible - covered))}."
        )
        hint = "give a member the skill; until then such leads go to a queue"
        check.findings.warning(check.sheet.spot("teams", team.id), message, hint=hint)


def _covered(fact: str, people: Iterable[Member]) -> frozenset[str] | None:
    """Collect what these people cover; None when somebody covers anything."""
    covered: frozenset[str] = frozenset()
    for member in people:
        if fact not in member.skills:
            return None
        covered |= member.skills[fact].words
    return covered


def _with_overflow(check: RouteCheck, team: Team) -> Iterator[Team]:
    teams, seen, waiting = check.routing.teams, set[str](), [team.id]
    while waiting:
        name = waiting.pop(0)
        if name in teams and name not in seen:
            seen.add(name)
            yield teams[name]
            waiting += teams[name].overflow


# --- who is at work


def _check_hours(check: RouteCheck, team: Team, member: Member, path: KeyPath) -> None:
    """Warn of hours of a member that never meet those of the team."""
    own = member.calendar
    if own is None or _meet(_week_of(own), _week_of(team.calendar)):
        return
    message = f"the member {member.id!r} is never at work while the team {team.id!r} is."
    hint = "look at both calendars and their time zones"
    check.findings.warning(check.sheet.spot(*path, "calendar"), message, hint=hint)


def _week_of(calendar: WorkingCalendar) -> list[tuple[datetime, datetime]]:
    """List the intervals of a usual week, without holidays."""
    usual = openings(replace(calendar, closed=frozenset()), _A_MONDAY)
    return list(takewhile(lambda opening: opening[0] < _A_MONDAY + timedelta(days=9), usual))


def _meet(one: list[tuple[datetime, datetime]], other: list[tuple[datetime, datetime]]) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)


def _check_presence(check: RouteCheck, team: Team) -> None:
    """Warn of a team that is closed, or that everybody is away from, in the days ahead."""
    active = [member for member in team.members if is_working(member)]
    if check.today is None or not active:
        return
    days = [check.today + timedelta(days=offset) for offset in range(HORIZON_DAYS)]
    first_at = datetime.combine(check.today, time.min, team.calendar.time_zone)
    end_at = first_at + timedelta(days=HORIZON_DAYS)
    at = (next_on_duty(member, team, first_at) for member in active)
    is_manned = any(when is not None and when < end_at for when in at)
    spot = check.sheet.spot("teams", team.id)
    if not is_manned and not any(map(team.calendar.is_open_on, days)):
        message = f"the calendar {team.calendar.id!r} is closed for the next {HORIZON_DAYS} days."
        calendar = check.sheet.spot("calendars", team.calendar.id)
        check.findings.warning(calendar, message, hint="look at its closed days and holidays")
    elif not is_manned:
        message = f"everybody on the team {team.id!r} is away for the next {HORIZON_DAYS} days."
        hint = "its overflow takes all leads until then; look at the absences"
        check.findings.warning(spot, message, hint=hint)
