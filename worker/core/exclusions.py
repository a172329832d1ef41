"""Which observed actions count for nothing, and by which rule.

Staff and tests, robots, mail scanners that follow every link at once, and what two systems logged of
one action. The rules are applied when a case is made, never when an action is stored, so that a
changed rule takes effect on the whole base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter, sub
from typing import NamedTuple

import msgspec

from worker.core.identity import MergedLead
from worker.core.mapping import MappedContact
from worker.core.model import Activity, ContactChannel

AUTOMATED = "automated"
REPEATED = "logged_twice"
STAFF, TEST = "staff_domains", "test_domains"
SOURCE, BURST = "source", "burst"
NO_CONSENT, BEFORE_CONSENT = "no_consent", "before_consent"
_SECOND = timedelta(seconds=1)

LOOK_BACK = timedelta(days=400)
"""Older activities count for nothing; no window may be longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """More than ``more_than`` actions of these kinds inside ``within`` are no person's doing."""

    id: str
    kinds: frozenset[str]
    more_than: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """What counts for nothing. ``domains`` gives the rule by e-mail domain, ``sources`` are folded.

    ``responses`` are the kinds that answer our outreach, with the channel it went out by.
    """

    domains: Mapping[str, str] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    bursts: tuple[Burst, ...] = ()
    responses: Mapping[str, ContactChannel] = field(default_factory=dict)


NO_EXCLUSIONS = Exclusions()


class PassedOver(NamedTuple):
    """An action that counts for nothing, and the rule that says so."""

    ref: str
    rule: str


class Screened(NamedTuple):
    """The actions that count, newest first, and those that do not."""

    counted: list[Activity]
    passed_over: tuple[PassedOver, ...]


def derive_test(
    lead: MergedLead, contacts: Sequence[MappedContact], exclusions: Exclusions
) -> MergedLead:
    """Mark a person of whom some record has an address of our staff, or one for tests."""
    if not exclusions.domains:
        return lead
    rules = (_domain_rule(contact.facts.get("email"), exclusions) for contact in contacts)
    rule = next((rule for rule in rules if rule is not None), None)
    if rule is None or lead.facts.get("is_test") is True:
        return lead
    return msgspec.structs.replace(
        lead,
        facts={**lead.facts, "is_test": True},
        unseen=lead.unseen - {"is_test"},
        derived={**lead.derived, "is_test": rule},
    )


def _domain_rule(email: object, exclusions: Exclusions) -> str | None:
    """Find the rule for an address: its domain, or one that it is a part of."""
    if not isinstance(email, str):
        return None
    domain = email.rpartition("@")[2]
    while domain:
        if domain in exclusions.domains:
            return exclusions.domains[domain]
        domain = domain.partition(".")[2]
    return None


def screen(
    exclusions: Exclusions, activities: Iterable[Activity], now: datetime, outsider: str | None
) -> Screened:
    """Tell the actions that count at ``now`` from those that do not.

    ``outsider`` is the rule by which nothing that this lead does counts.
    """
    since = now - LOOK_BACK
    happened = [activity for activity in activities if since < activity.at <= now]
    if outsider is not None:
        return Screened([], tuple([PassedOver(a.ref, outsider) for a in happened]))
    passed: list[PassedOver] = []
    counted = [activity for activity in happened if not activity.is_excluded]
    if len(counted) < len(happened):
        passed += [PassedOver(a.ref, AUTOMATED) for a in happened if a.is_excluded]
    if exclusions.sources:
        counted = _drop(counted, _from_sources(counted, exclusions.sources), passed)
    if not _lie_apart(counted):
        counted.sort(key=_AGE, reverse=True)
        counted = _drop(counted, _repeats(counted), passed)
    for burst in exclusions.bursts:
        if len(counted) > burst.more_than:
            counted = _drop(counted, _in_burst(counted, burst), passed)
    return Screened(counted, tuple(passed))


_AGE = attrgetter("at", "ref")


def _drop(
    counted: list[Activity], rules: Mapping[str, str], passed: list[PassedOver]
) -> list[Activity]:
    """Take out the actions for which there is a rule, and note it."""
    if not rules:
        return counted
    passed += [PassedOver(ref, rule) for ref, rule in rules.items()]
    return [activity for activity in counted if activity.ref not in rules]


def _from_sources(counted: list[Activity], sources: frozenset[str]) -> dict[str, str]:
    return {
        activity.ref: f"{SOURCE}:{activity.source.casefold()}"
        for activity in counted
        if activity.source is not None and activity.source.casefold() in sources
    }


def _lie_apart(counted: list[Activity]) -> bool:
    """Tell whether actions are given newest first, and no two lie within a second of each other.

    Nearly all are: then nothing is to be sorted, and nothing was logged twice.
    """
    times = [activity.at for activity in counted]
    return min(map(sub, times, times[1:]), default=_SECOND) >= _SECOND


def _repeats(counted: list[Activity]) -> dict[str, str]:
    """Find what another system has logged too: the same kind, in the same second."""
    same: dict[tuple[str, datetime], list[Activity]] = {}
    for activity in counted:
        same.setdefault((activity.kind, activity.at.replace(microsecond=0)), []).append(activity)
    found: dict[str, str] = {}
    for together in same.values():
        kept: list[Activity] = []
        # What names a service line says more, and is kept.
        for activity in sorted(together, key=lambda a: (a.service_line is None, a.ref)):
            if any(_is_same(activity, other) for other in kept):
                found[activity.ref] = REPEATED
            else:
                kept.append(activity)
    return found


def _is_same(activity: Activity, kept: Activity) -> bool:
    is_other_system = activity.ref.partition(":")[0] != kept.ref.partition(":")[0]
    return is_other_system and activity.service_line in (None, kept.service_line)


def _in_burst(counted: list[Activity], burst: Burst) -> dict[str, str]:
    kinds = [activity for activity in counted if activity.kind in burst.kinds]
    found: dict[str, str] = {}
    for place in range(len(kinds) - burst.more_than):
        together = kinds[place : place + burst.more_than + 1]
        if together[0].at - together[-1].at <= burst.within:
            found |= dict.fromkeys([a.ref for a in together], f"{BURST}:{burst.id}")
    return found


def unsolicited(
    activities: Iterable[Activity],
    responses: Mapping[str, ContactChannel],
    permitted_since: Mapping[ContactChannel, datetime | None],
) -> dict[str, str]:
    """Find answers to outreach that was not agreed to, or not yet: by reference, the rule.

    ``permitted_since`` holds the channels we may write by, with the time of the agreement if known.
    """
    found: dict[str, str] = {}
    for activity in activities:
        channel = responses.get(activity.kind)
        if channel is None:
            continue
        if channel not in permitted_since:
            found[activity.ref] = f"{NO_CONSENT}:{channel.value}"
            continue
        since = permitted_since[channel]
        if since is not None and activity.at < since:
            found[activity.ref] = f"{BEFORE_CONSENT}:{channel.value}"
    return found
