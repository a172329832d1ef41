"""Data quality: findings about one lead, each with a code, a dimension, a severity and an origin.

The same findings serve as gates for a lead and, counted over the base, as an audit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from worker.core.email_domains import compile_domain_check
from worker.core.mapping import Issue
from worker.core.model import PAST_FACTS, FactKind, Facts, FactSpec, FactValue
from worker.core.phone_numbers import codes_of
from worker.core.postal_codes import PostalCodes, is_zip_code
from worker.core.reasons import REASONS, Severity
from worker.core.stand_ins import given_name_code, name_code, surname_code


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
    ``disposable_domains`` and ``typo_domains`` add to what is built in, ``not_disposable`` takes
    away. ``phone_regions`` are the countries served; empty: all. ``limits`` are the shares of leads
    that may have a finding before an audit fails.
    """

    placeholders: frozenset[str] = frozenset()
    disposable_domains: frozenset[str] = frozenset()
    not_disposable: frozenset[str] = frozenset()
    role_addresses: frozenset[str] = frozenset()
    typo_domains: Mapping[str, str] = field(default_factory=dict)
    phone_regions: frozenset[str] = frozenset()
    stale_after: timedelta | None = None
    wanted_date_stale_after: timedelta | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    pathway_severities: Mapping[str, Mapping[str, Severity]] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
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
    "DQ_VALUE_PLACEHOLDER": Dimension.COMPLETENESS,
    "DQ_FIELD_MISSING": Dimension.COMPLETENESS,
    "DQ_POSTAL_CODE_STATE_MISMATCH": Dimension.CONSISTENCY,
    "DQ_FACTS_CONFLICT": Dimension.CONSISTENCY,
    "DQ_VALUE_UNKNOWN": Dimension.CONSISTENCY,
    "DQ_VALUE_MISSPELLED": Dimension.CONSISTENCY,
    "DQ_OWNER_INACTIVE": Dimension.CONSISTENCY,
    "DQ_OWNER_UNKNOWN": Dimension.CONSISTENCY,
    "IDENTITY_AMBIGUOUS": Dimension.UNIQUENESS,
    "IDENTITY_MERGE_REVIVED_CONSENT": Dimension.CONSISTENCY,
    "IDENTITY_MERGE_REVIVED_STAGE": Dimension.CONSISTENCY,
    "DQ_DUPLICATE_IN_SYSTEM": Dimension.UNIQUENESS,
    "DQ_RECORD_STALE": Dimension.TIMELINESS,
    "DQ_DATE_IN_FUTURE": Dimension.TIMELINESS,
    "DQ_WANTED_DATE_PASSED": Dimension.TIMELINESS,
}
"""The dimension of each code; what is not listed is a question of validity."""

CLOCK_SLACK = timedelta(days=1)
"""Clocks and time zones of CRMs differ; a day ahead is not yet the future."""
LONGEST_LIFE = timedelta(days=366 * 120)
"""A date of a person's life that lies further back is no date of a living person."""
OLDEST_INSTANT = datetime(1980, 1, 1, tzinfo=UTC)
"""Before this no CRM recorded anything: 1970 and 1900 are how spreadsheets write an empty time."""

_REMEMBERED = 8192
"""So many of the latest answers are kept: a lead is judged again for each instant ahead of it."""

_Check: TypeAlias = Callable[[str], tuple[Spot, ...]]
"""What a text by itself has wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The data checks of one configuration, compiled.

    ``needed`` names, for each pathway, the mapped facts without which no lead of it can qualify.
    """

    policy: QualityPolicy
    mapped: frozenset[str]
    needed: Mapping[str, tuple[str, ...]]
    postal_codes: PostalCodes
    past_facts: tuple[str, ...]
    texts: tuple[tuple[str, _Check], ...]
    make: Callable[[Spot, str | None, str | None], Finding]


def compile_checks(
    policy: QualityPolicy,
    *,
    facts: Mapping[str, FactSpec],
    mapped: frozenset[str],
    needed: Mapping[str, frozenset[str]],
    postal_codes: PostalCodes,
) -> Checks:
    """Compile the checks of a configuration. ``mapped`` facts are those some map provides and asks for."""
    if "wanted_date" not in mapped:
        policy = replace(policy, wanted_date_stale_after=None)
    past = {name for name, spec in facts.items() if spec.is_past} | PAST_FACTS
    own_code = {"email", "phone", "first_name", "last_name"}
    return Checks(
        policy=policy,
        mapped=mapped,
        needed={name: tuple(sorted((n & mapped) - own_code)) for name, n in needed.items()},
        postal_codes=postal_codes,
        past_facts=tuple(sorted(past & mapped)),
        texts=tuple(_text_checks(policy, facts, mapped)),
        make=_maker(policy),
    )


def _text_checks(
    policy: QualityPolicy, facts: Mapping[str, FactSpec], mapped: frozenset[str]
) -> Iterator[tuple[str, _Check]]:
    check_domain = compile_domain_check(
        disposable=policy.disposable_domains,
        not_disposable=policy.not_disposable,
        typos=policy.typo_domains,
    )
    for name in sorted(mapped & facts.keys()):
        match facts[name].kind:
            case FactKind.EMAIL:
                yield name, _email_check(name, policy.role_addresses, check_domain)
            case FactKind.PHONE:
                yield name, _phone_check(name, policy.phone_regions)
            case FactKind.TEXT if policy.placeholders:
                yield name, _placeholder_check(name, policy.placeholders)
            case FactKind.NAME if name not in ("first_name", "last_name"):
                yield name, _name_check(name, policy.placeholders)
            case _:
                pass


def _email_check(
    fact: str, roles: frozenset[str], check_domain: Callable[[str], tuple[str, ...]]
) -> _Check:
    @lru_cache(maxsize=_REMEMBERED)
    def check(email: str) -> tuple[Spot, ...]:
        local, _at, domain = email.rpartition("@")
        codes = check_domain(domain)
        if local.partition("+")[0] in roles:
            codes = (*codes, "DQ_EMAIL_ROLE")
        return tuple([Spot(code, fact) for code in codes]) if codes else ()

    return check


def _phone_check(fact: str, served: frozenset[str]) -> _Check:
    @lru_cache(maxsize=_REMEMBERED)
    def check(phone: str) -> tuple[Spot, ...]:
        return tuple([Spot(code, fact) for code in codes_of(phone, served)])

    return check


def _placeholder_check(fact: str, added: frozenset[str]) -> _Check:
    found = (Spot("DQ_VALUE_PLACEHOLDER", fact),)
    return lambda text: found if text.casefold() in added else ()


def _name_check(fact: str, added: frozenset[str]) -> _Check:
    def check(name: str) -> tuple[Spot, ...]:
        code = name_code(name, added)
        return (Spot(code, fact),) if code is not None else ()

    return check


def _maker(policy: QualityPolicy) -> Callable[[Spot, str | None, str | None], Finding]:
    """Build what makes findings; equal ones are made once, since most leads have the same few."""

    @lru_cache(maxsize=4096)
    def make(spot: Spot, pathway: str | None, origin: str | None) -> Finding:
        return Finding(
            code=spot.code,
            fact=spot.fact,
            severity=severity_of(spot.code, policy, pathway),
            dimension=_DIMENSIONS.get(spot.code, Dimension.VALIDITY),
            origin=origin,
        )

    return make


def assess(
    checks: Checks,
    facts: Facts,
    issues: tuple[Issue, ...],
    *,
    pathway: str | None,
    now: datetime,
    unseen: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """List what is wrong with the data of one lead, most severe first.

    ``issues`` are those found while mapping. Only facts that some map provides can be missing, and
    only those the CRM lets us see.
    """
    spots = [Spot(issue.code, issue.fact) for issue in issues]
    for fact, check in checks.texts:
        value = facts.get(fact)
        if isinstance(value, str):
            spots += check(value)
    _add_contact_spots(spots, facts, checks.mapped)
    _add_name_spots(spots, facts, checks)
    _add_place_spots(spots, facts, checks.postal_codes)
    _add_time_spots(spots, facts, checks, now)
    _add_missing_spots(spots, facts, checks.needed.get(pathway or "", ()), unseen)
    if not spots:
        return ()
    given = facts.get("origin")
    origin = str(given) if given is not None else None
    found = [checks.make(spot, pathway, origin) for spot in dict.fromkeys(spots)]
    if len(found) > 1:
        found.sort(key=_order)
    return tuple(found)


_SEVERITY_ORDER = {severity: place for place, severity in enumerate(Severity)}


def _order(finding: Finding) -> tuple[int, str, str]:
    return _SEVERITY_ORDER[finding.severity], finding.code, finding.fact or ""


def severity_of(code: str, policy: QualityPolicy, pathway: str | None) -> Severity:
    """Look up how bad a code is: for the pathway, else for the organisation, else the catalogue."""
    by_pathway = policy.pathway_severities.get(pathway or "", {})
    if code in by_pathway:
        return by_pathway[code]
    if code in policy.severities:
        return policy.severities[code]
    return REASONS[code].severity if code in REASONS else Severity.WARN


def dimension_of(code: str) -> Dimension:
    """Say what kind of fault a code is."""
    return _DIMENSIONS.get(code, Dimension.VALIDITY)


def _add_contact_spots(spots: list[Spot], facts: Facts, mapped_facts: frozenset[str]) -> None:
    if "email" not in facts and "email" in mapped_facts:
        spots.append(Spot("DQ_EMAIL_MISSING", "email"))
    if "phone" in facts:
        return
    if "phone" in mapped_facts:
        spots.append(Spot("DQ_PHONE_MISSING", "phone"))
    if "email" not in facts and not mapped_facts.isdisjoint({"email", "phone"}):
        spots.append(Spot("DQ_NO_CONTACT_POINT", None))


def _add_name_spots(spots: list[Spot], facts: Facts, checks: Checks) -> None:
    first, last = facts.get("first_name"), facts.get("last_name")
    added = checks.policy.placeholders
    if isinstance(first, str):
        if code := given_name_code(first, added):
            spots.append(Spot(code, "first_name"))
    elif "first_name" in checks.mapped:
        spots.append(Spot("DQ_NAME_MISSING", "first_name"))
    if isinstance(last, str):
        beside = first if isinstance(first, str) else None
        if code := surname_code(last, beside, added):
            spots.append(Spot(code, "last_name"))
    elif "last_name" in checks.mapped:
        spots.append(Spot("DQ_NAME_MISSING", "last_name"))


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


def _add_time_spots(spots: list[Spot], facts: Facts, checks: Checks, now: datetime) -> None:
    latest = now + CLOCK_SLACK
    for fact in checks.past_facts:
        value = facts.get(fact)
        if value is not None and (code := _past_code(value, now, latest)):
            spots.append(Spot(code, fact))
    for moment, spot in turning_points(facts, checks.policy):
        if now >= moment:
            spots.append(spot)


def _past_code(value: FactValue, now: datetime, latest: datetime) -> str | None:
    """Judge an instant or a day of which the fact says that it has been; ``latest`` is too late."""
    if isinstance(value, datetime):
        if value > latest:
            return "DQ_DATE_IN_FUTURE"
        return "DQ_DATE_IMPLAUSIBLE" if value < OLDEST_INSTANT else None
    if isinstance(value, date):
        if value > latest.date():
            return "DQ_DATE_IN_FUTURE"
        return "DQ_DATE_IMPLAUSIBLE" if value < (now - LONGEST_LIFE).date() else None
    return None


_STALE = Spot("DQ_RECORD_STALE", "changed_at")
_WANTED_DATE_PASSED = Spot("DQ_WANTED_DATE_PASSED", "wanted_date")


def turning_points(facts: Facts, policy: QualityPolicy) -> list[tuple[datetime, Spot]]:
    """List the instants from which time alone makes a finding, and the finding."""
    found = []
    changed_at = facts.get("changed_at")
    if policy.stale_after is not None and isinstance(changed_at, datetime):
        found.append((changed_at + policy.stale_after, _STALE))
    if policy.wanted_date_stale_after is not None:
        wanted = facts.get("wanted_date")
        if isinstance(wanted, date):
            day_at = datetime.combine(wanted, time.min, UTC)
            found.append((day_at + policy.wanted_date_stale_after, _WANTED_DATE_PASSED))
    return found


def _add_missing_spots(
    spots: list[Spot], facts: Facts, needed: tuple[str, ...], unseen: frozenset[str]
) -> None:
    missing = [fact for fact in needed if fact not in facts and fact not in unseen]
    if missing:
        told = {spot.fact for spot in spots}
        spots += [Spot("DQ_FIELD_MISSING", fact) for fact in missing if fact not in told]
