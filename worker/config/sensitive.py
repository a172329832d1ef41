"""Refuses fields that look clinical, unless somebody has written down why they are needed.

The minimum necessary: a decision needs the category of a referral, never the diagnosis.
"""

from __future__ import annotations

import re
from itertools import pairwise

from worker.config.findings import Findings, Spot

_WORDS = frozenset(
    [
        "diagnosis",
        "diagnoses",
        "diagnostic",
        "condition",
        "conditions",
        "medication",
        "medications",
        "medicine",
        "drug",
        "drugs",
        "prescription",
        "icd",
        "icd9",
        "icd10",
        "cpt",
        "snomed",
        "mrn",
        "ssn",
        "symptom",
        "symptoms",
        "allergy",
        "allergies",
        "disease",
        "illness",
        "pregnancy",
        "pregnant",
        "hiv",
        "genetic",
        "lab",
        "labs",
        "treatment",
        "treatments",
        "procedure",
        "procedures",
        "clinical",
        "medical",
        "health",
        "dob",
        "birth",
        "birthdate",
        "birthday",
        "dateofbirth",
        "note",
        "notes",
        "comment",
        "comments",
        "message",
        "messages",
        "body",
        "transcript",
    ]
)
_PAIRS = frozenset({("social", "security"), ("record", "number"), ("chart", "number")})
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def looks_clinical(source: str) -> bool:
    """Tell whether a field's name speaks of clinical content, free text or a date of birth."""
    parts = [part.casefold() for part in _PART.findall(source)]
    pairs = set(pairwise(parts))
    return not _WORDS.isdisjoint(parts) or not _PAIRS.isdisjoint(pairs)


def check_source(source: str, justification: str | None, spot: Spot, findings: Findings) -> None:
    """Report a mapped field with a clinical name and no written justification."""
    if justification is None and looks_clinical(source):
        findings.error(
            spot,
            f"the field {source!r} looks clinical or like free text, and is not read.",
            hint='map a category instead, or add `allow_sensitive: "<why it is needed>"`',
        )
