"""Builds teams with their members: who is on them, when, how much they take, and what they cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from worker.config.findings import Findings
from worker.config.routing_documents import (
    AbsenceEntry,
    MemberEntry,
    RampUpEntry,
    SkillEntry,
    TeamEntry,
)
from worker.config.vocabulary import Vocabulary, check_fact, check_name, check_state
from worker.config.working_calendars import build_absence, with_closed
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.model import FactKind
from worker.core.skills import Skill
from worker.core.teams import Absence, Member, RampUp, Team
from worker.core.working_time import WorkingCalendar

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_WORDS = frozenset(
    {
        FactKind.TEXT,
        FactKind.CHOICE,
        FactKind.CHOICES,
        FactKind.POSTAL_CODE,
        FactKind.STATE,
        FactKind.ID,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReader:
    """Builds the teams of one sheet; what skills read of the facts is added to ``reads``."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    systems: frozenset[str]
    calendars: Mapping[str, WorkingCalendar]
    week_starts: int
    reads: set[str]

    def build(self, name: str, entry: TeamEntry) -> Team | None:
        """Build one team; None when its calendar cannot be."""
        path: KeyPath = ("teams", name)
        skills = self._skills(entry.skills, (*path, "skills"))
        seen: set[str] = set()
        for number, member in enumerate(entry.members):
            if member.id in seen:
                spot = self.sheet.spot(*path, "members", number)
                self.findings.error(spot, f"the member id {member.id!r} is used twice.")
            seen.add(member.id)
        members = [
            self._member(member, skills, entry.calendar, (*path, "members", number))
            for number, member in enumerate(entry.members)
        ]
        if entry.calendar not in self.calendars:
            return None
        return Team(
            id=name,
            calendar=self.calendars[entry.calendar],
            strategy=entry.strategy,
            members=tuple(members),
            overflow=tuple(entry.overflow),
            assign=entry.assign,
            off_duty=entry.off_duty,
            account_owner=entry.account_owner,
            week_starts=self.week_starts,
        )

    def check_owners(self, owners: Mapping[str, str], path: KeyPath) -> None:
        """Report owners in systems that do not exist."""
        for system in owners:
            spot = self.sheet.spot(*path, system)
            check_name(self.findings, spot, "system", system, self.systems)

    def _member(
        self, entry: MemberEntry, of_team: Mapping[str, Skill], team: str, path: KeyPath
    ) -> Member:
        self.check_owners(entry.owner, (*path, "owner"))
        calendar = self._calendar(entry, team, path)
        return Member(
            id=entry.id,
            owners=dict(entry.owner),
            weight=entry.weight,
            max_open=entry.max_open,
            max_per_day=entry.max_per_day,
            max_per_week=entry.max_per_week,
            is_paused=entry.paused,
            absences=self._absences(entry, calendar or self.calendars.get(team), path),
            skills={**of_team, **self._skills(entry.skills, (*path, "skills"))},
            calendar=calendar,
            ramp_up=self._ramp_up(entry.ramp_up, (*path, "ramp_up")),
        )

    def _calendar(self, entry: MemberEntry, team: str, path: KeyPath) -> WorkingCalendar | None:
        """Find a member's own calendar; None when it is just that of the team."""
        own = entry.calendar
        if own is not None:
            spot = self.sheet.spot(*path, "calendar")
            check_name(self.findings, spot, "calendar", own, frozenset(self.calendars))
        found = self.calendars.get(own or team)
        if found is None or (own is None and not entry.closed):
            return None
        return with_closed(found, entry.closed)

    def _absences(
        self, entry: MemberEntry, calendar: WorkingCalendar | None, path: KeyPath
    ) -> tuple[Absence, ...]:
        if calendar is None:
            return ()
        found: list[Absence] = []
        for number, item in enumerate(entry.absences):
            absence = self._absence(item, calendar, (*path, "absences", number))
            if absence is not None:
                found.append(absence)
        return tuple(sorted(found, key=lambda one: (one.begins_at, one.ends_at)))

    def _absence(
        self, entry: AbsenceEntry, calendar: WorkingCalendar, path: KeyPath
    ) -> Absence | None:
        absence = build_absence(entry, calendar)
        if absence.begins_at < absence.ends_at:
            return absence
        self.findings.error(self.sheet.spot(*path), "the absence ends before it begins.")
        return None

    def _ramp_up(self, entry: RampUpEntry | None, path: KeyPath) -> RampUp | None:
        """Read a ramp-up: over whole weeks it grows week by week, else day by day."""
        if entry is None:
            return None
        if entry.over < _DAY or entry.over % _DAY:
            spot = self.sheet.spot(*path, "over")
            allowed = "1 day or more, such as `10 days` or `6 weeks`"
            self.findings.error(spot, "a ramp-up lasts whole days.", allowed=allowed)
            return None
        step = _DAY if entry.over % _WEEK else _WEEK
        return RampUp(
            first=entry.from_,
            start_at=entry.start_at,
            steps=entry.over // step,
            step_days=step // _DAY,
        )

    # --- skills

    def _skills(self, entries: Mapping[str, SkillEntry], path: KeyPath) -> dict[str, Skill]:
        found: dict[str, Skill] = {}
        for fact, entry in entries.items():
            self.reads.add(fact)
            spot = self.sheet.spot(*path, fact)
            if check_fact(self.findings, spot, fact, self.words):
                self._check_skill(fact, entry, (*path, fact))
            found[fact] = Skill(
                words=frozenset(entry.any_of),
                least=entry.at_least,
                most=entry.at_most,
                is_required=entry.required,
            )
        return found

    def _check_skill(self, fact: str, entry: SkillEntry, path: KeyPath) -> None:
        """Report a skill that does not fit its fact, or covers nothing."""
        kind = self.words.facts[fact].kind if self.words.facts else None
        spot = self.sheet.spot(*path)
        if kind is FactKind.NUMBER:
            self._check_limits(fact, entry, path)
        elif kind is not None and kind not in _WORDS:
            self.findings.error(spot, f"{fact!r} is a {kind} fact; no skill can be asked of it.")
        elif not entry.any_of or entry.at_least is not None or entry.at_most is not None:
            message = f"the skill names no word of {fact!r} that is covered."
            self.findings.error(spot, message, hint="write a list, such as `[en, es]`")
        possible = self.words.mapped.values_of(fact) if self.words.mapped else None
        for value in entry.any_of:
            if check_name(self.findings, spot, fact, value, possible) and kind is FactKind.STATE:
                check_state(self.findings, spot, value)

    def _check_limits(self, fact: str, entry: SkillEntry, path: KeyPath) -> None:
        spot, least, most = self.sheet.spot(*path), entry.at_least, entry.at_most
        if entry.any_of or (least is None and most is None):
            message = f"{fact!r} is a number; say from which to which is covered."
            self.findings.error(spot, message, hint="write `{at_least: 50, at_most: 500}`")
        elif least is not None and most is not None and least > most:
            self.findings.error(spot, "the range is empty: at_least is more than at_most.")
