"""Puts a lead among its colleagues: who is one of them is told by the worker, what they did is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.leads import Row, make_activity
from worker.core.judgement import LeadSnapshot, merge_lead
from worker.core.mapping import MappedContact
from worker.core.model import Activity, Facts
from worker.core.organisations import (
    Colleague,
    Membership,
    RollUp,
    counts_as_member,
    organisation_key,
)
from worker.core.ruleset import Ruleset


def among(
    ruleset: Ruleset, lead: LeadSnapshot, others: Sequence[Mapping[str, Any]], now: datetime
) -> LeadSnapshot:
    """The lead with its membership. Each of the others has ``row`` values and ``activities``."""
    key = _key(ruleset, _facts(ruleset, lead.contacts))
    if key is None:
        return lead
    actions = [a for a in lead.activities if not a.is_excluded]
    colleagues: list[Colleague] = []
    for place, other in enumerate(others):
        contact = Row(values=other["row"], number=f"c{place}").map(ruleset)
        facts = _facts(ruleset, (contact,))
        if _key(ruleset, facts) == key and counts_as_member(facts):
            done = list(_actions(ruleset, other, now, place))
            actions += done
            colleagues += _colleague(ruleset, f"c{place}", facts, done, now)
    asks = ruleset.asks
    assert asks is not None
    shared = tuple(action for action in actions if action.kind in asks.kinds)
    together = RollUp(actions=shared, colleagues=tuple(colleagues))
    return replace(lead, membership=Membership(member=lead.profile_id, organisation=together))


def _key(ruleset: Ruleset, facts: Facts) -> str | None:
    return organisation_key(facts, ruleset.configuration.organisations)


def _facts(ruleset: Ruleset, contacts: Sequence[MappedContact]) -> Facts:
    return merge_lead(ruleset, LeadSnapshot(profile_id="c", contacts=tuple(contacts))).facts


def _actions(
    ruleset: Ruleset, other: Mapping[str, Any], now: datetime, place: int
) -> Iterator[Activity]:
    for number, row in enumerate(other.get("activities", ())):
        action = make_activity(ruleset, row, now, 100 * (place + 1) + number)
        if not action.is_excluded:
            yield action


def _colleague(
    ruleset: Ruleset, member: str, facts: Facts, done: Sequence[Activity], now: datetime
) -> Iterator[Colleague]:
    """The last action up to now that makes somebody an active colleague."""
    assert ruleset.asks is not None
    counted = [a for a in done if a.kind in ruleset.asks.active and a.at <= now]
    if counted:
        last = max(counted, key=lambda action: action.at)
        role = facts.get("role")
        yield Colleague(
            member=member,
            role=role if isinstance(role, str) else None,
            acted_at=last.at,
            action=last.ref,
        )
