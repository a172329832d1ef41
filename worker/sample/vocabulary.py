"""The words of the organisation that the sample fills its tables with.

They are the words of the default catalogue and field map, written as people and forms write them:
titles, keys, synonyms, spelling variants, and a few that nobody offers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from worker.sample.dice import weighted


class TruePathway(StrEnum):
    """What the lead is in truth, whatever its record says."""

    PATIENT = "patient"
    REFERRAL = "referral"
    B2B = "b2b"
    UNCLEAR = "unclear"


LEAD_TYPES: Final = {
    TruePathway.PATIENT: "Patient",
    TruePathway.REFERRAL: "Referral",
    TruePathway.B2B: "Business",
    TruePathway.UNCLEAR: "",
}
SERVICE_LINES: Final = weighted(
    {
        "orthopedics": 0.26,
        "cardiology": 0.2,
        "womens_health": 0.15,
        "physical_therapy": 0.15,
        "behavioral_health": 0.12,
        "primary_care": 0.12,
    }
)
TITLES: Final = {
    "orthopedics": "Orthopedics",
    "cardiology": "Heart care",
    "womens_health": "Women's health",
    "physical_therapy": "Physical therapy",
    "behavioral_health": "Behavioral health",
    "primary_care": "Primary care",
}
VARIANTS: Final = {
    "orthopedics": ("ortho", "bone and joint", "joint replacement", "ORTHOPEDICS", "Orthopaedics"),
    "cardiology": ("heart", "Cardiac", "cardiology", "HEART CARE"),
    "womens_health": ("obgyn", "OB/GYN", "maternity", "Women's Health "),
    "physical_therapy": ("PT", "rehab", "physical_therapy"),
    "behavioral_health": ("counseling", "therapy", "Behavioural health"),
    "primary_care": ("family medicine", "PCP", " Primary Care"),
}
UNKNOWN_SERVICE_LINES: Final = ("GTXPro", "Aesthetics", "Dental", "Sleep lab")
GUIDED_SERVICE_LINES: Final = frozenset({"behavioral_health", "womens_health"})
CHOICE_PLACEHOLDERS: Final = ("Select", "N/A", "n/a", "NULL", "-")

PROGRAMS: Final = ("Employer wellness", "On-site clinic", "Care navigation for members")
PROGRAM_VARIANTS: Final = ("wellness", "onsite", "near-site clinic", "navigation")
SITES: Final = {"MA": ("boston_main", "worcester"), "RI": ("providence",)}
PAYERS: Final = weighted(
    {"Blue Cross": 0.35, "bcbs": 0.1, "Harbor Plan": 0.2, "Medicare": 0.2, "Self-pay": 0.08}
    | {"cash": 0.02, "Northern Mutual": 0.05}
)
LANGUAGES: Final = weighted(
    {"English": 0.7, "en": 0.1, "Spanish": 0.1, "español": 0.02, "Portuguese": 0.06}
    | {"Haitian Creole": 0.02}
)
AGE_BANDS: Final = weighted({"18 to 64": 0.6, "65 and over": 0.28, "65+": 0.04, "Under 18": 0.08})
REFERRAL_CATEGORIES: Final = weighted(
    {"Surgical consultation": 0.3, "Diagnostic work-up": 0.25, "Rehabilitation": 0.2}
    | {"Specialist consultation": 0.2, "imaging": 0.03, "Second opinion": 0.02}
)
PATIENT_ROLES: Final = weighted({"Patient": 0.55, "self": 0.05, "": 0.28, "Caregiver": 0.12})
REFERRAL_ROLES: Final = weighted(
    {"Physician": 0.35, "MD": 0.08, "Practice manager": 0.25, "office manager": 0.07}
    | {"Discharge planner": 0.15, "": 0.1}
)
B2B_ROLES: Final = weighted(
    {"Benefits director": 0.35, "HR director": 0.1, "Procurement": 0.2, "CFO": 0.05}
    | {"Executive": 0.1, "Other": 0.15, "": 0.05}
)
PRACTICE_TYPES: Final = weighted({"practice": 0.8, "hospital": 0.12, "skilled_nursing": 0.08})
COMPANY_TYPES: Final = weighted(
    {"employer": 0.7, "payer": 0.12, "health_system": 0.1, "partner": 0.08}
)
PROCUREMENT: Final = weighted(
    {"This quarter": 0.2, "Next quarter": 0.25, "This year": 0.25, "Undecided": 0.3}
)
TIMEFRAMES: Final = {"14": "in 2 weeks", "30": "within 30 days", "90": "1-3 months"}
"""How forms that ask for words have people say a number of days."""
TARGETED_CHANNELS: Final = {
    TruePathway.PATIENT: weighted(
        {"service_search_ad": 0.45, "Targeted webinar": 0.1, "partner_link": 0.1}
        | {"inbound_phone": 0.3, "paid search": 0.05}
    ),
    TruePathway.REFERRAL: weighted({"partner_link": 0.7, "Partner": 0.1, "inbound_phone": 0.2}),
    TruePathway.B2B: weighted({"targeted_webinar": 0.5, "partner_link": 0.5}),
    TruePathway.UNCLEAR: weighted({"targeted_webinar": 1.0}),
}
BROAD_CHANNELS: Final = weighted(
    {"website_form": 0.5, "website": 0.05, "awareness_ad": 0.35, "display": 0.03, "": 0.07}
)
ORIGINS: Final = weighted({"form": 0.75, "integration": 0.13, "user": 0.12})
PREFERRED: Final = weighted({"email": 0.35, "phone": 0.2, "sms": 0.1, "": 0.35})

INTEGRATION_OWNER: Final = "own-000"
QUEUE_OWNER: Final = "own-900"
INACTIVE_OWNERS: Final = ("own-141", "own-142")
OUTSIDE_OWNERS: Final = ("own-151", "own-152", "own-153")
SCHEDULERS: Final = ("own-101", "own-102", "own-103")
NAVIGATORS: Final = ("own-111", "own-112")
REFERRAL_DESK: Final = ("own-121", "own-122")
SALES: Final = ("own-131", "own-132")
OWNERS: Final = (
    (INTEGRATION_OWNER, True, "person"),
    *((owner, True, "person") for owner in (*SCHEDULERS, *NAVIGATORS, *REFERRAL_DESK, *SALES)),
    *((owner, False, "person") for owner in INACTIVE_OWNERS),
    *((owner, True, "person") for owner in OUTSIDE_OWNERS),
    (QUEUE_OWNER, True, "queue"),
)
"""Every owner of the CRM: id, whether active, kind."""
ONLY_IN: Final = {"own-132": "hubspot", "own-152": "salesforce"}
"""Owners with an account in one CRM alone, where a sample is split over two."""
TEAM_OF: Final = {"Patient": SCHEDULERS, "Referral": REFERRAL_DESK, "Business": SALES}
"""Who works leads, by what the lead type says."""

SUCCESSES: Final = {
    TruePathway.PATIENT: weighted({"appointment_kept": 0.72, "appointment_scheduled": 0.28}),
    TruePathway.REFERRAL: weighted({"referral_intake_completed": 1.0}),
    TruePathway.B2B: weighted({"opportunity": 0.55, "meaningful_conversation": 0.45}),
    TruePathway.UNCLEAR: weighted({"meaningful_conversation": 1.0}),
}
STAGES_AFTER: Final = {
    "appointment_kept": "Customer",
    "appointment_scheduled": "Sales Qualified",
    "referral_intake_completed": "Customer",
    "opportunity": "Opportunity",
    "meaningful_conversation": "Sales Qualified",
}
"""The stage that people set once the outcome is known."""
LOST: Final = "lost"
REJECTED: Final = "rejected"
REJECTION_REASONS: Final = (
    "Not ready",
    "",
    "Wrong team",
    "Not ready",
    "Bad data",
    "Not a lead",
    "",
)
"""Why sales says it rejects a lead; often enough it does not say."""
EARLY_STAGES: Final = weighted({"Subscriber": 0.42, "Lead": 0.36, "": 0.2, "Nurture": 0.02})


def owners_for(pathway: TruePathway, line: str) -> tuple[str, ...]:
    """Name the people who work leads of a pathway."""
    match pathway:
        case TruePathway.REFERRAL:
            return REFERRAL_DESK
        case TruePathway.B2B:
            return SALES
        case _:
            return NAVIGATORS if line in GUIDED_SERVICE_LINES else SCHEDULERS
