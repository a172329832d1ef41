"""The catalogue of reason codes: one place where each code gets its sentence, family and severity.

Codes are a promise to reports and CRM filters: they are added and retired, never renamed.
Organisations add theirs in ``reasons.yaml``; they cannot change the ones defined here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.core.consent_reasons import CONSENT_SENTENCES
from worker.core.identity_reasons import IDENTITY_WARNINGS

CODE_PATTERN = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


class ReasonFamily(StrEnum):
    """What area of the decision a reason speaks of."""

    FIT = "fit"
    INTENT = "intent"
    TIMING = "timing"
    NURTURE = "nurture"
    CHANNEL = "channel"
    DATA = "data"
    CONSENT = "consent"
    PATHWAY = "pathway"
    IDENTITY = "identity"
    STAGE = "stage"
    AVAILABILITY = "availability"
    ROUTE = "route"
    SLA = "sla"
    WRITE = "write"


class Severity(StrEnum):
    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A stable code and what it says to a salesperson."""

    code: str
    family: ReasonFamily
    sentence: str
    severity: Severity = Severity.INFO
    is_retired: bool = False


_F = ReasonFamily
_S = Severity


def _reason(code: str, family: ReasonFamily, sentence: str, severity: Severity = _S.INFO) -> Reason:
    return Reason(code=code, family=family, sentence=sentence, severity=severity)


_ALL = (
    # Fit
    _reason("FIT_SERVICE_LINE_MATCH", _F.FIT, "Asks for a service line we offer."),
    _reason(
        "FIT_SERVICE_LINE_NOT_OFFERED", _F.FIT, "Asks for a service line we do not offer there."
    ),
    _reason(
        "FIT_SERVICE_LINE_UNKNOWN", _F.FIT, "The service line, or where it is wanted, is not known."
    ),
    _reason("FIT_LOCATION_SERVED", _F.FIT, "Lives or works where we have a site."),
    _reason("FIT_LOCATION_NOT_SERVED", _F.FIT, "Lives or works outside the areas we serve."),
    _reason("FIT_LOCATION_UNKNOWN", _F.FIT, "Location is not known."),
    _reason("FIT_SITE_OFFERS_LINE", _F.FIT, "The site asked for offers the service line."),
    _reason("FIT_SITE_LACKS_LINE", _F.FIT, "The site asked for does not offer the service line."),
    _reason("FIT_PAYER_ACCEPTED", _F.FIT, "Has a plan we accept, or pays privately."),
    _reason("FIT_PAYER_NOT_ACCEPTED", _F.FIT, "Has a plan we do not accept there."),
    _reason("FIT_PAYER_UNKNOWN", _F.FIT, "Whether we accept the plan is not known."),
    _reason("FIT_POPULATION_SERVED", _F.FIT, "Is of an age we serve in this service line."),
    _reason("FIT_POPULATION_NOT_SERVED", _F.FIT, "We do not serve this age in this service line."),
    _reason("FIT_POPULATION_UNKNOWN", _F.FIT, "It is not known whether we serve this age."),
    _reason("FIT_PATIENT_NEW", _F.FIT, "Is a new patient."),
    _reason("FIT_PATIENT_EXISTING", _F.FIT, "Is already a patient."),
    _reason("FIT_PATIENT_STATUS_UNKNOWN", _F.FIT, "New or existing patient is not known."),
    _reason("FIT_LANGUAGE_SERVED", _F.FIT, "Speaks a language our team speaks."),
    _reason("FIT_LANGUAGE_NOT_SERVED", _F.FIT, "Prefers a language no team speaks."),
    _reason("FIT_LANGUAGE_UNKNOWN", _F.FIT, "Preferred language is not known."),
    _reason("FIT_PRACTICE_IDENTIFIED", _F.FIT, "The referring practice is identified."),
    _reason("FIT_PRACTICE_UNIDENTIFIED", _F.FIT, "The referring practice is not identified."),
    _reason("FIT_PRACTICE_UNKNOWN", _F.FIT, "Not enough is known to identify the practice."),
    _reason(
        "FIT_ORGANISATION_UNKNOWN", _F.FIT, "Which organisation the contact is of is not known."
    ),
    _reason("FIT_NPI_VALID", _F.FIT, "A valid NPI is on file."),
    _reason("FIT_NPI_MISSING", _F.FIT, "No valid NPI is on file."),
    _reason("FIT_NPI_UNKNOWN", _F.FIT, "The NPI is not known."),
    _reason("FIT_REFERRAL_CATEGORY_GIVEN", _F.FIT, "The referral reason category is given."),
    _reason("FIT_REFERRAL_CATEGORY_OTHER", _F.FIT, "The referral category is not one we take."),
    _reason("FIT_REFERRAL_CATEGORY_UNKNOWN", _F.FIT, "The referral reason category is not known."),
    _reason("FIT_DOCUMENTS_COMPLETE", _F.FIT, "All required documents are present."),
    _reason("FIT_DOCUMENTS_INCOMPLETE", _F.FIT, "Some required documents are still missing."),
    _reason("FIT_DOCUMENTS_UNKNOWN", _F.FIT, "No document has been recorded yet."),
    _reason("FIT_ROLE_DECIDES", _F.FIT, "Has a role in the decision."),
    _reason("FIT_ROLE_OUTSIDE", _F.FIT, "Has no role in the decision."),
    _reason("FIT_ROLE_UNKNOWN", _F.FIT, "The role in the decision is not known."),
    _reason("FIT_ORGANISATION_TYPE", _F.FIT, "The organisation is of a type that buys."),
    _reason("FIT_ORGANISATION_TYPE_OTHER", _F.FIT, "The organisation is not of a type that buys."),
    _reason("FIT_ORGANISATION_TYPE_UNKNOWN", _F.FIT, "The type of organisation is not known."),
    _reason("FIT_SIZE_IN_RANGE", _F.FIT, "The organisation's size is in range."),
    _reason("FIT_SIZE_OUT_OF_RANGE", _F.FIT, "The organisation's size is out of range."),
    _reason("FIT_SIZE_UNKNOWN", _F.FIT, "The organisation's size is not known."),
    _reason("FIT_PROGRAM_INTEREST", _F.FIT, "Has stated a program of interest."),
    _reason("FIT_PROGRAM_NOT_OFFERED", _F.FIT, "Asks about a program we do not offer."),
    _reason("FIT_PROGRAM_UNKNOWN", _F.FIT, "The program of interest is not known."),
    # Intent
    _reason("INTENT_APPOINTMENT_REQUEST", _F.INTENT, "Asked for an appointment."),
    _reason("INTENT_CONSULTATION_REQUEST", _F.INTENT, "Asked for a consultation."),
    _reason("INTENT_CLICK_TO_CALL", _F.INTENT, "Clicked to call us."),
    _reason("INTENT_INBOUND_CALL", _F.INTENT, "Called us, or clicked to call."),
    _reason("INTENT_DIRECT_CONTACT", _F.INTENT, "Called us or wrote back."),
    _reason("INTENT_CHAT_BOOKING", _F.INTENT, "Asked to book in a chat."),
    _reason("INTENT_REFERRAL_SUBMITTED", _F.INTENT, "Submitted a referral."),
    _reason("INTENT_DEMO_REQUEST", _F.INTENT, "Asked for a demonstration."),
    _reason("INTENT_PRICING_REQUEST", _F.INTENT, "Asked for prices."),
    _reason("INTENT_INSURANCE_CHECK", _F.INTENT, "Started an insurance check."),
    _reason("INTENT_EMAIL_REPLY", _F.INTENT, "Replied to an e-mail."),
    _reason("INTENT_SERVICE_PAGE", _F.INTENT, "Read about a service or a provider."),
    _reason("INTENT_PROVIDER_PAGE", _F.INTENT, "Looked at a provider's page."),
    _reason("INTENT_LOCATION_PAGE", _F.INTENT, "Looked for a location or directions."),
    _reason("INTENT_WEBINAR_ATTENDED", _F.INTENT, "Attended a webinar."),
    _reason("INTENT_EDUCATION_SESSION", _F.INTENT, "Attended an education session for partners."),
    _reason("INTENT_REFERRAL_TOOL", _F.INTENT, "Used the referral tool."),
    _reason("INTENT_GUIDELINE_DOWNLOAD", _F.INTENT, "Downloaded a referral guideline."),
    _reason("INTENT_GUIDE_DOWNLOAD", _F.INTENT, "Downloaded a general guide."),
    _reason("INTENT_ARTICLE_VIEW", _F.INTENT, "Read a general article."),
    _reason("INTENT_EMAIL_OPEN", _F.INTENT, "Opened an e-mail."),
    _reason("INTENT_EMAIL_CLICK", _F.INTENT, "Clicked a link in an e-mail."),
    _reason("INTENT_CONDITION_PAGE", _F.INTENT, "Viewed a condition page."),
    _reason("INTENT_GENERAL_READING", _F.INTENT, "Read general information."),
    _reason("INTENT_STRONG_ACTION", _F.INTENT, "Took a step that shows clear interest."),
    _reason(
        "INTENT_NO_STRONG_ACTION", _F.INTENT, "Has taken no step of late that shows clear interest."
    ),
    _reason("INTENT_OWN_SERVICE_LINE", _F.INTENT, "Acted on the service line asked for."),
    _reason("INTENT_ONLY_INFORMATIONAL", _F.INTENT, "Has only read general information of late."),
    _reason("INTENT_NONE", _F.INTENT, "No action of interest is on record."),
    _reason("INTENT_BUYING_REQUEST", _F.INTENT, "Asked for a demonstration or prices."),
    _reason("INTENT_PARTNER_ENGAGED", _F.INTENT, "The practice uses what we offer to partners."),
    _reason("INTENT_BUYING_GROUP", _F.INTENT, "Several colleagues in the decision are active."),
    # Timing
    _reason("TIMING_WANTED_SOON", _F.TIMING, "Wants to begin soon."),
    _reason(
        "TIMING_WANTED_LATER", _F.TIMING, "Wants to begin later, or the wanted date has passed."
    ),
    _reason("TIMING_UNKNOWN", _F.TIMING, "When it wants to begin is not known."),
    _reason("TIMING_PROCUREMENT_STATED", _F.TIMING, "Has stated when a purchase is planned."),
    _reason(
        "TIMING_PROCUREMENT_FAR", _F.TIMING, "Does not plan to buy within the time we look ahead."
    ),
    _reason("TIMING_RECEIVED_RECENTLY", _F.TIMING, "Came in recently."),
    _reason("TIMING_RECEIVED_EARLIER", _F.TIMING, "Came in some time ago."),
    _reason("TIMING_RECENT_ACTION", _F.TIMING, "Acted recently."),
    _reason("TIMING_NO_RECENT_ACTION", _F.TIMING, "Has not acted recently."),
    _reason(
        "TIMING_STATEMENT_UNREADABLE",
        _F.TIMING,
        "When it wants to begin was stated in words that cannot be dated.",
    ),
    _reason(
        "TIMING_STATEMENT_UNDATED",
        _F.TIMING,
        "When it wants to begin was stated, but not on which day it said so.",
    ),
    _reason("TIMING_NOT_NOW", _F.TIMING, "Said: not now."),
    # Nurture
    _reason("NURTURE_ENGAGED", _F.NURTURE, "Responds to outreach it agreed to."),
    _reason("NURTURE_UNSUBSCRIBED", _F.NURTURE, "Unsubscribed from our e-mails."),
    _reason("NURTURE_ADDRESS_BOUNCED", _F.NURTURE, "The e-mail address returns what we send."),
    _reason("NURTURE_SILENT", _F.NURTURE, "Has not responded for some time."),
    _reason(
        "NURTURE_SCORE_BELOW_THRESHOLD", _F.NURTURE, "Interest does not yet reach what qualifies."
    ),
    _reason("NURTURE_CRITERIA_MISSING", _F.NURTURE, "Some required criteria are not met yet."),
    _reason("NURTURE_STAGE_KEPT", _F.NURTURE, "Keeps the stage: interest has not faded enough."),
    # Channel
    _reason("CHANNEL_TARGETED", _F.CHANNEL, "Came in by a channel that shows purpose."),
    _reason("CHANNEL_BROAD", _F.CHANNEL, "Came in by a broad awareness channel."),
    _reason("CHANNEL_UNKNOWN", _F.CHANNEL, "The channel is not known."),
    # Score
    _reason("SCORE_THRESHOLD_REACHED", _F.INTENT, "Fit and interest together reach the threshold."),
    # Pathway
    _reason("HOLD_PATHWAY_UNCLEAR", _F.PATHWAY, "No pathway can be told from the data.", _S.BLOCK),
    _reason("DISQUALIFIED_TEST_RECORD", _F.PATHWAY, "A test or staff record."),
    _reason("DISQUALIFIED_BY_SALES", _F.PATHWAY, "Sales says it is no lead to work."),
    _reason("DISQUALIFIED_NOT_OFFERED", _F.PATHWAY, "Asks for something we do not offer."),
    # Data
    _reason("DQ_GATE_PASSED", _F.DATA, "The data can be used."),
    _reason("DQ_GATE_FAILED", _F.DATA, "The data cannot be used until it is corrected.", _S.BLOCK),
    _reason("DQ_EMAIL_INVALID", _F.DATA, "The e-mail address is not valid.", _S.WARN),
    _reason("DQ_EMAIL_MISSING", _F.DATA, "No e-mail address.", _S.INFO),
    _reason("DQ_EMAIL_DISPOSABLE", _F.DATA, "The e-mail address is a throw-away one.", _S.WARN),
    _reason("DQ_EMAIL_ROLE", _F.DATA, "The e-mail address belongs to a role, not a person."),
    _reason("DQ_EMAIL_TYPO", _F.DATA, "The e-mail domain looks mistyped.", _S.WARN),
    _reason("DQ_PHONE_INVALID", _F.DATA, "The telephone number is not valid.", _S.WARN),
    _reason("DQ_PHONE_NOT_PERSONAL", _F.DATA, "A premium, pager or service number.", _S.WARN),
    _reason("DQ_PHONE_TOLL_FREE", _F.DATA, "A toll-free number: rarely a person's own."),
    _reason("DQ_PHONE_FICTIONAL", _F.DATA, "The telephone number is nobody's."),
    _reason("DQ_PHONE_REGION", _F.DATA, "The number is of a country we do not serve.", _S.WARN),
    _reason("DQ_PHONE_MISSING", _F.DATA, "No telephone number.", _S.INFO),
    _reason("DQ_NO_CONTACT_POINT", _F.DATA, "Neither e-mail nor phone is usable.", _S.BLOCK),
    _reason("DQ_NAME_MISSING", _F.DATA, "The name is missing.", _S.WARN),
    _reason("DQ_NAME_PLACEHOLDER", _F.DATA, "The name is a placeholder.", _S.WARN),
    _reason("DQ_NAME_NOT_A_NAME", _F.DATA, "The name is an address, link or number.", _S.WARN),
    _reason("DQ_NAME_DOUBTFUL", _F.DATA, "The name may be a placeholder.", _S.WARN),
    _reason("DQ_POSTAL_CODE_INVALID", _F.DATA, "The ZIP or postal code is not valid.", _S.WARN),
    _reason("DQ_POSTAL_CODE_UNKNOWN", _F.DATA, "There is no such ZIP code.", _S.WARN),
    _reason("DQ_POSTAL_CODE_STATE_MISMATCH", _F.DATA, "ZIP and state do not agree.", _S.WARN),
    _reason("DQ_NPI_INVALID", _F.DATA, "The NPI fails its check digit.", _S.WARN),
    _reason("DQ_VALUE_UNKNOWN", _F.DATA, "A value is outside the vocabulary.", _S.WARN),
    _reason("DQ_VALUE_MISSPELLED", _F.DATA, "A value is nearly a known word.", _S.WARN),
    _reason("DQ_VALUE_UNREADABLE", _F.DATA, "A value cannot be read as what it should be."),
    _reason("DQ_VALUE_PLACEHOLDER", _F.DATA, "A placeholder stands where a value should."),
    _reason("DQ_FIELD_MISSING", _F.DATA, "A field that the pathway needs is empty."),
    _reason("DQ_DATE_IMPLAUSIBLE", _F.DATA, "A date lies too far back to be true.", _S.WARN),
    _reason("DQ_WANTED_DATE_PASSED", _F.DATA, "The wanted date passed long ago."),
    _reason("DQ_DATE_IN_FUTURE", _F.DATA, "A past event is dated in the future.", _S.WARN),
    _reason("DQ_OWNER_INACTIVE", _F.DATA, "The owner is no longer active."),
    _reason("DQ_OWNER_UNKNOWN", _F.DATA, "The owner is not known to the CRM."),
    _reason("DQ_RECORD_STALE", _F.DATA, "Nothing changed for a long time."),
    _reason("DQ_DUPLICATE_IN_SYSTEM", _F.DATA, "One CRM has the person more than once."),
    _reason("DQ_FACTS_CONFLICT", _F.DATA, "Records of this person disagree.", _S.WARN),
    _reason("DQ_REJECTED_BY_SALES", _F.DATA, "Sales could not use the data.", _S.BLOCK),
    _reason("DQ_TABLE_ENCODING_GUESSED", _F.DATA, "The table's encoding had to be guessed."),
    _reason("DQ_TABLE_TRUNCATED", _F.DATA, "The table breaks off in its last row.", _S.BLOCK),
    _reason("DQ_TABLE_HIDES", _F.DATA, "Rows that cannot be read may hide others.", _S.WARN),
    _reason(
        "DQ_TABLE_SHRUNK", _F.DATA, "Most records are gone; none is taken as deleted.", _S.WARN
    ),
    _reason("DQ_HEADER_DUPLICATE", _F.DATA, "Two columns have the same name.", _S.WARN),
    _reason("DQ_ROW_UNREADABLE", _F.DATA, "The row cannot be read.", _S.BLOCK),
    _reason("DQ_ROW_ENCODING", _F.DATA, "The row has bytes that are no text.", _S.BLOCK),
    _reason("DQ_ROW_NUL_REMOVED", _F.DATA, "NUL characters were removed from the row."),
    _reason("DQ_ROW_TOO_LONG", _F.DATA, "The row has more cells than the header.", _S.BLOCK),
    _reason("DQ_ROW_TOO_SHORT", _F.DATA, "The row has fewer cells than the header.", _S.BLOCK),
    _reason("DQ_ROW_TOO_LARGE", _F.DATA, "A cell of the row is too large.", _S.BLOCK),
    _reason("DQ_ROW_QUOTE_OPEN", _F.DATA, "A quote is opened and never closed.", _S.BLOCK),
    _reason("DQ_ROW_QUOTE_STRAY", _F.DATA, "A quote stands where none can be.", _S.BLOCK),
    _reason("DQ_ROW_KEY_DUPLICATE", _F.DATA, "The line has the same key twice.", _S.BLOCK),
    _reason("DQ_ROW_NOT_JSON", _F.DATA, "The line is not a JSON object.", _S.BLOCK),
    _reason("DQ_ID_MISSING", _F.DATA, "The record has no id.", _S.BLOCK),
    _reason("DQ_ID_DUPLICATE", _F.DATA, "Two records have the same id.", _S.BLOCK),
    _reason("DQ_ID_DAMAGED", _F.DATA, "A spreadsheet has damaged the record's id.", _S.BLOCK),
    _reason("DQ_ACTIVITY_UNREADABLE", _F.DATA, "An activity has no usable time or kind.", _S.WARN),
    _reason(
        "DQ_AVAILABILITY_UNREADABLE",
        _F.DATA,
        "A row of availability has a date or number that cannot be read.",
        _S.WARN,
    ),
    _reason(
        "DQ_AVAILABILITY_MISSING",
        _F.DATA,
        "The table of availability cannot be read; what was last known holds until it is stale.",
        _S.WARN,
    ),
    _reason("DQ_SOURCE_SKIPPED", _F.DATA, "An optional source could not be read.", _S.WARN),
    # Availability
    _reason(
        "QUALIFIED_WAITING_CAPACITY",
        _F.AVAILABILITY,
        "Qualified, and waits until we have time for new people.",
        _S.BLOCK,
    ),
    _reason(
        "AVAILABILITY_UNKNOWN",
        _F.AVAILABILITY,
        "When we next have time for this service line is not known.",
        _S.WARN,
    ),
    # Identity
    _reason("IDENTITY_LINKED", _F.IDENTITY, "Several records of one person are linked."),
    *(_reason(code, _F.IDENTITY, said, _S.WARN) for code, said in IDENTITY_WARNINGS),
    # Consent
    *(_reason(code, _F.CONSENT, said) for code, said in CONSENT_SENTENCES),
    _reason("CONSENT_REACHABLE", _F.CONSENT, "Can be reached by a channel it agreed to."),
    _reason("CONSENT_NONE_REACHABLE", _F.CONSENT, "No channel may be used.", _S.BLOCK),
    # Stage
    _reason("STAGE_ADVANCED", _F.STAGE, "Moves to a later stage."),
    _reason("STAGE_DISQUALIFIED", _F.STAGE, "Taken out: not a lead to work."),
    _reason("STAGE_UNCHANGED", _F.STAGE, "Keeps its stage."),
    _reason("STAGE_MOVED_BACK", _F.STAGE, "Moves to an earlier stage."),
    _reason("STAGE_OWNED_BY_PEOPLE", _F.STAGE, "The stage belongs to people; it is left alone."),
    _reason("STAGE_SET_BY_PERSON", _F.STAGE, "A person set the stage; it is respected."),
    _reason("STAGE_MOVE_NOT_ALLOWED", _F.STAGE, "The lifecycle does not allow this move."),
    _reason("STAGE_LEFT_TO_PEOPLE", _F.STAGE, "Only people make this move."),
    _reason("STAGE_EVIDENCE_MISSING", _F.STAGE, "Nothing shows yet that the lead may move."),
    _reason("STAGE_PROPOSED_SQL", _F.STAGE, "Proposed as sales qualified; a person confirms it."),
    _reason(
        "STAGE_BACKWARD_NOT_WRITTEN",
        _F.STAGE,
        "The CRM goes on showing a later stage, which is never lowered there.",
    ),
    _reason("STAGE_NOT_IN_CRM", _F.STAGE, "The CRM's list lacks the stage; not written.", _S.WARN),
    _reason("STAGE_NOT_USED_IN_CRM", _F.STAGE, "By policy, a CRM goes without this stage."),
    _reason("STAGE_ALIGNED", _F.STAGE, "All records of the person get the same stage."),
    _reason("STAGE_DWELL_NOT_OVER", _F.STAGE, "Changed too recently to change again."),
    _reason("STAGE_UNKNOWN_VALUE", _F.STAGE, "The CRM's stage is not one we know.", _S.WARN),
    _reason("SALES_REJECTED", _F.STAGE, "Sales rejected the lead."),
    _reason("SALES_RECYCLED", _F.STAGE, "Sales handed the lead back."),
    _reason("SALES_ACCEPTED", _F.STAGE, "Sales accepted the lead."),
    # Route
    _reason("ROUTE_OWNER_NOT_IN_CRM", _F.ROUTE, "The owner has no account in one CRM.", _S.WARN),
    _reason("ROUTE_OWNER_KEPT", _F.ROUTE, "The present owner keeps the lead."),
    _reason("OWNER_SET_BY_PERSON", _F.ROUTE, "A person chose the owner, who keeps the lead."),
    _reason("ROUTE_TEAM_MEMBER", _F.ROUTE, "Given to a member of the team."),
    _reason("ROUTE_ACCOUNT_OWNER", _F.ROUTE, "Given to the owner of its organisation."),
    _reason(
        "ROUTE_ACCOUNT_OWNER_AWAY",
        _F.ROUTE,
        "The owner of its organisation cannot take it now.",
        _S.WARN,
    ),
    _reason(
        "ROUTE_TEAM_AT_CAPACITY",
        _F.ROUTE,
        "Everyone on the team who could take it has a full list.",
        _S.WARN,
    ),
    _reason("ROUTE_TEAM_OFF_DUTY", _F.ROUTE, "Nobody on the team is at work now.", _S.WARN),
    _reason("ROUTE_TEAM_AWAY", _F.ROUTE, "Everyone on the team is away.", _S.WARN),
    _reason(
        "ROUTE_ALL_REFUSED",
        _F.ROUTE,
        "Everyone on the team had it before, or sales said it is the wrong team.",
        _S.WARN,
    ),
    _reason("ROUTE_TEAM_UNSKILLED", _F.ROUTE, "Nobody on the team covers such leads.", _S.WARN),
    _reason(
        "ROUTE_TEAM_INACTIVE",
        _F.ROUTE,
        "Nobody on the team is an active owner in the CRM.",
        _S.WARN,
    ),
    _reason("ROUTE_TEAM_EMPTY", _F.ROUTE, "Nobody is on the team.", _S.WARN),
    _reason(
        "ROUTE_QUEUE_INACTIVE",
        _F.ROUTE,
        "The queue's owner is not active in the CRM.",
        _S.WARN,
    ),
    _reason("ROUTE_OVERFLOW", _F.ROUTE, "Given to whoever takes the overflow."),
    _reason("ROUTE_QUEUE", _F.ROUTE, "Given to a queue.", _S.WARN),
    _reason(
        "HOLD_NO_ACTIVE_OWNER",
        _F.ROUTE,
        "Nobody it could go to is an active owner in the CRM.",
        _S.BLOCK,
    ),
    _reason("ROUTE_NO_RULE", _F.ROUTE, "No routing rule fits.", _S.WARN),
    _reason("ROUTE_OWNER_UNSEEN", _F.ROUTE, "The CRM does not show who owns it.", _S.WARN),
    # Write
    _reason("SLA_REMINDER", _F.SLA, "The owner is reminded of the next step."),
    _reason("SLA_OVERDUE", _F.SLA, "The next step is overdue.", _S.WARN),
    _reason("SLA_REASSIGNED", _F.SLA, "Given to somebody else: nobody had followed up.", _S.WARN),
    _reason("SLA_ESCALATED", _F.SLA, "Escalated: nobody has followed up.", _S.WARN),
    _reason("SLA_FOLLOWED_UP", _F.SLA, "Somebody has followed up in time."),
    _reason("SLA_FOLLOWED_UP_LATE", _F.SLA, "Somebody has followed up, but late."),
    _reason("FOLLOW_UP_MISSED", _F.SLA, "Had the lead and did not follow up in time."),
    _reason("ROSTER_LEFT", _F.ROUTE, "Had the lead and is on the roster no more."),
    _reason("WRITE_NOT_TAKEN", _F.WRITE, "The CRM took the write and changed nothing.", _S.WARN),
    _reason("WRITE_CONFLICT", _F.WRITE, "A person changed the record in the meantime."),
    _reason("WRITE_MISSING", _F.WRITE, "The record no longer exists."),
    _reason("WRITE_REJECTED", _F.WRITE, "The CRM refused the values."),
    _reason("WRITE_NOT_ENCODABLE", _F.WRITE, "The table's encoding has no room for the value."),
    _reason("WRITE_ID_AMBIGUOUS", _F.WRITE, "The id names more than one record."),
    _reason("WRITE_ID_FIELD", _F.WRITE, "The field that identifies records is never written."),
    _reason("WRITE_OBJECT_UNKNOWN", _F.WRITE, "The CRM has no such object type."),
    _reason("WRITE_ROW_UNREADABLE", _F.WRITE, "The record may be in a row that cannot be read."),
    _reason("WRITE_TABLE_CHANGED", _F.WRITE, "The table kept changing while it was written."),
    _reason("WRITE_TOO_LARGE", _F.WRITE, "The row would become too large."),
    _reason("WRITE_UNCERTAIN", _F.WRITE, "It is not known whether the write landed."),
)

REASONS: Mapping[str, Reason] = {reason.code: reason for reason in _ALL}


def sentences(codes: tuple[str, ...], catalogue: Mapping[str, Reason] = REASONS) -> tuple[str, ...]:
    """Say each code in words; a code the catalogue does not know stands for itself."""
    return tuple(catalogue[code].sentence if code in catalogue else code for code in codes)
