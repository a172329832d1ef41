"""Builds the words of a configuration: organisation, own facts, reasons and activities."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import phonenumbers
from holidays import list_supported_countries

from worker.config.documents import (
    ActivitiesDocument,
    HolidaysEntry,
    ModelDocument,
    OrganisationDocument,
    ReasonsDocument,
)
from worker.config.findings import Findings, Spot, nearest
from worker.config.vocabulary import check_name, check_reason
from worker.config.yaml_text import Sheet
from worker.core.business_days import BusinessDays
from worker.core.model import STANDARD_FACTS, ActivityKind, FactKind, FactSpec, derived_days
from worker.core.reasons import CODE_PATTERN, REASONS, Reason

_RESERVED_FACTS = frozenset({"pathway"})


def find_time_zone(name: str, spot: Spot, findings: Findings) -> ZoneInfo | None:
    """Look up a time zone by its IANA name, or report that there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        findings.error(
            spot,
            f"time zone {name!r} does not exist.",
            allowed="an IANA name such as America/New_York",
            hint=nearest(name, [zone for zone in available_timezones() if "/" in zone]),
        )
        return None


def check_organisation(document: OrganisationDocument, sheet: Sheet, findings: Findings) -> None:
    """Report a telephone region that does not exist."""
    if document.default_region not in phonenumbers.SUPPORTED_REGIONS:
        findings.error(
            sheet.spot("default_region"),
            f"region {document.default_region!r} does not exist.",
            allowed="a country code of two capital letters, such as US",
            hint=nearest(document.default_region, phonenumbers.SUPPORTED_REGIONS),
        )

    if document.holidays is not None:
        _check_holidays(document.holidays, sheet, findings)


def _check_holidays(entry: HolidaysEntry, sheet: Sheet, findings: Findings) -> None:
    """Report a country, or a part of one, whose public holidays are not known."""
    known = list_supported_countries()
    spot = sheet.spot("holidays", "country")
    if not check_name(findings, spot, "country", entry.country, frozenset(known)):
        return
    parts = frozenset(known[entry.country])
    if entry.subdivision is not None:
        spot = sheet.spot("holidays", "subdivision")
        check_name(findings, spot, f"part of {entry.country}", entry.subdivision, parts)


def build_business_days(document: OrganisationDocument, time_zone: ZoneInfo) -> BusinessDays:
    """Build the calendar by which the deadlines of revocations are counted."""
    entry = document.holidays
    return BusinessDays(
        time_zone=time_zone,
        country=entry.country if entry else None,
        subdivision=entry.subdivision if entry else None,
    )


def build_facts(
    document: ModelDocument, sheet: Sheet, findings: Findings
) -> Mapping[str, FactSpec]:
    """Join the organisation's own facts to the standard ones, which cannot be changed."""
    facts = dict(STANDARD_FACTS)
    for name, entry in document.facts.items():
        spot = sheet.spot("facts", name)
        if name in STANDARD_FACTS or name in _RESERVED_FACTS:
            message = f"the fact {name!r} is built in and cannot be defined again."
            findings.error(spot, message, hint="choose another name, or map a field to it")
            continue
        if entry.options and entry.kind not in (FactKind.CHOICE, FactKind.CHOICES):
            findings.error(
                sheet.spot("facts", name, "options"),
                "only choices have options.",
                hint="use kind: choice",
            )
        if entry.past and entry.kind not in (FactKind.DATE, FactKind.INSTANT):
            findings.error(
                sheet.spot("facts", name, "past"),
                "only dates and instants can speak of the past.",
                hint="use kind: date, or leave `past` out",
            )
        facts[name] = FactSpec(
            name=name,
            kind=entry.kind,
            sentence=entry.sentence,
            is_personal=entry.personal,
            is_past=entry.past,
            options=tuple(entry.options),
        )
    for name in document.facts:
        if name in facts and facts[name].kind is FactKind.TIMEFRAME:
            _add_days(facts, name, sheet, findings)
    return facts


def _add_days(facts: dict[str, FactSpec], name: str, sheet: Sheet, findings: Findings) -> None:
    """Add the first and the last day that follow from a timeframe of the organisation's own."""
    for spec in derived_days(facts[name]):
        if spec.name in facts:
            message = f"the timeframe {name!r} gives a fact {spec.name!r}, which exists already."
            spot = sheet.spot("facts", name)
            findings.error(spot, message, hint="choose another name")
        else:
            facts[spec.name] = spec


def build_reasons(
    document: ReasonsDocument, sheet: Sheet, findings: Findings
) -> Mapping[str, Reason]:
    """Join the organisation's own reason codes to the built-in ones, which cannot be changed."""
    reasons = dict(REASONS)
    for code, entry in document.reasons.items():
        spot = sheet.spot("reasons", code)
        if code in REASONS:
            message = f"reason code {code!r} is built in and cannot be defined again."
            findings.error(spot, message, hint="choose another code")
        elif CODE_PATTERN.fullmatch(code) is None:
            message = f"{code!r} is not a reason code."
            findings.error(
                spot, message, allowed="capital letters, digits and _, such as FIT_VIP_EMPLOYER"
            )
        else:
            reasons[code] = Reason(
                code=code,
                family=entry.family,
                sentence=entry.sentence,
                severity=entry.severity,
                is_retired=entry.retired,
            )
    return reasons


def build_activities(
    document: ActivitiesDocument,
    sheet: Sheet,
    reasons: Mapping[str, Reason] | None,
    findings: Findings,
) -> Mapping[str, ActivityKind]:
    """Build the kinds of activity, those that are not enabled included."""
    kinds: dict[str, ActivityKind] = {}
    for name, entry in document.activities.items():
        check_reason(findings, sheet.spot("activities", name, "reason"), entry.reason, reasons)
        kinds[name] = ActivityKind(
            name=name,
            strength=entry.strength,
            sentence=entry.sentence,
            reason=entry.reason,
            is_informational=entry.informational,
            is_by_lead=entry.by == "lead",
            is_enabled=entry.enabled,
            response_to=entry.response_to,
            is_governed=entry.governed,
        )
    return kinds
