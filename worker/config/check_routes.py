"""Checks of routing: rules nobody reaches, teams nobody is on, overflows that end nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.config.check_cover import check_cover
from worker.config.check_rosters import check_rosters
from worker.config.implication import find_contradiction, follows, spelled_out
from worker.config.route_check import RouteCheck, is_working
from worker.config.vocabulary import check_fact, plain_kinds
from worker.config.yaml_text import KeyPath
from worker.core.conditions import AllOf, Condition, FactTest, Operator
from worker.core.model import ACCOUNT_OWNER
from worker.core.routing import RoutingPolicy, RoutingRule
from worker.core.teams import AccountOwner, Member, Team


def check_routes(check: RouteCheck) -> None:
    """Check rules, teams and queues."""
    check_cover(check, reported=_check_rules(check))
    for team in check.routing.teams.values():
        _check_overflow(check, team)
    check_rosters(check)
    _check_account_owners(check)
    _check_unused(check)


def _check_rules(check: RouteCheck) -> frozenset[str]:
    """Report rules that compared two by two are never reached; returns which these are."""
    reported = set[str]()
    rules = check.routing.rules
    kinds = plain_kinds(check.words)
    meant = [spelled_out(rule.condition, kinds) for rule in rules]
    for number, rule in enumerate(rules):
        spot = check.sheet.spot("rules", number)
        contradiction = find_contradiction(iter((rule.condition,)), {})
        if contradiction is not None:
            check.findings.error(spot, f"the rule {rule.id!r} can never hold: {contradiction}.")
            reported.add(rule.id)
        for earlier, condition in zip(rules[:number], meant, strict=False):
            if follows(meant[number], condition):
                message = f"the rule {rule.id!r} is never reached: {earlier.id!r} before it takes its leads."
                check.findings.error(spot, message, hint="put the narrower rule first")
                reported.add(rule.id)
                break
        _check_skills(check, rule, number)
    return frozenset(reported)


def _check_skills(check: RouteCheck, rule: RoutingRule, number: int) -> None:
    """Report a rule for leads that every member of the team lacks the skill for."""
    team = check.routing.teams.get(rule.target)
    active = [member for member in team.members if is_working(member)] if team else []
    if not active:
        return
    for fact, words in _words_required(rule.condition):
        if all(_lacks(member, fact, words) for member in active):
            message = f"nobody on the team {rule.target!r} takes leads with this {fact!r}."
            hint = "give a member the skill, or send these leads elsewhere"
            check.findings.error(check.sheet.spot("rules", number, "to"), message, hint=hint)


def _words_required(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from _words_required(item)
    elif isinstance(condition, FactTest):
        if condition.operator is Operator.IS and isinstance(condition.operand, str):
            yield condition.fact, frozenset({condition.operand})
        elif condition.operator is Operator.IN and isinstance(condition.operand, frozenset):
            yield condition.fact, condition.operand


def _lacks(member: Member, fact: str, words: frozenset[str]) -> bool:
    skill = member.skills.get(fact)
    return skill is not None and skill.words.isdisjoint(words)


# --- teams


def _check_overflow(check: RouteCheck, team: Team) -> None:
    if _is_empty(check, team):
        return
    spot = check.sheet.spot("teams", team.id, "overflow")
    circle = _circle(team.id, check.routing.teams)
    if circle:
        if team.id == min(circle):  # one report for each circle
            check.findings.error(spot, f"the overflow goes in a circle: {' → '.join(circle)}.")
    elif not _ends_in_queue(team, check.routing):
        message = (
            f"the overflow of {team.id!r} does not end in a queue, so a lead could go to nobody."
        )
        hint = f"end it with a queue, such as {check.routing.fallback!r}"
        check.findings.error(spot, message, hint=hint)


def _is_empty(check: RouteCheck, team: Team) -> bool:
    """Report a team nobody works on; true when its leads would have nowhere else to go."""
    if any(map(is_working, team.members)):
        return False
    message, spot = (
        f"nobody on the team {team.id!r} can take a lead.",
        check.sheet.spot("teams", team.id),
    )
    if team.overflow:
        check.findings.warning(spot, message, hint="its overflow takes all of them")
        return False
    check.findings.error(spot, message, hint="give it an active member or an overflow")
    return True


def _circle(start: str, teams: Mapping[str, Team]) -> list[str]:
    """Find a way from a team through overflows back to itself."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in teams[way[-1]].overflow if way[-1] in teams else ():
            if name == start:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _ends_in_queue(team: Team, routing: RoutingPolicy) -> bool:
    seen: set[str] = set()
    last = team.id
    while last in routing.teams and last not in seen:
        seen.add(last)
        overflow = routing.teams[last].overflow
        last = overflow[-1] if overflow else ""
    return last in routing.queues


def _check_account_owners(check: RouteCheck) -> None:
    """Report a wish for the owner of the account where no map says who that is."""
    wishes: list[tuple[KeyPath, AccountOwner | None]] = [
        (("teams", name), team.account_owner) for name, team in check.routing.teams.items()
    ]
    wishes += [(("rules", n), rule.account_owner) for n, rule in enumerate(check.routing.rules)]
    for path, wish in wishes:
        if wish is not None:
            spot = check.sheet.spot(*path, "account_owner")
            check_fact(check.findings, spot, ACCOUNT_OWNER, check.words)


def _check_unused(check: RouteCheck) -> None:
    """Warn of teams, queues and next steps that nothing leads to."""
    routing = check.routing
    targets = {rule.target for rule in routing.rules} | {routing.fallback}
    targets |= {name for team in routing.teams.values() for name in team.overflow}
    for kind, noun, names in (
        ("teams", "team", routing.teams),
        ("queues", "queue", routing.queues),
    ):
        for name in names:
            if name not in targets:
                message = f"no rule and no overflow leads to the {noun} {name!r}."
                check.findings.warning(check.sheet.spot(kind, name), message)
    steps = {rule.next_step for rule in routing.rules} | {routing.fallback_next_step}
    for name in routing.next_steps:
        if name not in steps:
            message = f"no rule uses the next step {name!r}."
            check.findings.warning(check.sheet.spot("next_steps", name), message)
