"""Makes a HubSpot account of the tables that ``leadtriage sample`` writes.

The same tables give the same account. Columns become properties: those HubSpot has a name for under
that name, the others as custom properties under their own. Calls, e-mails and meetings become
engagements with associations; every other action becomes a submission of a form named after it.
What a real account could not hold (a malformed address, one that is taken, a stage that is no
option) is left out and counted.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.associations import link, type_id
from connectors.sandbox.hubspot.consent import GRANTED, put_status
from connectors.sandbox.hubspot.definitions import Definition, ModificationMetadata, Option
from connectors.sandbox.hubspot.errors import ValueRefusedError
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form
from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.hubspot.standard import field_type_of
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.values import instant_of, kept

CHUNK: Final = 1_000
RENAMED: Final = {
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "phone": "phone",
    "organization": "company",
    "zip": "zip",
    "state": "state",
    "lifecycle_stage": "lifecyclestage",
    "owner_id": "hubspot_owner_id",
}
"""Columns that HubSpot has a property of its own for."""
TEXTS: Final = (
    *("organization_type", "role", "npi", "hubspot_id", "lead_type"),
    *("service_line", "site", "program", "referral_category", "documents", "patient_status"),
    *("age_band", "language", "payer", "wanted_timeframe"),
    *("procurement_timing", "procurement_timeframe", "channel", "origin", "consent_proof"),
    *("preferred_contact", "sales_verdict", "verdict_reason", "outcome"),
)
REFERENCES: Final = ("salesforceleadid", "salesforcecontactid")
"""Properties of HubSpot's integration with Salesforce: columns of a sample that is split over both."""
NUMBERS: Final = ("organization_size", "wanted_within_days")
FLAGS: Final = (
    *("not_now", "is_test", "opt_out_all", "opt_out_email", "opt_out_phone", "opt_out_sms"),
    *("email_bounced", "consent_email", "consent_phone", "consent_sms"),
)
INSTANTS: Final = ("received_at", "consent_at", "outcome_at")
DATES: Final = ("wanted_date",)
STAGES: Final = {
    "Subscriber": "subscriber",
    "Lead": "lead",
    "Nurture": "1001",
    "Recycled": "1002",
    "Disqualified": "1003",
    "Marketing Qualified": "marketingqualifiedlead",
    "Sales Qualified": "salesqualifiedlead",
    "Opportunity": "opportunity",
    "Customer": "customer",
}
"""Stages of the sample by their internal values; those an account adds have numbers for names."""
_ENGAGED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "inbound_call": ("calls", {"hs_call_direction": "INBOUND", "hs_call_status": "COMPLETED"}),
    "outbound_call": ("calls", {"hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"}),
    "email_reply": ("emails", {"hs_email_direction": "INCOMING_EMAIL"}),
    "outbound_email": ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}),
    "meeting_held": ("meetings", {"hs_meeting_outcome": "COMPLETED"}),
}
_EXTRA: Final = {"service_line": "string", "is_automated": "bool"}
"""Properties that engagements get beside HubSpot's own."""
_SOURCES: Final = {
    "form": "FORM",
    "integration": "INTEGRATION",
    "user": "CRM_UI",
    "import": "IMPORT",
}


@dataclass(slots=True, kw_only=True)
class Populated:
    """What was made, and by column what was left out."""

    contacts: int = 0
    engagements: int = 0
    submissions: int = 0
    owners: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def populate(
    account: Account, folder: Path, on_progress: Callable[[int], None] | None = None
) -> Populated:
    """Fill an account from ``contacts.csv``, ``activities.csv`` and ``owners.csv``.

    Raises:
        OSError: A table cannot be read.
    """
    done = Populated()
    account.store.sql.execute("BEGIN")
    try:
        _define(account)
        _put_owners(account, folder / "owners.csv", done)
        addresses = _put_contacts(account, folder / "contacts.csv", done, on_progress)
        _put_activities(account, folder / "activities.csv", addresses, done)
    except BaseException:
        account.store.sql.execute("ROLLBACK")
        raise
    account.store.sql.execute("COMMIT")
    return done


def _define(account: Account) -> None:
    stage = account.definitions.of("contacts")["lifecyclestage"]
    order = dict.fromkeys([*STAGES.values(), *(option.value for option in stage.options)])
    labels = {value: label for label, value in STAGES.items()}
    known = {option.value: option.label for option in stage.options}
    options = tuple(
        Option(label=labels.get(value) or known[value], value=value, display_order=place)
        for place, value in enumerate(order)
    )
    definitions = [_custom(name, type_) for name, type_ in _contact_types().items()]
    definitions.append(
        Definition(
            name=stage.name,
            label=stage.label,
            type="enumeration",
            field_type="radio",
            options=options,
            hubspot_defined=True,
            modification_metadata=stage.modification_metadata,
        )
    )
    account.definitions.put("contacts", definitions)
    for object_type in {kind for kind, _ in _ENGAGED.values()}:
        account.definitions.put(object_type, [_custom(*item) for item in _EXTRA.items()])


def _contact_types() -> dict[str, str]:
    return {
        **dict.fromkeys((*TEXTS, *REFERENCES), "string"),
        **dict.fromkeys(NUMBERS, "number"),
        **dict.fromkeys(FLAGS, "bool"),
        **dict.fromkeys(INSTANTS, "datetime"),
        **dict.fromkeys(DATES, "date"),
    }


def _custom(name: str, type_: str) -> Definition:
    return Definition(
        name=name,
        label=name.replace("_", " ").capitalize(),
        type=type_,
        field_type=field_type_of(type_),
        modification_metadata=ModificationMetadata(),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _chunks(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _put_owners(account: Account, path: Path, done: Populated) -> None:
    for number, row in enumerate(_rows(path), start=9_001):
        owner = Owner(
            id=row["owner_id"],
            email=row["email"],
            type="QUEUE" if row["kind"] == "queue" else "PERSON",
            user_id=number,
            user_id_including_inactive=number,
            archived=row["active"] != "true",
        )
        put_owner(account.store, owner)
        done.owners += 1


def _put_contacts(
    account: Account,
    path: Path,
    done: Populated,
    on_progress: Callable[[int], None] | None,
) -> dict[str, tuple[int, str]]:
    """Store the contacts; gives id and address by the id of the table, to join activities with."""
    found: dict[str, tuple[int, str]] = {}
    taken: set[str] = set()
    for chunk in _chunks(_rows(path)):
        records = []
        for row in chunk:
            record = _contact(account, row, taken, done)
            found[row["contact_id"]] = (record.id, record.properties.get("email", ""))
            records.append(record)
        account.store.put(records)
        account.store.put_keys(
            ("contacts", "email", record.properties["email"], record.id)
            for record in records
            if "email" in record.properties
        )
        done.contacts += len(records)
        if on_progress is not None:
            on_progress(done.contacts)
    if found:
        account.store.count_up("id", max(id_ for id_, _ in found.values()))
    return found


def _contact(
    account: Account, row: Mapping[str, str], taken: set[str], done: Populated
) -> StoredObject:
    properties = dict(_properties(account, row, done))
    email = properties.get("email", "")
    if email in taken:
        del properties["email"]
        done.left_out["email"] += 1
    elif email:
        taken.add(email)
        properties["hs_email_domain"] = email.partition("@")[2]
    if properties.get("consent_email") == "true" and "email" in properties:
        put_status(account.store, email, GRANTED)
    id_ = row["contact_id"]
    return StoredObject(
        type="contacts",
        id=int(id_) if id_.isdecimal() else account.store.next_id(),
        created=_ms(row["created_at"]) or 0,
        modified=_ms(row["updated_at"]) or _ms(row["created_at"]) or 0,
        source=_SOURCES.get(row["origin"], "INTEGRATION"),
        properties=properties,
    )


def _properties(
    account: Account, row: Mapping[str, str], done: Populated
) -> Iterator[tuple[str, str]]:
    definitions = account.definitions.of("contacts")
    for column in (*RENAMED, *TEXTS, *REFERENCES, *NUMBERS, *FLAGS, *INSTANTS, *DATES):
        text = row.get(column, "")
        if not text:
            continue
        name = RENAMED.get(column, column)
        try:
            yield name, kept(definitions[name], STAGES.get(text, text) if name == _STAGE else text)
        except ValueRefusedError:
            done.left_out[column] += 1
    if row.get("opt_out_email") == "true":
        yield "hs_email_optout", "true"
    if row.get("email_bounced") == "true":
        yield "hs_email_bounce", "1"
        yield "hs_email_hard_bounce_reason_enum", "UNKNOWN_USER"
    yield "hs_object_source", _SOURCES.get(row["origin"], "INTEGRATION")


_STAGE: Final = "lifecyclestage"


def _put_activities(
    account: Account, path: Path, contacts: Mapping[str, tuple[int, str]], done: Populated
) -> None:
    for chunk in _chunks(_rows(path)):
        engaged = [row for row in chunk if row["type"] in _ENGAGED]
        _put_engagements(account, engaged, contacts)
        done.engagements += len(engaged)
        submitted = [row for row in chunk if row["type"] not in _ENGAGED]
        _put_submissions(account, submitted, contacts)
        done.submissions += len(submitted)


def _put_engagements(
    account: Account, rows: list[dict[str, str]], contacts: Mapping[str, tuple[int, str]]
) -> None:
    if not rows:
        return
    records, links = [], []
    for id_, row in zip(account.store.take_ids(len(rows)), rows, strict=True):
        object_type, fixed = _ENGAGED[row["type"]]
        records.append(_engagement(id_, object_type, fixed, row))
        if row["contact_id"] in contacts:
            contact = contacts[row["contact_id"]][0]
            kind = type_id("contacts", object_type)
            links.append(("contacts", contact, object_type, id_, kind))
    account.store.put(records)
    link(account, links)


def _engagement(
    id_: int, object_type: str, fixed: Mapping[str, str], row: Mapping[str, str]
) -> StoredObject:
    at = _ms(row["occurred_at"]) or 0
    own = {
        "hs_timestamp": row["occurred_at"],
        "hubspot_owner_id": row["owner_id"],
        "service_line": row["service_line"],
        "is_automated": row["is_automated"],
    }
    return StoredObject(
        type=object_type,
        id=id_,
        created=at,
        modified=at,
        properties={**fixed, **{name: text for name, text in own.items() if text}},
    )


def _put_submissions(
    account: Account, rows: list[dict[str, str]], contacts: Mapping[str, tuple[int, str]]
) -> None:
    by_kind: dict[str, list[Submission]] = {}
    for row in rows:
        id_, email = contacts.get(row["contact_id"], (0, ""))
        values = (
            ("email", email),
            ("hs_object_id", str(id_)),
            ("service_line", row["service_line"]),
            ("is_automated", row["is_automated"]),
        )
        submission = Submission(
            at=_ms(row["occurred_at"]) or 0,
            values=tuple((name, text) for name, text in values if text),
        )
        by_kind.setdefault(row["type"], []).append(submission)
    for kind, submissions in by_kind.items():
        form = form_named(kind)
        put_form(account.store, form)
        add_submissions(account.store, form.id, submissions)


def _ms(text: str) -> int | None:
    at = instant_of(text)
    return None if at is None else to_ms(at)
