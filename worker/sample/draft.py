"""A contact while it is made: its row, its story, and what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from worker.sample.columns import Row
from worker.sample.people import Person
from worker.sample.story import Story


class Defect(StrEnum):
    """What was planted on purpose. The names are those of truth.jsonl."""

    DUPLICATE_SAME_EMAIL = "duplicate_same_email"
    DUPLICATE_SAME_PHONE = "duplicate_same_phone"
    DUPLICATE_TYPO_NAME = "duplicate_typo_name"
    DUPLICATE_CONSENT_CONFLICT = "duplicate_consent_conflict"
    RECYCLED_ADDRESS = "recycled_address"
    SHARED_PHONE = "shared_phone"
    SHARED_EMAIL = "shared_email"
    GENERATION_SUFFIX = "generation_suffix"
    FRONT_DESK_PHONE = "front_desk_phone"
    ID_DAMAGED = "id_damaged"
    EMAIL_MALFORMED = "email_malformed"
    EMAIL_TYPO_DOMAIN = "email_typo_domain"
    EMAIL_DISPOSABLE = "email_disposable"
    EMAIL_ROLE_ADDRESS = "email_role_address"
    EMAIL_MISSING = "email_missing"
    NAME_PLACEHOLDER = "name_placeholder"
    NAME_MISSING = "name_missing"
    PHONE_INVALID = "phone_invalid"
    PHONE_MISSING = "phone_missing"
    CHOICE_PLACEHOLDER = "choice_placeholder"
    VOCABULARY_VARIANT = "vocabulary_variant"
    VOCABULARY_UNKNOWN = "vocabulary_unknown"
    ZIP_STATE_MISMATCH = "zip_state_mismatch"
    ZIP_ZERO_LOST = "zip_zero_lost"
    ZIP_MISSING = "zip_missing"
    OUT_OF_AREA = "out_of_area"
    CREATED_IN_FUTURE = "created_in_future"
    STALE = "stale"
    NOT_NOW = "not_now"
    TEST_RECORD = "test_record"
    IMPORT_WITHOUT_CONSENT = "import_without_consent"
    OPTED_OUT_ALL = "opted_out_all"
    OPTED_OUT_EMAIL = "opted_out_email"
    OPTED_OUT_PHONE = "opted_out_phone"
    OPTED_OUT_SMS = "opted_out_sms"
    EMAIL_BOUNCED = "email_bounced"
    CONSENT_MISSING = "consent_missing"
    NPI_INVALID = "npi_invalid"
    DOCUMENTS_INCOMPLETE = "documents_incomplete"
    WANTED_DATE_PAST = "wanted_date_past"
    ORGANISATION_NAME_ODD = "organisation_name_odd"
    LEAD_TYPE_MISSING = "lead_type_missing"
    OWNER_INACTIVE = "owner_inactive"


SECOND_RECORDS: Final = frozenset(
    {Defect.DUPLICATE_SAME_EMAIL, Defect.DUPLICATE_SAME_PHONE, Defect.DUPLICATE_TYPO_NAME}
)
"""One of these marks each second record of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One contact. ``row`` and ``defects`` are filled step by step until the contact is written."""

    row: Row
    story: Story
    person: Person
    household: str | None = None
    organisation: str | None = None
    defects: set[Defect] = field(default_factory=set)

    @property
    def contact_id(self) -> str:
        return self.row["contact_id"]
