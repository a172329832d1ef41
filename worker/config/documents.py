"""The shape of every file except policies, systems and routing, as pydantic documents."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from worker.config.scalars import (
    BusinessDays,
    Count,
    Document,
    Duration,
    Flag,
    Name,
    Number,
    Percentage,
    Purposes,
    Share,
    Text,
    When,
    Words,
)
from worker.core.calendar_words import DateOrder, Quarters, Weekday
from worker.core.guardrails import Scope
from worker.core.model import ContactChannel, FactKind, Strength
from worker.core.organisations import SameBy
from worker.core.reasons import ReasonFamily, Severity


class PostalCodesEntry(Document):
    table: Text


class HolidaysEntry(Document):
    country: Text
    subdivision: Text | None = None


class CalendarEntry(Document):
    week_starts: Weekday = Weekday.MONDAY
    fiscal_year_starts: Annotated[Count, Field(ge=1, le=12)] | None = None
    quarters: Quarters = Quarters.CALENDAR
    date_order: DateOrder | None = None
    words: dict[Text, Duration] = Field(default_factory=dict)


class OrganisationDocument(Document):
    """organisation.yaml"""

    account: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    time_zone: Text
    default_region: Text
    holidays: HolidaysEntry | None = None
    postal_codes: PostalCodesEntry | None = None
    calendar: CalendarEntry = CalendarEntry()
    same_organisation_by: list[SameBy] = Field(default=list(SameBy), min_length=1)
    public_domains: list[Text] = Field(default_factory=list)


class FactEntry(Document):
    kind: FactKind
    sentence: Text
    personal: Flag = False
    past: Flag = False
    options: list[Text] = Field(default_factory=list)


class ModelDocument(Document):
    """model.yaml"""

    facts: dict[Name, FactEntry] = Field(default_factory=dict)


class ReasonEntry(Document):
    family: ReasonFamily
    sentence: Text
    severity: Severity = Severity.INFO
    retired: Flag = False


class ReasonsDocument(Document):
    """reasons.yaml"""

    reasons: dict[Text, ReasonEntry] = Field(default_factory=dict)


class ActivityEntry(Document):
    strength: Strength
    reason: Text
    sentence: Text
    informational: Flag = False
    by: Literal["lead", "organisation"] = "lead"
    enabled: Flag = True
    response_to: ContactChannel | None = None
    governed: Flag = False


class BurstEntry(Document):
    id: Name
    kinds: list[Text] = Field(min_length=1)
    more_than: Annotated[Count, Field(ge=1)]
    within: Duration


class ExcludeEntry(Document):
    staff_domains: list[Text] = Field(default_factory=list)
    test_domains: list[Text] = Field(default_factory=list)
    sources: list[Text] = Field(default_factory=list)
    bursts: list[BurstEntry] = Field(default_factory=list)


class ActivitiesDocument(Document):
    """activities.yaml"""

    activities: dict[Name, ActivityEntry]
    exclude: ExcludeEntry = ExcludeEntry()


class CatalogEntry(Document):
    title: Text
    synonyms: list[Text] = Field(default_factory=list)
    related: list[Text] = Field(default_factory=list)
    postal_code: Text | None = None
    latitude: Number | None = Field(default=None, ge=-90, le=90)
    longitude: Number | None = Field(default=None, ge=-180, le=180)
    area: Text | None = None
    groups: list[Name] = Field(default_factory=list)
    for_: dict[Name, Words] = Field(default_factory=dict, alias="for")


class AroundEntry(Document):
    site: Text | None = None
    postal_code: Text | None = None
    miles: Number | None = Field(default=None, gt=0)
    kilometers: Number | None = Field(default=None, gt=0)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Around: TypeAlias = Annotated[
    list[AroundEntry],
    BeforeValidator(_as_list, json_schema_input_type=AroundEntry | list[AroundEntry]),
]


class AreaEntry(Document):
    states: list[Text] = Field(default_factory=list)
    around: Around = Field(default_factory=list)
    prefixes: list[Text] = Field(default_factory=list)
    postal_codes: list[Text] = Field(default_factory=list)


class CatalogDocument(Document):
    """catalog.yaml: areas, sites, and any list of what you offer under a name of your own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, CatalogEntry]]

    areas: dict[Name, AreaEntry] = Field(default_factory=dict)


class PathwayEntry(Document):
    pathway: Name
    when: When


class PathwaysDocument(Document):
    """pathways.yaml"""

    pathways: list[PathwayEntry] = Field(min_length=1)


class QualityDocument(Document):
    """quality.yaml"""

    placeholders: list[Text] = Field(default_factory=list)
    disposable_domains: list[Text] = Field(default_factory=list)
    not_disposable: list[Text] = Field(default_factory=list)
    role_addresses: list[Text] = Field(default_factory=list)
    typo_domains: dict[str, Text] = Field(default_factory=dict)
    phone_regions: list[Text] = Field(default_factory=list)
    stale_after: Duration | None = None
    wanted_date_stale_after: Duration | None = None
    severities: dict[str, Severity] = Field(default_factory=dict)
    pathways: dict[str, dict[str, Severity]] = Field(default_factory=dict)
    limits: dict[str, Percentage] = Field(default_factory=dict)


class JurisdictionEntry(Document):
    id: Name
    when: When


class EvidenceEntry(Document):
    id: Name
    when: When
    purposes: Purposes = Field(default_factory=list)
    proof: Text | None = None
    requires_proof: Flag = False
    given_at: Text | None = None
    valid_for: Duration | None = None
    only_in: Words = Field(default_factory=list)
    not_in: Words = Field(default_factory=list)


class ChannelEntry(Document):
    address: Words = Field(default_factory=list)
    opt_out: Words = Field(default_factory=list)
    refused_by: Words = Field(default_factory=list)
    evidence: list[EvidenceEntry] = Field(default_factory=list)


class TopicEntry(Document):
    id: Name
    purposes: Annotated[Words, Field(min_length=1)]
    sentence: Text
    when: When | None = None


class ConsentDocument(Document):
    """consent.yaml"""

    purposes: list[Name] = Field(min_length=1)
    revocation_deadline: BusinessDays = 10
    outreach_purpose: Name | None = None
    alarm_before: BusinessDays = 3
    jurisdictions: list[JurisdictionEntry] = Field(default_factory=list)
    topics: list[TopicEntry] = Field(default_factory=list)
    channels: dict[ContactChannel, ChannelEntry] = Field(min_length=1)


class BudgetEntry(Document):
    id: Name
    scope: Scope
    key: Text = "*"
    max_share: Share | None = None
    max_count: Count | None = None
    floor: Count = 25
    only_overwrites: Flag = False


class GuardrailsDocument(Document):
    """guardrails.yaml"""

    budgets: list[BudgetEntry] = Field(min_length=1)
