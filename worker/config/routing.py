"""Builds routing: queues, next steps and rules, with the teams and calendars they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.config.conditions import IN_ROUTING, ConditionReader
from worker.config.findings import Findings
from worker.config.follow_up import FollowUpReader
from worker.config.rosters import TeamReader
from worker.config.routing_documents import RoutingDocument
from worker.config.vocabulary import Vocabulary, check_fact, check_name
from worker.config.working_calendars import CalendarReader
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.calendar_words import Weekday
from worker.core.model import ACCOUNT_OWNER, FactKind
from worker.core.routing import RoutingPolicy, RoutingRule
from worker.core.teams import NextStep, Queue
from worker.core.working_time import WorkingCalendar

NOTHING = "nothing"
"""Under ``without_account``: the field of the owner is left as it is."""


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
        calendars = CalendarReader(sheet=self.sheet, findings=self.findings).build(document)
        reader = self._team_reader(calendars)
        teams = {
            name: team
            for name, entry in document.teams.items()
            if (team := reader.build(name, entry)) is not None
        }
        queues = self._build_queues(document, calendars, reader)
        wishes = [rule.account_owner for rule in document.rules]
        if any([*wishes, *(team.account_owner for team in document.teams.values())]):
            self.reads.add(ACCOUNT_OWNER)
        self._check_targets(document)
        self._check_clocks(document)
        rules = self._build_rules(document)
        promises = FollowUpReader(sheet=self.sheet, findings=self.findings, words=self.words)
        follow_up = promises.build(document)
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
                    follow_up=entry.follow_up,
                )
                for name, entry in document.next_steps.items()
            },
            fallback=document.fallback.to,
            fallback_next_step=document.fallback.next_step,
            unassigned=_unassigned(document),
            keep_outside_owner=document.keep_outside_owner,
            week_starts=reader.week_starts,
            follow_up=follow_up,
            matches_by_email=document.match_owners_by is not None,
            stand_ins=_stand_ins(document),
        )

    def _team_reader(self, calendars: Mapping[str, WorkingCalendar]) -> TeamReader:
        return TeamReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            systems=self.systems,
            calendars=calendars,
            week_starts=tuple(Weekday).index(self.words.calendar.week_starts),
            reads=self.reads,
        )

    # --- queues

    def _build_queues(
        self,
        document: RoutingDocument,
        calendars: Mapping[str, WorkingCalendar],
        reader: TeamReader,
    ) -> dict[str, Queue]:
        queues = {}
        for name, entry in document.queues.items():
            reader.check_owners(entry.owner, ("queues", name, "owner"))
            if name in document.teams:
                spot = self.sheet.spot("queues", name)
                self.findings.error(spot, f"{name!r} is the name of a team already.")
            if entry.calendar in calendars:
                calendar = calendars[entry.calendar]
                queues[name] = Queue(
                    id=name,
                    owners=dict(entry.owner),
                    calendar=calendar,
                    is_reclaimed=entry.reclaim,
                )
        return queues

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
        for system in document.without_account:
            spot = self.sheet.spot("without_account", system)
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
                        id=entry.id,
                        condition=condition,
                        target=entry.to,
                        next_step=entry.next_step,
                        account_owner=entry.account_owner,
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


def _unassigned(document: RoutingDocument) -> frozenset[str]:
    pairs = document.unassigned.items()
    return frozenset(f"{system}:{owner}" for system, owners in pairs for owner in owners)


def _stand_ins(document: RoutingDocument) -> dict[str, str | None]:
    pairs = document.without_account.items()
    return {system: None if owner == NOTHING else owner for system, owner in pairs}
