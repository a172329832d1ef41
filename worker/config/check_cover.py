"""Checks which leads the routing rules catch together: none that takes nothing, and none left over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from worker.config.route_check import RouteCheck
from worker.config.rule_search import ANOTHER, Choice, Search, search_rules


def check_cover(check: RouteCheck, *, reported: frozenset[str]) -> None:
    """Check the rules on every kind of lead they tell apart; ``reported`` rules are known as dead."""
    words = check.words
    if words.facts is None or words.pathways is None:
        return
    found = {
        pathway: search_rules(check.routing.rules, pathway, words.facts, words.mapped)
        for pathway in sorted(words.pathways)
    }
    for pathway, search in found.items():
        if search is not None:
            _warn_of_uncaught(check, pathway, search)
    searches = [search for search in found.values() if search is not None]
    if len(searches) == len(found):
        _check_dead(check, searches, reported)


def _check_dead(check: RouteCheck, searches: list[Search], reported: frozenset[str]) -> None:
    catching = {name for search in searches for name in search.catching}
    holding = {name for search in searches for name in search.holding}
    for number, rule in enumerate(check.routing.rules):
        if rule.id in catching or rule.id in reported:
            continue
        spot = check.sheet.spot("rules", number)
        if rule.id in holding:
            message = (
                f"the rule {rule.id!r} is never reached: the rules before it take all its leads."
            )
            check.findings.error(spot, message, hint="put the narrower rule first")
        else:
            message = (
                f"the rule {rule.id!r} is never reached: no lead is left for it that could be so."
            )
            hint = "look at the rules before it, and at the values the maps give these facts"
            check.findings.error(spot, message, hint=hint)


def _warn_of_uncaught(check: RouteCheck, pathway: str, search: Search) -> None:
    """Warn of leads that end in the fallback, with an example."""
    if search.uncaught is None:
        return
    queue, spot = check.routing.fallback, check.sheet.spot("fallback")
    hint = f"end the rules with one for `{{pathway: {pathway}}}`, if somebody should have them"
    if not search.catching:
        message = f"no rule catches a lead of the pathway {pathway!r}, so all go to {queue!r}."
    else:
        message = (
            f"not every lead of the pathway {pathway!r} is caught by a rule: one with "
            f"{_example(search.uncaught)} goes to {queue!r}."
        )
    check.findings.warning(spot, message, hint=hint)


def _example(known: Mapping[str, Choice]) -> str:
    said = [f"{fact} {_value(value)}" for fact, value in known.items()]
    return ", ".join(said) or "other answers to what they ask"


def _value(value: Choice) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case date():
            return "of another day"
        case tuple():
            return " and ".join(map(_value, value))
        case _ if value == ANOTHER:
            return "of another value"
        case _:
            return f"{value:g}" if isinstance(value, float) else str(value)
