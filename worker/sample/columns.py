"""The columns of the sample's tables, in the order in which they are written.

They are exactly what the field map of the files system reads and writes; a test compares the two.
This package does not read ``mappings/``: a sample must not change because a mapping did.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from worker.sample.lists import listed

Row: TypeAlias = dict[str, str]
"""One line of contacts.csv while it is made. Keys are always exactly ``CONTACT_COLUMNS``."""

_READ: Final = listed(
    "contact_id first_name last_name email phone organization organization_type organization_size"
    " role npi hubspot_id zip state lead_type service_line site program referral_category documents"
    " patient_status age_band language payer wanted_date wanted_within_days wanted_timeframe"
    " procurement_timing procurement_timeframe not_now"
    " received_at created_at updated_at channel origin is_test opt_out_all opt_out_email"
    " opt_out_phone opt_out_sms email_bounced consent_email consent_phone consent_sms consent_proof"
    " consent_at preferred_contact lifecycle_stage owner_id sales_verdict verdict_reason"
    " outcome outcome_at"
)
MANAGED_COLUMNS: Final = listed(
    "reason_codes pathway nurture_track next_step next_step_due_at hand_off_summary score_total score_fit"
    " score_intent score_timing score_account decided_at policy_version decision_id allowed_channels"
    " allowed_topics follow_up_state first_follow_up_at"
)
"""Columns that only the worker fills: in the header from the start, empty at first."""

CONTACT_COLUMNS: Final = (*_READ, *MANAGED_COLUMNS)
ACTIVITY_COLUMNS: Final = listed(
    "activity_id contact_id type occurred_at service_line owner_id is_automated"
)
OWNER_COLUMNS: Final = ("owner_id", "email", "active", "kind")

BLANK_ROW: Final[Row] = dict.fromkeys(CONTACT_COLUMNS, "")
"""Copied for every contact, so that a row's values are in the order of the header."""
