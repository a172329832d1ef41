"""The canonical model: the facts that criteria may read, whatever the CRM calls them.

Field maps translate CRM fields into these facts; policies speak only of them. An organisation adds
its own facts in ``model.yaml``. A fact that is missing is *unknown*: nothing here stands for "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

FactValue: TypeAlias = str | float | bool | date | datetime | tuple[str, ...]
Facts: TypeAlias = Mapping[str, FactValue]


class FactKind(StrEnum):
    """What a fact is, which decides the operators and transforms that fit it."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    POSTAL_CODE = "postal_code"
    STATE = "state"
    NPI = "npi"
    ID = "id"
    TIMEFRAME = "timeframe"


class Stage(StrEnum):
    """Canonical lifecycle stages, in the order of progress; the last two stand outside of it."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    NURTURE = "nurture"
    MQL = "mql"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    DISQUALIFIED = "disqualified"
    RECYCLED = "recycled"


class ContactChannel(StrEnum):
    """A way to reach a person, each with a consent of its own."""

    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"
    MAIL = "mail"


class Strength(StrEnum):
    """How much an observed action says about intent."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpec:
    """One canonical fact. ``is_personal`` marks values that may identify or describe a person.

    ``follows_from`` names the facts that it can be worked out from where no record gives it.
    ``is_past`` marks dates and instants of what has happened, which cannot lie in the future.
    """

    name: str
    kind: FactKind
    sentence: str
    is_personal: bool = False
    options: tuple[str, ...] = ()
    follows_from: tuple[str, ...] = ()
    is_past: bool = False


def _spec(
    name: str, kind: FactKind, sentence: str, *options: str, personal: bool = False
) -> FactSpec:
    return FactSpec(name=name, kind=kind, sentence=sentence, is_personal=personal, options=options)


def _opening(name: str, kind: FactKind, sentence: str) -> FactSpec:
    """Make a fact that follows from the availability of the service line at the site."""
    return FactSpec(name=name, kind=kind, sentence=sentence, follows_from=("service_line", "site"))


def days_of(timeframe: str) -> tuple[str, str]:
    """Name the first and the last day of a fact that states a timeframe."""
    stem = timeframe.removesuffix("_timeframe")
    return f"{stem}_from", f"{stem}_by"


def derived_days(timeframe: FactSpec, *more: str) -> tuple[FactSpec, FactSpec]:
    """Make the two facts that follow from a stated timeframe; they may follow from ``more`` too."""
    first, last = days_of(timeframe.name)
    sources = (timeframe.name, *more)
    return (
        FactSpec(
            name=first,
            kind=FactKind.DATE,
            sentence=f"{timeframe.sentence}: the first day",
            follows_from=sources,
        ),
        FactSpec(
            name=last,
            kind=FactKind.DATE,
            sentence=f"{timeframe.sentence}: the last day",
            follows_from=sources,
        ),
    )


_K = FactKind
_WANTED = _spec("wanted_timeframe", _K.TIMEFRAME, "When the lead wants to begin, as stated")
_PROCUREMENT = _spec("procurement_timeframe", _K.TIMEFRAME, "When a purchase is planned, as stated")

STANDARD_FACTS: Mapping[str, FactSpec] = {
    spec.name: spec
    for spec in (
        # Who
        _spec("first_name", _K.NAME, "Given name", personal=True),
        _spec("last_name", _K.NAME, "Family name", personal=True),
        _spec("email", _K.EMAIL, "E-mail address", personal=True),
        _spec("phone", _K.PHONE, "Telephone number", personal=True),
        _spec("organisation", _K.TEXT, "Name of the practice, employer or plan", personal=True),
        _spec("organisation_id", _K.ID, "Id of the organisation the CRM links the contact with"),
        _spec("organisation_type", _K.CHOICE, "Kind of organisation"),
        _spec("organisation_size", _K.NUMBER, "Employees or covered lives of the organisation"),
        _spec("job_title", _K.TEXT, "Job title", personal=True),
        _spec("role", _K.CHOICE, "Part the contact plays in the decision"),
        _spec("npi", _K.NPI, "National provider identifier of a clinician or practice"),
        _spec("hubspot_id", _K.ID, "Id of the same person in HubSpot"),
        _spec("salesforce_id", _K.ID, "Id of the same person in Salesforce"),
        _spec("salesforce_lead_id", _K.ID, "Id of the lead that is the same person in Salesforce"),
        _spec("salesforce_contact_id", _K.ID, "Id of the contact who is the same in Salesforce"),
        # Where
        _spec("postal_code", _K.POSTAL_CODE, "ZIP or postal code", personal=True),
        _spec("street", _K.TEXT, "Street and house number", personal=True),
        _spec("city", _K.TEXT, "City", personal=True),
        FactSpec(
            name="state",
            kind=_K.STATE,
            sentence="State or province",
            follows_from=("postal_code",),
        ),
        _spec("country", _K.CHOICE, "Country"),
        # What for
        _spec("lead_type", _K.CHOICE, "What kind of lead the CRM says it is"),
        _spec("service_line", _K.CHOICE, "Service line asked for"),
        _spec("site", _K.CHOICE, "Site asked for"),
        _spec("program_interest", _K.CHOICE, "Program an organisation asked about"),
        _spec("referral_category", _K.CHOICE, "Category of the referral reason, no diagnosis"),
        _spec("documents", _K.CHOICES, "Referral documents that are present"),
        _spec("age_band", _K.CHOICE, "Age band, where permitted"),
        _spec("patient_status", _K.CHOICE, "New or existing patient", "new", "existing"),
        _spec("language", _K.CHOICE, "Preferred language"),
        _spec("payer", _K.CHOICE, "Plan name or self-pay"),
        # When
        _spec("wanted_date", _K.DATE, "Date the lead asked for"),
        _spec("wanted_within_days", _K.NUMBER, "Days within which the lead wants to begin"),
        _WANTED,
        *derived_days(_WANTED, "wanted_date", "wanted_within_days"),
        _PROCUREMENT,
        *derived_days(_PROCUREMENT),
        _spec("procurement_timing", _K.CHOICE, "Procurement timing the organisation stated"),
        _spec("not_now", _K.BOOLEAN, "The lead said: not now"),
        _spec("received_at", _K.INSTANT, "When the lead or referral came in"),
        _spec("created_at", _K.INSTANT, "When the CRM record was created"),
        _spec("changed_at", _K.INSTANT, "When the CRM record was last changed"),
        # When we have time: of the lead's service line, at its site or at whichever has it first
        _opening("next_available_at", _K.INSTANT, "When we next have time for the service line"),
        _opening("next_available_site", _K.CHOICE, "Site that next has time for the service line"),
        _opening("open_slots", _K.NUMBER, "Slots that are open there"),
        # How
        _spec("channel", _K.CHOICE, "Channel the lead came in by"),
        _spec("origin", _K.TEXT, "Form, import or integration that made the record"),
        _spec("is_test", _K.BOOLEAN, "Test or staff record"),
        # Consent
        _spec("opt_out_all", _K.BOOLEAN, "Asked not to be contacted at all"),
        _spec("opt_out_email", _K.BOOLEAN, "Asked not to be e-mailed"),
        _spec("opt_out_phone", _K.BOOLEAN, "Asked not to be called"),
        _spec("opt_out_sms", _K.BOOLEAN, "Asked not to be texted"),
        _spec("opt_out_mail", _K.BOOLEAN, "Asked not to be written to"),
        _spec("email_bounced", _K.BOOLEAN, "The address returned mail for good"),
        _spec("consent_email", _K.BOOLEAN, "Agreed to e-mail"),
        _spec("consent_phone", _K.BOOLEAN, "Agreed to calls"),
        _spec("consent_sms", _K.BOOLEAN, "Agreed to text messages"),
        _spec("consent_mail", _K.BOOLEAN, "Agreed to letters"),
        _spec("consent_at", _K.INSTANT, "When consent was given"),
        _spec("consent_proof", _K.TEXT, "Reference of the proof of consent"),
        _spec("preferred_contact", _K.CHOICE, "Preferred way to be contacted"),
        # What the CRM holds now; read for the plan, and available to routing and lifecycle
        _spec("lifecycle_stage", _K.CHOICE, "Lifecycle stage in the CRM"),
        _spec("owner", _K.ID, "Present owner in the CRM"),
        _spec("account_owner", _K.ID, "Owner of the lead's organisation in the CRM"),
        _spec("sales_verdict", _K.CHOICE, "What sales said", "accepted", "rejected", "recycled"),
        _spec("verdict_reason", _K.CHOICE, "Why sales rejected or recycled"),
        _spec("outcome", _K.CHOICE, "What became of the lead"),
        _spec("outcome_at", _K.INSTANT, "When the outcome was recorded"),
    )
}

OPENING_FACTS = frozenset({"next_available_at", "next_available_site", "open_slots"})
"""Facts that no record of a lead gives: they come from the tables of availability."""

ACCOUNT_OWNER = "account_owner"

PAST_FACTS = frozenset({"created_at", "received_at", "changed_at", "consent_at", "outcome_at"})
"""Standard facts that speak of what has happened, and so cannot lie in the future."""

AFTER_OUTCOME_FACTS = frozenset({"sales_verdict", "verdict_reason", "outcome", "outcome_at"})
"""Facts that exist only after the decision: a criterion that reads them would leak the answer."""

RESTRICTIVE_FACTS = frozenset(
    {
        "opt_out_all",
        "opt_out_email",
        "opt_out_phone",
        "opt_out_sms",
        "opt_out_mail",
        "email_bounced",
        "not_now",
        "is_test",
    }
)
"""Booleans for which true wins whenever records of one person disagree."""

SAME_ANSWER: Mapping[str, str] = {
    "procurement_by": "procurement_timing",
    "procurement_timing": "procurement_by",
}
"""Who has answered in one way need not be asked for the other."""

PERMISSIVE_FACTS = frozenset({"consent_email", "consent_phone", "consent_sms", "consent_mail"})
"""Booleans for which an explicit false wins whenever records of one person disagree."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Something the lead did, or that was done towards the lead.

    ``ref`` is the CRM's reference as text. ``is_excluded`` marks what the CRM calls automated: kept
    for the trace, counted for nothing. ``source`` is what reported it: a form, a page, a user.
    """

    ref: str
    kind: str
    at: datetime
    strength: Strength
    service_line: str | None = None
    owner: str | None = None
    channel: str | None = None
    is_excluded: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityKind:
    """One kind of observable action. ``is_informational`` kinds never qualify a lead by themselves.

    ``is_by_lead`` separates what the lead did from what the organisation did (an outbound call).
    ``response_to`` is the channel of the outreach that it answers. ``is_governed`` kinds say something
    delicate, and count only in a condition that names them.
    """

    name: str
    strength: Strength
    sentence: str
    reason: str
    is_informational: bool = False
    is_by_lead: bool = True
    is_enabled: bool = True
    response_to: ContactChannel | None = None
    is_governed: bool = False
