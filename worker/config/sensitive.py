"""Refuses fields that look clinical, unless somebody has written down why they are needed.

The minimum necessary: a decision needs the category of a referral, never the diagnosis. Names are
split into words (``Primary_Dx__c``, ``primaryDx``); a word counts by itself, two by standing together.
A name is all there is to go by here: what a field holds, only its CRM and its owner know.
"""

from __future__ import annotations

import re
from itertools import pairwise

from worker.config.findings import Findings, Spot


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLINICAL = _words(
    """
    diagnosis diagnoses diagnosed diagnostic dx condition conditions comorbidity comorbidities
    medication medications medicine medicines drug drugs prescription prescriptions rx dosage
    icd icd9 icd10 cpt hcpcs ndc loinc snomed drg
    mrn ssn phi dob birth birthdate birthday dateofbirth passport
    symptom symptoms sx allergy allergies disease diseases illness illnesses disorder disorders
    disability disabilities injury injuries prognosis hx pmh fhx hpi bmi vitals a1c
    pregnancy pregnant hiv hepatitis cancer tumor diabetes diabetic covid depression addiction suicide
    genetic genetics genome dna biopsy pathology lab labs vaccine vaccines vaccination immunization
    immunizations treatment treatments procedure procedures surgery surgeries clinical medical health
    sexual
    """
)
_FREE_TEXT = _words(
    """
    note notes comment comments message messages body transcript transcripts transcription
    description descriptions remark remarks memo narrative freetext voicemail
    """
)
_PAIRS = frozenset(
    tuple(pair.split())
    for pair in (
        "social security",
        "record number",
        "record numbers",
        "chart number",
        "patient number",
        "patient id",
        "member id",
        "member number",
        "subscriber id",
        "beneficiary id",
        "policy number",
        "driver license",
        "drivers license",
        "family history",
        "chief complaint",
        "presenting complaint",
        "presenting problem",
        "visit reason",
        "reason visit",
        "referral reason",
        "reason referral",
        "free text",
        "email text",
        "email html",
        "email subject",
        "additional info",
        "additional information",
        "additional details",
        "anything else",
        "tell us",
        "help you",
    )
)
_HARMLESS = frozenset(
    tuple(pair.split())
    for pair in (
        "health plan",
        "health plans",
        "health insurance",
        "health system",
        "health systems",
        "health center",
        "population health",
        "medical group",
        "medical practice",
        "medical director",
        "medical center",
        "medical school",
        "medical license",
        "clinical director",
        "terms conditions",
    )
)
"""Pairs in which a word speaks of an organisation, a plan, a role or a contract, and of no patient."""
_MEASURES = _words(
    """
    at date contacted updated count num number total id consent opt optin optout preference allowed permission
    """
)
"""Beside one of these, a word for free text tells when, how many or whether, and holds no text."""
_STEMS = ("diagnos", "medication", "dateofbirth", "birthdate", "recordnumber", "socialsecurity")
"""Unmistakable even where a name runs its words together."""
_FILLING = frozenset({"for", "of", "and", "the", "your", "a", "an", "or", "to", "in", "c", "pc"})
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def looks_clinical(source: str) -> bool:
    """Tell whether a field's name speaks of clinical content, free text or a date of birth."""
    parts = [part.casefold() for part in _PART.findall(source)]
    parts = [part for part in parts if part not in _FILLING]
    pairs = set(pairwise(parts))
    excused = {word for pair in pairs & _HARMLESS for word in pair}
    words = set(parts) - excused
    return (
        not _CLINICAL.isdisjoint(words)
        or (not _FREE_TEXT.isdisjoint(words) and _MEASURES.isdisjoint(words))
        or (not _PAIRS.isdisjoint(pairs) and "category" not in words)
        or parts == ["subject"]
        or any(stem in "".join(parts) for stem in _STEMS)
    )


_TOLD = _words(
    """
    result results advice advise finding findings test tests screening scan therapy therapies fertility
    """
)
"""What no first outreach may be about, though a field may be called so."""


def find_clinical_word(sentence: str) -> str | None:
    """Find the first word of a sentence that speaks of health, results or advice; None: none does."""
    parts = _PART.findall(sentence)
    folded = [part.casefold() for part in parts]
    excused = {word for pair in set(pairwise(folded)) & _HARMLESS for word in pair}
    refused = (_CLINICAL | _TOLD) - excused
    return next((part for part in parts if part.casefold() in refused), None)


FEWEST_WORDS = 3
"""A justification that says less than this says nothing."""


def check_source(source: str, justification: str | None, spot: Spot, findings: Findings) -> None:
    """Report a mapped field with a clinical name and no written justification."""
    if justification is None and looks_clinical(source):
        findings.error(
            spot,
            f"the field {source!r} looks clinical or like free text, and is not read.",
            hint='map a category instead, or add `allow_sensitive: "<why it is needed>"`',
        )


def check_justification(justification: str | None, spot: Spot, findings: Findings) -> None:
    """Report a justification that does not justify: compliance has to be able to read it."""
    if justification is not None and len(justification.split()) < FEWEST_WORDS:
        findings.error(
            spot,
            f"{justification!r} does not say why the field is needed.",
            allowed=f"a reason of at least {FEWEST_WORDS} words",
        )
