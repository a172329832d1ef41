"""Every rate of the generative model, in one place. README.md says how they work together.

All are probabilities or shares of contacts unless the name says otherwise. Change them here and
nowhere else; then change ``SAMPLE_VERSION``, because the bytes change too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from worker.sample.vocabulary import TruePathway

SAMPLE_VERSION: Final = "1"
"""Same contacts, seed, until and version: same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayRates:
    """How leads of one pathway behave and come out."""

    share: float
    unit_sizes: Mapping[int, float]  # how many people a household or organisation has
    outcome_base: float  # log odds of success at readiness 0, without follow-up


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectRates:
    """How often each defect is planted."""

    duplicate: float = 0.035
    duplicate_consent_conflict: float = 0.15  # of duplicates
    recycled_address: float = 0.003
    id_damaged: float = 0.004
    email_malformed: float = 0.015
    email_typo_domain: float = 0.012
    email_disposable: float = 0.008
    email_role_address: float = 0.06  # of contacts of organisations
    email_missing: float = 0.05
    name_placeholder: float = 0.008
    name_missing: float = 0.01
    phone_invalid: float = 0.015
    phone_missing: float = 0.2
    choice_placeholder: float = 0.04
    vocabulary_variant: float = 0.12
    vocabulary_unknown: float = 0.012
    zip_state_mismatch: float = 0.01
    zip_zero_lost: float = 0.015
    zip_missing: float = 0.04
    out_of_area: float = 0.08
    created_in_future: float = 0.002
    stale: float = 0.5  # of leads without activities
    not_now: float = 0.02
    test_record: float = 0.008
    import_without_consent: float = 0.06
    opted_out_all: float = 0.02
    opted_out_email: float = 0.03
    opted_out_phone: float = 0.012
    opted_out_sms: float = 0.01
    email_bounced: float = 0.025
    consent_missing: float = 0.12
    npi_invalid: float = 0.06  # of referral contacts
    documents_incomplete: float = 0.35  # of referral contacts
    organisation_name_odd: float = 0.03  # of organisations: quotes, line breaks
    lead_type_missing: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRates:
    """How readiness shows itself, and what follows from it."""

    high_readiness: float = 0.22
    middle_readiness: float = 0.30
    strong_base: float = 0.04  # P(strong action) = base + slope * readiness
    strong_slope: float = 0.66
    medium_base: float = 0.15
    medium_slope: float = 0.45
    recent_when_strong: float = 0.62  # stories that peak in the last 30 days
    recent_when_weak: float = 0.22
    avid_reader: float = 0.04  # reads up to a dozen things instead of four
    silent: float = 0.10  # no activity at all, of leads without a strong or medium action
    bot: float = 0.10
    outcome_after_days: int = 40
    followed_when_strong: float = 0.80
    followed_when_medium: float = 0.30
    followed_when_weak: float = 0.06
    readiness_log_odds: float = 6.5
    targeted_base: float = 0.25  # P(targeted channel) = base + slope * readiness
    targeted_slope: float = 0.4
    targeted_channel_log_odds: float = 0.35
    follow_up_log_odds: float = 2.2
    lost_when_followed: float = 0.65
    rejected_when_followed: float = 0.16
    recycled_when_followed: float = 0.06
    active_after_outcome: float = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRates:
    """How completely forms and people fill a record."""

    line_when_interested: float = 0.85
    line_otherwise: float = 0.4
    wanted_base: float = 0.05
    wanted_slope: float = 0.55  # of readiness, when the lead asked for something
    wanted_far: float = 0.3  # of wanted dates
    wanted_within_days: float = 0.08
    payer: float = 0.45
    patient_status: float = 0.5
    age_band: float = 0.35
    language: float = 0.5
    site: float = 0.3
    category: float = 0.85
    size: float = 0.85
    program: float = 0.8
    procurement_base: float = 0.1
    procurement_slope: float = 0.6
    consent_email: float = 0.66
    consent_phone: float = 0.5
    consent_sms: float = 0.25
    refused: float = 0.08  # of the consents that were not given
    hubspot_id: float = 0.2
    front_desk_phone: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRates:
    """What the members of a household share."""

    shared_phone: float = 0.8
    shared_email: float = 0.05
    generation_suffix: float = 0.15  # of second members: father and son of one name


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRates:
    """Who owns leads that no person has worked yet."""

    nobody: float = 0.76
    integration: float = 0.12
    team: float = 0.065
    outside: float = 0.015
    inactive: float = 0.03
    queue: float = 0.01


_PATHWAYS: Final[Mapping[TruePathway, PathwayRates]] = MappingProxyType(
    {
        TruePathway.PATIENT: PathwayRates(
            share=0.70, unit_sizes={1: 0.91, 2: 0.055, 3: 0.025, 4: 0.01}, outcome_base=-5.9
        ),
        TruePathway.REFERRAL: PathwayRates(
            share=0.15, unit_sizes={1: 0.45, 2: 0.25, 3: 0.15, 4: 0.1, 5: 0.05}, outcome_base=-5.5
        ),
        TruePathway.B2B: PathwayRates(
            share=0.13, unit_sizes={1: 0.5, 2: 0.25, 3: 0.15, 4: 0.1}, outcome_base=-6.4
        ),
        TruePathway.UNCLEAR: PathwayRates(share=0.02, unit_sizes={1: 1.0}, outcome_base=-6.5),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The whole model."""

    pathways: Mapping[TruePathway, PathwayRates] = field(default_factory=lambda: _PATHWAYS)
    story: StoryRates = StoryRates()
    record: RecordRates = RecordRates()
    family: FamilyRates = FamilyRates()
    defects: DefectRates = DefectRates()
    owners: OwnerRates = OwnerRates()


DEFAULT_RATES: Final = Rates()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRates:
    """How people lie in two CRMs, and how far those disagree. ``late`` are stages that people set."""

    both: float = 0.3
    alone: float = 0.06  # in Salesforce and not in HubSpot
    both_late: float = 0.7
    alone_late: float = 0.2
    named_in_hubspot: float = 0.75  # of people in both, the rest of whom e-mail or telephone tells
    named_in_salesforce: float = 0.15
    called_qualified: float = 0.22  # of HubSpot's leads
    stage: float = 0.25
    stage_late: float = 0.08  # moved by sales, and not carried over
    owner: float = 0.03  # beside those who left, whose records sales handed over
    opt_out: float = 0.05  # known in one of them only


DEFAULT_SPLIT: Final = SplitRates()
