"""Data quality: findings about one lead, each with a code, a dimension, a severity and an origin.

The same findings serve as gates for a lead and, counted over the base, as an audit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from worker.core.mapping import Issue
from worker.core.model import Facts
from worker.core.reasons import REASONS, Severity
from worker.core.regions import state_of_postal_code


class Dimension(StrEnum):
    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"
    UNIQUENESS = "uniqueness"
    TIMELINESS = "timeliness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with the data of a lead. ``fact`` names what it concerns, never its value."""

    code: str
    fact: str | None
    severity: Severity
    dimension: Dimension
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPolicy:
    """What counts as wrong, and how badly.

    ``severities`` overrides the catalogue per code, ``pathway_severities`` per pathway and code.
    """

    placeholders: frozenset[str] = frozenset()
    disposable_domains: frozenset[str] = frozenset()
    role_addresses: frozenset[str] = frozenset()
    typo_domains: Mapping[str, str] = field(default_factory=dict)
    stale_after: timedelta | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    pathway_severities: Mapping[str, Mapping[str, Severity]] = field(default_factory=dict)
    default_region: str = "US"


class Spot(NamedTuple):
    """A code about a fact, before its severity is known."""

    code: str
    fact: str | None


_DIMENSIONS: Mapping[str, Dimension] = {
    "DQ_EMAIL_MISSING": Dimension.COMPLETENESS,
    "DQ_PHONE_MISSING": Dimension.COMPLETENESS,
    "DQ_NAME_MISSING": Dimension.COMPLETENESS,
    "DQ_NO_CONTACT_POINT": Dimension.COMPLETENESS,
    "DQ_NAME_PLACEHOLDER": Dimension.COMPLETENESS,
    "DQ_POSTAL_CODE_STATE_MISMATCH": Dimension.CONSISTENCY,
    "DQ_FACTS_CONFLICT": Dimension.CONSISTENCY,
    "DQ_VALUE_UNKNOWN": Dimension.CONSISTENCY,
    "IDENTITY_AMBIGUOUS": Dimension.UNIQUENESS,
    "DQ_RECORD_STALE": Dimension.TIMELINESS,
    "DQ_DATE_IN_FUTURE": Dimension.TIMELINESS,
}
"""The dimension of each code; what is not listed is a question of validity."""

_CLOCK_SLACK = timedelta(days=1)
"""Clocks and time zones of CRMs differ; a day ahead is not yet the future."""


def assess(
    facts: Facts,
    issues: tuple[Issue, ...],
    *,
    policy: QualityPolicy,
    mapped_facts: frozenset[str],
    pathway: str | None,
    now: datetime,
) -> tuple[Finding, ...]:
    """List what is wrong with the data of one lead, most severe first.

    ``issues`` are those found while mapping. Only facts that some map provides can be missing.
    """
    spots = [Spot(issue.code, issue.fact) for issue in issues]
    spots += _email_spots(facts, policy, mapped_facts)
    spots += _contact_spots(facts, mapped_facts)
    spots += _name_spots(facts, policy, mapped_facts)
    spots += _place_spots(facts)
    spots += _time_spots(facts, policy, now)
    origin = facts.get("origin")
    found = {
        spot: Finding(
            code=spot.code,
            fact=spot.fact,
            severity=severity_of(spot.code, policy, pathway),
            dimension=_DIMENSIONS.get(spot.code, Dimension.VALIDITY),
            origin=str(origin) if origin is not None else None,
        )
        for spot in spots
    }
    order = list(Severity)
    return tuple(
        sorted(found.values(), key=lambda f: (order.index(f.severity), f.code, f.fact or ""))
    )


def severity_of(code: str, policy: QualityPolicy, pathway: str | None) -> Severity:
    """Look up how bad a code is: for the pathway, else for the organisation, else the catalogue."""
    by_pathway = policy.pathway_severities.get(pathway or "", {})
    if code in by_pathway:
        return by_pathway[code]
    if code in policy.severities:
        return policy.severities[code]
    return REASONS[code].severity if code in REASONS else Severity.WARN


def _email_spots(
    facts: Facts, policy: QualityPolicy, mapped_facts: frozenset[str]
) -> Iterator[Spot]:
    email = facts.get("email")
    if not isinstance(email, str):
        if "email" in mapped_facts:
            yield Spot("DQ_EMAIL_MISSING", "email")
        return
    local, _at, domain = email.rpartition("@")
    if domain in policy.disposable_domains:
        yield Spot("DQ_EMAIL_DISPOSABLE", "email")
    if local in policy.role_addresses:
        yield Spot("DQ_EMAIL_ROLE", "email")
    if domain in policy.typo_domains:
        yield Spot("DQ_EMAIL_TYPO", "email")


def _contact_spots(facts: Facts, mapped_facts: frozenset[str]) -> Iterator[Spot]:
    if "phone" in mapped_facts and "phone" not in facts:
        yield Spot("DQ_PHONE_MISSING", "phone")
    can_hold = not mapped_facts.isdisjoint({"email", "phone"})
    if can_hold and "email" not in facts and "phone" not in facts:
        yield Spot("DQ_NO_CONTACT_POINT", None)


def is_placeholder(name: object, policy: QualityPolicy) -> bool:
    """Tell whether a name is only a stand-in such as "test" or "asdf"."""
    return isinstance(name, str) and name.casefold() in policy.placeholders


def _name_spots(
    facts: Facts, policy: QualityPolicy, mapped_facts: frozenset[str]
) -> Iterator[Spot]:
    for fact in ("first_name", "last_name"):
        if fact not in mapped_facts:
            continue
        if fact not in facts:
            yield Spot("DQ_NAME_MISSING", fact)
        elif is_placeholder(facts[fact], policy):
            yield Spot("DQ_NAME_PLACEHOLDER", fact)


def _place_spots(facts: Facts) -> Iterator[Spot]:
    postal_code, state = facts.get("postal_code"), facts.get("state")
    if isinstance(postal_code, str) and isinstance(state, str):
        expected = state_of_postal_code(postal_code)
        if expected is not None and expected != state:
            yield Spot("DQ_POSTAL_CODE_STATE_MISMATCH", "postal_code")


def _time_spots(facts: Facts, policy: QualityPolicy, now: datetime) -> Iterator[Spot]:
    for fact in ("created_at", "received_at", "changed_at", "consent_at"):
        at = facts.get(fact)
        if isinstance(at, datetime) and at > now + _CLOCK_SLACK:
            yield Spot("DQ_DATE_IN_FUTURE", fact)
    changed_at = facts.get("changed_at")
    is_dated = policy.stale_after is not None and isinstance(changed_at, datetime)
    if is_dated and changed_at + policy.stale_after <= now:  # type: ignore[operator]  # both are set
        yield Spot("DQ_RECORD_STALE", "changed_at")
