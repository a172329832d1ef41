"""Builds routing: calendars, teams, queues, next steps and the rules between them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import holidays

from worker.config.basics import find_time_zone
from worker.config.conditions import IN_ROUTING, ConditionReader
from worker.config.findings import Findings, in_words, nearest
from worker.config.routing_documents import (
    CalendarEntry,
    HolidaysEntry,
    MemberEntry,
    RoutingDocument,
    TeamEntry,
)
from worker.config.vocabulary import Vocabulary, check_fact, check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.calendar_words import Weekday
from worker.core.model import FactKind
from worker.core.routing import RoutingPolicy, RoutingRule
from worker.core.teams import Absence, Member, NextStep, Queue, Team
from worker.core.working_time import WorkingCalendar

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOLIDAY_YEARS = range(2015, 2051)
"""Wide enough for history and plans, and fixed, so that a configuration means the same every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingReader:
    """Builds the routing policy; what its rules and skills read of the facts is added to ``reads``."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    systems: frozenset[str]
    reads: set[str]

    def build(self, document: RoutingDocument) -> RoutingPolicy | None:
        """Build the policy; None when something in it cannot be built."""
        before = len(self.findings.errors)
        calendars = self._build_calendars(document)
        teams = {
            name: team
            for name, entry in document.teams.items()
            if (team := self._build_team(name, entry, calendars)) is not None
        }
        queues = self._build_queues(document, calendars)
        self._check_targets(document)
        self._check_clocks(document)
        rules = self._build_rules(document)
        if len(self.findings.errors) > before or len(rules) < len(document.rules):
            return None
        return RoutingPolicy(
            rules=tuple(rules),
            teams=teams,
            queues=queues,
            next_steps={
                name: NextStep(
                    id=name,
                    sentence=entry.sentence,
                    within=entry.within,
                    clock=entry.clock,
                    when_allowed=tuple(entry.when_allowed.items()),
                )
                for name, entry in document.next_steps.items()
            },
            fallback=document.fallback.to,
            fallback_next_step=document.fallback.next_step,
            unassigned=frozenset(
                f"{system}:{owner}"
                for system, owners in document.unassigned.items()
                for owner in owners
            ),
            keep_outside_owner=document.keep_outside_owner,
            week_starts=tuple(Weekday).index(self.words.calendar.week_starts),
        )

    # --- calendars

    def _build_calendars(self, document: RoutingDocument) -> dict[str, WorkingCalendar]:
        calendars = {}
        for name, entry in document.calendars.items():
            calendar = self._build_calendar(name, entry)
            if calendar is not None:
                calendars[name] = calendar
        return calendars

    def _build_calendar(self, name: str, entry: CalendarEntry) -> WorkingCalendar | None:
        path: KeyPath = ("calendars", name)
        if not entry.hours:
            message = f"the calendar {name!r} has no hours, so nothing ever falls due in it."
            self.findings.error(self.sheet.spot(*path, "hours"), message)
        zone = find_time_zone(entry.time_zone, self.sheet.spot(*path, "time_zone"), self.findings)
        off = self._holidays(entry.holidays, (*path, "holidays"))
        if zone is None:
            return None
        return WorkingCalendar(
            id=name,
            time_zone=zone,
            hours={_WEEKDAYS.index(day): hours for day, hours in entry.hours.items()},
            closed=frozenset(entry.closed) | off,
        )

    def _holidays(self, entry: HolidaysEntry | None, path: KeyPath) -> frozenset[date]:
        if entry is None:
            return frozenset()
        countries = holidays.list_supported_countries()
        if entry.country not in countries:
            spot = self.sheet.spot(*path, "country")
            hint = nearest(entry.country, countries)
            self.findings.error(spot, f"no holidays are known for {entry.country!r}.", hint=hint)
            return frozenset()
        parts = countries[entry.country]
        if entry.subdivision is not None and entry.subdivision not in parts:
            spot = self.sheet.spot(*path, "subdivision")
            message = f"no holidays are known for {entry.subdivision!r} in {entry.country}."
            hint = nearest(entry.subdivision, parts)
            self.findings.error(spot, message, allowed=in_words(parts), hint=hint)
            return frozenset()
        return _public_holidays(entry.country, entry.subdivision)

    # --- teams and queues

    def _build_team(
        self, name: str, entry: TeamEntry, calendars: Mapping[str, WorkingCalendar]
    ) -> Team | None:
        path: KeyPath = ("teams", name)
        seen: set[str] = set()
        for number, member in enumerate(entry.members):
            self._check_member(member, (*path, "members", number))
            if member.id in seen:
                spot = self.sheet.spot(*path, "members", number)
                self.findings.error(spot, f"the member id {member.id!r} is used twice.")
            seen.add(member.id)
        if entry.calendar not in calendars:
            return None
        return Team(
            id=name,
            calendar=calendars[entry.calendar],
            strategy=entry.strategy,
            members=tuple(map(_build_member, entry.members)),
            overflow=tuple(entry.overflow),
        )

    def _build_queues(
        self, document: RoutingDocument, calendars: Mapping[str, WorkingCalendar]
    ) -> dict[str, Queue]:
        queues = {}
        for name, entry in document.queues.items():
            self._check_owners(entry.owner, ("queues", name, "owner"))
            if name in document.teams:
                spot = self.sheet.spot("queues", name)
                self.findings.error(spot, f"{name!r} is the name of a team already.")
            if entry.calendar in calendars:
                calendar = calendars[entry.calendar]
                queues[name] = Queue(id=name, owners=dict(entry.owner), calendar=calendar)
        return queues

    def _check_owners(self, owners: Mapping[str, str], path: KeyPath) -> None:
        for system in owners:
            spot = self.sheet.spot(*path, system)
            check_name(self.findings, spot, "system", system, self.systems)

    def _check_member(self, member: MemberEntry, path: KeyPath) -> None:
        self._check_owners(member.owner, (*path, "owner"))
        for number, absence in enumerate(member.absences):
            if absence.to < absence.from_:
                spot = self.sheet.spot(*path, "absences", number)
                self.findings.error(spot, "the absence ends before it begins.")
        for fact, values in member.skills.items():
            self.reads.add(fact)
            spot = self.sheet.spot(*path, "skills", fact)
            if not check_fact(self.findings, spot, fact, self.words):
                continue
            possible = self.words.mapped.values_of(fact) if self.words.mapped else None
            for value in values:
                check_name(self.findings, spot, f"{fact}", value, possible)

    # --- targets and rules

    def _check_targets(self, document: RoutingDocument) -> None:
        calendars, systems = frozenset(document.calendars), self.systems
        places = frozenset(document.teams) | frozenset(document.queues)
        for name, team in document.teams.items():
            spot = self.sheet.spot("teams", name, "calendar")
            check_name(self.findings, spot, "calendar", team.calendar, calendars)
            for number, target in enumerate(team.overflow):
                spot = self.sheet.spot("teams", name, "overflow", number)
                check_name(self.findings, spot, "team or queue", target, places)
        for name, queue in document.queues.items():
            spot = self.sheet.spot("queues", name, "calendar")
            check_name(self.findings, spot, "calendar", queue.calendar, calendars)
        for system in document.unassigned:
            spot = self.sheet.spot("unassigned", system)
            check_name(self.findings, spot, "system", system, systems)
        spot = self.sheet.spot("fallback", "to")
        check_name(self.findings, spot, "queue", document.fallback.to, frozenset(document.queues))
        self._check_step(document, document.fallback.next_step, ("fallback", "next_step"))

    def _check_clocks(self, document: RoutingDocument) -> None:
        for name, entry in document.next_steps.items():
            if entry.clock is None:
                continue
            self.reads.add(entry.clock)
            spot, facts = self.sheet.spot("next_steps", name, "clock"), self.words.facts
            known = check_fact(self.findings, spot, entry.clock, self.words)
            if known and facts and facts[entry.clock].kind is not FactKind.INSTANT:
                kind = facts[entry.clock].kind
                message = f"the fact {entry.clock!r} is a {kind} fact; a clock is an instant one."
                self.findings.error(spot, message)

    def _check_step(self, document: RoutingDocument, step: str, path: KeyPath) -> None:
        known = frozenset(document.next_steps)
        check_name(self.findings, self.sheet.spot(*path), "next step", step, known)

    def _build_rules(self, document: RoutingDocument) -> list[RoutingRule]:
        places = frozenset(document.teams) | frozenset(document.queues)
        rules: list[RoutingRule] = []
        seen: set[str] = set()
        for number, entry in enumerate(document.rules):
            path: KeyPath = ("rules", number)
            if entry.id in seen:
                spot = self.sheet.spot(*path, "id")
                self.findings.error(spot, f"the id {entry.id!r} is used by an earlier rule.")
            seen.add(entry.id)
            check_name(
                self.findings, self.sheet.spot(*path, "to"), "team or queue", entry.to, places
            )
            self._check_step(document, entry.next_step, (*path, "next_step"))
            condition = self._reader().read(entry.when, (*path, "when"))
            if condition is not None:
                rules.append(
                    RoutingRule(
                        id=entry.id, condition=condition, target=entry.to, next_step=entry.next_step
                    )
                )
        return rules

    def _reader(self) -> ConditionReader:
        return ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=IN_ROUTING,
            noun="routing rule",
            reads=self.reads,
        )


def _public_holidays(country: str, subdivision: str | None) -> frozenset[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the calendar library warns of codes it will rename
        days = holidays.country_holidays(country, subdiv=subdivision, years=_HOLIDAY_YEARS)
    return frozenset(days)


def _build_member(entry: MemberEntry) -> Member:
    return Member(
        id=entry.id,
        owners=dict(entry.owner),
        weight=entry.weight,
        max_open=entry.max_open,
        max_per_day=entry.max_per_day,
        max_per_week=entry.max_per_week,
        is_paused=entry.paused,
        absences=tuple(Absence(first=item.from_, last=item.to) for item in entry.absences),
        skills={fact: frozenset(values) for fact, values in entry.skills.items()},
    )
