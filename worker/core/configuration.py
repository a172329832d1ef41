"""Everything an organisation has written, checked and joined: what the core decides by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from worker.core.availability import NO_AVAILABILITY, AvailabilityPolicy
from worker.core.business_days import BusinessDays
from worker.core.calendar_words import PLAIN_CALENDAR, CalendarWords
from worker.core.consent import ConsentPolicy
from worker.core.exclusions import NO_EXCLUSIONS, Exclusions
from worker.core.field_map import SystemMap
from worker.core.guardrails import GuardrailPolicy
from worker.core.hand_off_policy import HandOffPolicy
from worker.core.identity import IdentityPolicy
from worker.core.lifecycle import LifecyclePolicy
from worker.core.model import ActivityKind, FactSpec
from worker.core.organisations import OrganisationPolicy
from worker.core.policy import PathwayRule, Policy
from worker.core.postal_codes import PostalCodes
from worker.core.quality import QualityPolicy
from worker.core.reasons import Reason
from worker.core.routing import RoutingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """``digest`` covers every file a decision depends on; it changes when any of them does.

    ``titles`` says how people call the entries of the catalogue's lists, by id.
    """

    account: str
    time_zone: ZoneInfo
    facts: Mapping[str, FactSpec]
    reasons: Mapping[str, Reason]
    activity_kinds: Mapping[str, ActivityKind]
    systems: Mapping[str, SystemMap]
    pathways: tuple[PathwayRule, ...]
    policies: Mapping[str, Policy]
    quality: QualityPolicy
    consent: ConsentPolicy
    lifecycle: LifecyclePolicy
    routing: RoutingPolicy
    organisations: OrganisationPolicy
    guardrails: GuardrailPolicy
    identity: IdentityPolicy
    digest: str
    titles: Mapping[str, str]
    business_days: BusinessDays
    postal_codes: PostalCodes
    calendar: CalendarWords = PLAIN_CALENDAR
    exclusions: Exclusions = NO_EXCLUSIONS
    availability: AvailabilityPolicy = NO_AVAILABILITY
    hand_off: HandOffPolicy = field(default_factory=HandOffPolicy)
