"""The properties that an account has from the start, for contacts and each kind of engagement.

A small part of what a real account has: what lead work reads, with HubSpot's own names, types and
read-only flags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.sandbox.hubspot.definitions import (
    Definition,
    Definitions,
    ModificationMetadata,
    Option,
)

STAGES: Final = (
    *("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead"),
    *("opportunity", "customer", "evangelist", "other"),
)
_LEAD_STATUSES: Final = (
    *("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL"),
    *("UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"),
)
_LEGAL_BASES: Final = (
    "Legitimate interest – prospect/lead",  # noqa: RUF001  # HubSpot's own dash
    "Legitimate interest – existing customer",  # noqa: RUF001  # HubSpot's own dash
    "Legitimate interest - other",
    "Performance of a contract",
    "Freely given consent from contact",
    "Not applicable",
)
_DIRECTIONS: Final = ("INBOUND", "OUTBOUND")
_EMAIL_DIRECTIONS: Final = ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL")
_EMAIL_STATUSES: Final = ("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT")
_OUTCOMES: Final = ("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED")
_CALL_STATUSES: Final = (
    *("BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING"),
    *("FAILED", "IN_PROGRESS", "NO_ANSWER", "QUEUED", "RINGING"),
)
_TASK_STATUSES: Final = ("NOT_STARTED", "IN_PROGRESS", "COMPLETED", "WAITING", "DEFERRED")
_CHANNELS: Final = ("SMS", "WHATS_APP", "LINKEDIN_MESSAGE", "CUSTOM_CHANNEL_CONVERSATION")

_TEXTS: Final = {
    "contacts": (
        "firstname lastname email jobtitle company address city state zip country website industry"
        " hs_language_text message salutation hs_additional_emails"
    ),
    "companies": "name domain city state zip country phone website",
    "calls": "hs_call_title hs_call_body hs_call_disposition",
    "emails": "hs_email_subject hs_email_text hs_email_html",
    "meetings": "hs_meeting_title hs_meeting_body hs_activity_type",
    "notes": "hs_note_body",
    "tasks": "hs_task_subject hs_task_body hs_task_priority hs_task_type",
    "communications": "hs_communication_body hs_communication_logged_from",
}
_CHOICES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "contacts": {"lifecyclestage": STAGES, "hs_lead_status": _LEAD_STATUSES},
    "calls": {"hs_call_direction": _DIRECTIONS, "hs_call_status": _CALL_STATUSES},
    "emails": {"hs_email_direction": _EMAIL_DIRECTIONS, "hs_email_status": _EMAIL_STATUSES},
    "meetings": {"hs_meeting_outcome": _OUTCOMES},
    "tasks": {"hs_task_status": _TASK_STATUSES},
    "communications": {"hs_communication_channel_type": _CHANNELS},
}
_INSTANTS: Final = {
    "contacts": "closedate",
    "meetings": "hs_meeting_start_time hs_meeting_end_time",
}
_NUMBERS: Final = {"calls": "hs_call_duration"}
_READ_ONLY: Final = {
    "contacts": {
        "hs_email_optout": "bool",
        "hs_email_bounce": "number",
        "hs_email_hard_bounce_reason_enum": "string",
        "hs_email_last_open_date": "datetime",
        "hs_email_last_click_date": "datetime",
        "hs_email_domain": "string",
        "hs_object_source": "string",
        "hs_object_source_label": "string",
        "hs_object_source_id": "string",
        "hs_analytics_source": "string",
        "hs_latest_source": "string",
        "hs_analytics_num_page_views": "number",
        "hs_analytics_last_visit_timestamp": "datetime",
        "num_conversion_events": "number",
        "recent_conversion_date": "datetime",
        "recent_conversion_event_name": "string",
        "first_conversion_date": "datetime",
        "hs_merged_object_ids": "string",
        "hs_calculated_merged_vids": "string",
        "hubspot_owner_assigneddate": "datetime",
        "notes_last_contacted": "datetime",
        "notes_last_updated": "datetime",
        **{f"hs_v2_date_entered_{stage}": "datetime" for stage in STAGES},
        **{f"hs_v2_date_exited_{stage}": "datetime" for stage in STAGES},
        **{f"hs_lifecyclestage_{stage}_date": "datetime" for stage in STAGES},
    },
    "emails": {"hs_email_bounce_error_detail_message": "string"},
}
ENGAGEMENTS: Final = ("calls", "emails", "meetings", "notes", "tasks", "communications")
OBJECT_TYPES: Final = ("contacts", "companies", "deals", *ENGAGEMENTS)
TYPE_IDS: Final = {
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-27": "tasks",
    "0-46": "notes",
    "0-47": "meetings",
    "0-48": "calls",
    "0-49": "emails",
    "0-18": "communications",
}
STAMPS: Final = {
    "contacts": ("createdate", "lastmodifieddate"),
    "companies": ("createdate", "hs_lastmodifieddate"),
    "deals": ("createdate", "hs_lastmodifieddate"),
}
"""Names of the properties with the times of creation and of the last change."""
DEFAULT_STAMPS: Final = ("hs_createdate", "hs_lastmodifieddate")
DEFAULT_PROPERTIES: Final = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
}
"""What comes back, beside the id and the stamps, when no property is asked for."""
SEARCHABLE: Final = ("firstname", "lastname", "email", "phone", "company", "hs_additional_emails")


def stamps_of(object_type: str) -> tuple[str, str]:
    """Name the two stamps of an object type."""
    return STAMPS.get(object_type, DEFAULT_STAMPS)


def install(definitions: Definitions) -> None:
    """Give an account its standard properties, where it has none yet."""
    for object_type in OBJECT_TYPES:
        if not definitions.knows(object_type):
            definitions.put(object_type, _standard(object_type))


def _standard(object_type: str) -> Iterator[Definition]:
    yield from (_read_only(name, "datetime") for name in stamps_of(object_type))
    yield _read_only("hs_object_id", "number")
    for name, type_ in _READ_ONLY.get(object_type, {}).items():
        yield _read_only(name, type_)
    yield from (_writable(name) for name in _TEXTS.get(object_type, "").split())
    yield from (_writable(name, "datetime") for name in _INSTANTS.get(object_type, "").split())
    yield from (_writable(name, "number") for name in _NUMBERS.get(object_type, "").split())
    for name, values in _CHOICES.get(object_type, {}).items():
        yield choice(name, values)
    yield _owner()
    if object_type == "contacts":
        yield _writable("phone", "phone_number")
        yield _writable("mobilephone", "phone_number")
        yield choice("hs_legal_basis", _LEGAL_BASES, field_type="checkbox")
    if object_type in ENGAGEMENTS:
        yield _writable("hs_timestamp", "datetime")


def choice(
    name: str, values: tuple[str, ...], *, field_type: str = "select", is_standard: bool = True
) -> Definition:
    """Define an enumeration by its values."""
    options = tuple(
        Option(label=value.replace("_", " ").capitalize(), value=value, display_order=place)
        for place, value in enumerate(values)
    )
    return Definition(
        name=name,
        label=_label(name),
        type="enumeration",
        field_type=field_type,
        options=options,
        hubspot_defined=is_standard,
        modification_metadata=ModificationMetadata(
            archivable=not is_standard, read_only_definition=is_standard
        ),
    )


def _owner() -> Definition:
    return Definition(
        name="hubspot_owner_id",
        label="Owner",
        type="enumeration",
        field_type="select",
        external_options=True,
        referenced_object_type="OWNER",
        hubspot_defined=True,
        modification_metadata=ModificationMetadata(archivable=False, read_only_definition=True),
    )


_FIELD_TYPES: Final = {
    "string": "text",
    "number": "number",
    "bool": "booleancheckbox",
    "date": "date",
    "datetime": "date",
    "phone_number": "phonenumber",
    "enumeration": "select",
}


def field_type_of(type_: str) -> str:
    """The field by which a person edits a property of this type."""
    return _FIELD_TYPES[type_]


def _writable(name: str, type_: str = "string") -> Definition:
    return Definition(
        name=name,
        label=_label(name),
        type=type_,
        field_type=field_type_of(type_),
        hubspot_defined=True,
        form_field=True,
        modification_metadata=ModificationMetadata(archivable=False, read_only_definition=True),
    )


def _read_only(name: str, type_: str) -> Definition:
    return Definition(
        name=name,
        label=_label(name),
        type=type_,
        field_type=field_type_of(type_),
        hubspot_defined=True,
        modification_metadata=ModificationMetadata(
            archivable=False, read_only_definition=True, read_only_value=True
        ),
    )


def _label(name: str) -> str:
    return name.removeprefix("hs_").replace("_", " ").capitalize()
