"""Data quality: findings about one lead, each with a code, a dimension, a severity and an origin.

The same findings serve as gates for a lead and, counted over the base, as an audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from worker.core.mapping import Issue
from worker.core.model import Facts
from worker.core.postal_codes import PostalCodes, is_zip_code
from worker.core.reasons import REASONS, Severity


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


def assess(
    facts: Facts,
    issues: tuple[Issue, ...],
    *,
    policy: QualityPolicy,
    mapped_facts: frozenset[str],
    pathway: str | None,
    now: datetime,
    postal_codes: PostalCodes,
) -> tuple[Finding, ...]:
    """List what is wrong with the data of one lead, most severe first.

    ``issues`` are those found while mapping. Only facts that some map provides can be missing.
    """
    spots = [Spot(issue.code, issue.fact) for issue in issues]
    _add_email_spots(spots, facts, policy, mapped_facts)
    _add_contact_spots(spots, facts, mapped_facts)
    _add_name_spots(spots, facts, policy, mapped_facts)
    _add_place_spots(spots, facts, postal_codes)
    _add_time_spots(spots, facts, policy, now)
    if not spots:
        return ()
    given = facts.get("origin")
    origin = str(given) if given is not None else None
    found = [
        Finding(
            code=spot.code,
            fact=spot.fact,
            severity=severity_of(spot.code, policy, pathway),
            dimension=_DIMENSIONS.get(spot.code, Dimension.VALIDITY),
            origin=origin,
        )
        for spot in dict.fromkeys(spots)
    ]
    found.sort(key=lambda f: (_SEVERITY_ORDER[f.severity], f.code, f.fact or ""))
    return tuple(found)


_SEVERITY_ORDER = {severity: place for place, severity in enumerate(Severity)}


def severity_of(code: str, policy: QualityPolicy, pathway: str | None) -> Severity:
    """Look up how bad a code is: for the pathway, else for the organisation, else the catalogue."""
    by_pathway = policy.pathway_severities.get(pathway or "", {})
    if code in by_pathway:
        return by_pathway[code]
    if code in policy.severities:
        return policy.severities[code]
    return REASONS[code].severity if code in REASONS else Severity.WARN


def _add_email_spots(
    spots: list[Spot], facts: Facts, policy: QualityPolicy, mapped_facts: frozenset[str]
) -> None:
    email = facts.get("email")
    if not isinstance(email, str):
        if "email" in mapped_facts:
            spots.append(Spot("DQ_EMAIL_MISSING", "email"))
        return
    local, _at, domain = email.rpartition("@")
    if domain in policy.disposable_domains:
        spots.append(Spot("DQ_EMAIL_DISPOSABLE", "email"))
    if local in policy.role_addresses:
        spots.append(Spot("DQ_EMAIL_ROLE", "email"))
    if domain in policy.typo_domains:
        spots.append(Spot("DQ_EMAIL_TYPO", "email"))


def _add_contact_spots(spots: list[Spot], facts: Facts, mapped_facts: frozenset[str]) -> None:
    if "phone" in facts:
        return
    if "phone" in mapped_facts:
        spots.append(Spot("DQ_PHONE_MISSING", "phone"))
    if "email" not in facts and not mapped_facts.isdisjoint({"email", "phone"}):
        spots.append(Spot("DQ_NO_CONTACT_POINT", None))


def is_placeholder(name: object, policy: QualityPolicy) -> bool:
    """Tell whether a name is only a stand-in such as "test" or "asdf"."""
    return isinstance(name, str) and name.casefold() in policy.placeholders


def _add_name_spots(
    spots: list[Spot], facts: Facts, policy: QualityPolicy, mapped_facts: frozenset[str]
) -> None:
    for fact in ("first_name", "last_name"):
        if fact in facts:
            if is_placeholder(facts[fact], policy):
                spots.append(Spot("DQ_NAME_PLACEHOLDER", fact))
        elif fact in mapped_facts:
            spots.append(Spot("DQ_NAME_MISSING", fact))


def _add_place_spots(spots: list[Spot], facts: Facts, postal_codes: PostalCodes) -> None:
    code = facts.get("postal_code")
    if not isinstance(code, str):
        return
    place = postal_codes.find(code)
    if place is None:
        if is_zip_code(code):
            spots.append(Spot("DQ_POSTAL_CODE_UNKNOWN", "postal_code"))
    elif facts.get("state", place.state) != place.state:
        spots.append(Spot("DQ_POSTAL_CODE_STATE_MISMATCH", "postal_code"))


PAST_FACTS = ("created_at", "received_at", "changed_at", "consent_at")
"""Facts that speak of what has happened, and so cannot lie in the future."""
CLOCK_SLACK = timedelta(days=1)
"""Clocks and time zones of CRMs differ; a day ahead is not yet the future."""


def _add_time_spots(spots: list[Spot], facts: Facts, policy: QualityPolicy, now: datetime) -> None:
    latest = now + CLOCK_SLACK
    for fact in PAST_FACTS:
        at = facts.get(fact)
        if isinstance(at, datetime) and at > latest:
            spots.append(Spot("DQ_DATE_IN_FUTURE", fact))
    changed_at = facts.get("changed_at")
    if (
        policy.stale_after is not None
        and isinstance(changed_at, datetime)
        and changed_at <= now - policy.stale_after
    ):
        spots.append(Spot("DQ_RECORD_STALE", "changed_at"))
