"""Makes a Salesforce org of the tables that ``leadtriage sample`` writes.

The same tables give the same org. Ids of Salesforce say who is a lead and who a contact; else existing
patients and customers are contacts, everybody else a lead. Whoever opted out of everything has an
Individual that says so. Calls and e-mails become tasks, meetings events, replies messages; every other
action the membership of a campaign of its name. What a real org could not hold (a malformed address, a
text too long) is left out and counted, and so is the stage where our package was not deployed.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from itertools import islice
from pathlib import Path
from typing import Final

from connectors.sandbox.salesforce.acts import Acts, ms, put_acts, stamps
from connectors.sandbox.salesforce.columns import ACTIVITY, CONTACT, CUSTOM, LEAD, STAGE, custom
from connectors.sandbox.salesforce.columns import custom_fields as fields_of_people
from connectors.sandbox.salesforce.derived import full_name
from connectors.sandbox.salesforce.errors import RefusedError
from connectors.sandbox.salesforce.fields import Field, ObjectType, Row, Stored
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.values import kept

CHUNK: Final = 1_000
UNKNOWN: Final = "[not provided]"
"""What stands in a field that must not be empty."""
_LEAD, _CONTACT = "00Q", "003"
_QUEUED: Final = ("Lead", "Task")


@dataclass(slots=True, kw_only=True)
class Populated:
    """What was made, and by column what was left out."""

    made: Counter[str] = dataclass_field(default_factory=Counter)
    left_out: Counter[str] = dataclass_field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Filling:
    """A population under way: who owns by the names of the table, and who is who."""

    org: Org
    done: Populated = dataclass_field(default_factory=Populated)
    owners: dict[str, str] = dataclass_field(default_factory=dict)
    people: dict[str, str] = dataclass_field(default_factory=dict)
    accounts: dict[str, str] = dataclass_field(default_factory=dict)


def populate(org: Org, folder: Path, on_progress: Callable[[int], None] | None = None) -> Populated:
    """Fill an org from ``contacts.csv``, ``activities.csv`` and ``owners.csv``.

    Raises:
        OSError: A table cannot be read.
        KeyError: A table lacks a column.
    """
    filling = Filling(org=org)
    sql = org.store.sql
    _define(org)
    sql.execute("BEGIN")
    try:
        _put_owners(filling, folder / "owners.csv")
        _put_people(filling, folder / "contacts.csv", on_progress)
        acts = Acts(org=org, people=filling.people, owners=filling.owners, made=filling.done.made)
        for chunk in chunks(rows(folder / "activities.csv")):
            put_acts(acts, chunk)
    except BaseException:
        sql.execute("ROLLBACK")
        raise
    sql.execute("COMMIT")
    return filling.done


def _define(org: Org) -> None:
    now = org.clock.now_ms()
    for type_ in ("Lead", "Contact"):
        org.schema.add_fields(type_, *fields_of_people(), at=now)
        _track_stage(org, type_)
    for type_ in ("Task", "Event", "CampaignMember"):
        fields = [
            custom(name, "boolean" if column.startswith("is_") else "string")
            for column, name in ACTIVITY.items()
        ]
        org.schema.add_fields(type_, *fields, at=now)


def _track_stage(org: Org, type_: str) -> None:
    """Keep a history of the stage, as an administrator sets after our package was deployed."""
    stage = org.schema.of(type_).field(STAGE[1])
    if stage is not None:
        org.schema.add_fields(type_, replace(stage, is_tracked=True), at=org.clock.now_ms())


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a table."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def chunks(given: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Part rows into lists of a thousand."""
    left = iter(given)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _put_owners(filling: Filling, path: Path) -> None:
    org = filling.org
    for row in rows(path):
        name = row["owner_id"]
        if row["kind"] == "queue":
            queue: Row = {"Name": name, "DeveloperName": name, "Type": "Queue"}
            filling.owners[name] = org.put_row("Group", {**queue, "Email": row["email"]})
            for type_ in _QUEUED:
                org.put_row("QueueSobject", {"QueueId": filling.owners[name], "SobjectType": type_})
        else:
            user: Row = {"Username": row["email"], "Email": row["email"], "LastName": name}
            user |= {"Name": name, "IsActive": int(row["active"] == "true")}
            filling.owners[name] = org.put_row("User", user)
        filling.done.made["owners"] += 1


def _put_people(filling: Filling, path: Path, on_progress: Callable[[int], None] | None) -> None:
    count = 0
    for chunk in chunks(rows(path)):
        made: dict[str, list[Row]] = {"Lead": [], "Contact": []}
        for row in chunk:
            type_ = _type_of(row)
            person = _person(filling, type_, row)
            filling.people[row["contact_id"]] = str(person["Id"])
            made[type_].append(person)
        for type_, people in made.items():
            filling.org.store.insert(type_, people)
            filling.done.made[f"{type_.lower()}s"] += len(people)
        count += len(chunk)
        if on_progress is not None:
            on_progress(count)


def _type_of(row: Mapping[str, str]) -> str:
    given = _given_id(row)
    if given is not None:
        return "Contact" if given.startswith(_CONTACT) else "Lead"
    is_known = row["patient_status"] == "Existing" or row["lifecycle_stage"] == "Customer"
    return "Contact" if is_known else "Lead"


def _given_id(row: Mapping[str, str]) -> str | None:
    found = read_id(row["contact_id"])
    return found if found is not None and found.startswith((_LEAD, _CONTACT)) else None


def _person(filling: Filling, type_: str, row: Mapping[str, str]) -> Row:
    org = filling.org
    object_type = org.schema.of(type_)
    defaults: Row = {
        one.name: one.default for one in object_type.fields.values() if one.default is not None
    }
    person = {**defaults, **_values(filling, object_type, row)}
    person["LastName"] = person.get("LastName") or UNKNOWN
    person["Name"] = full_name(person)
    person["OwnerId"] = _owner(filling, type_, row["owner_id"])
    if type_ == "Lead":
        person["Company"] = person.get("Company") or UNKNOWN
    else:
        person["AccountId"] = _account(filling, row)
    if row.get("opt_out_all") == "true":
        opted: Row = {"LastName": person["LastName"], "HasOptedOutSolicit": 1}
        person["IndividualId"] = org.put_row("Individual", {**opted, "OwnerId": org.person})
    _bounce(person, type_, row)
    created = ms(row["created_at"] or row["updated_at"])
    changed = max(created, ms(row["updated_at"] or row["created_at"]))
    id_ = _given_id(row) or org.new_id(object_type)
    return {**person, **stamps(org, created, changed), "Id": id_}


def _values(filling: Filling, object_type: ObjectType, row: Mapping[str, str]) -> Row:
    own = LEAD if object_type.name == "Lead" else CONTACT
    found: Row = {}
    custom_ones = {column: name for column, (name, _) in CUSTOM.items()}
    for column, name in (*own.items(), *custom_ones.items(), STAGE):
        text = row.get(column, "")
        value = _kept(object_type.field(name), text) if text else None
        if value is not None:
            found[name] = value
        elif text:
            filling.done.left_out[column] += 1
    return found


def _kept(field: Field | None, text: str) -> Stored:
    """Bring a text into the form of its field; None where the org could not hold it."""
    if field is None:
        return None
    try:
        return kept(field, text)
    except RefusedError:
        return None


def _bounce(person: Row, type_: str, row: Mapping[str, str]) -> None:
    if row.get("email_bounced") != "true":
        return
    person["EmailBouncedReason"] = "550 unknown user"
    person["EmailBouncedDate"] = ms(row["updated_at"] or row["created_at"])
    if type_ == "Contact":
        person["IsEmailBounced"] = 1


def _owner(filling: Filling, type_: str, name: str) -> str:
    """Find an owner: a record without one belongs to whoever made it, and a queue owns no contact."""
    org = filling.org
    found = filling.owners.get(name, org.integration_user)
    return org.integration_user if type_ == "Contact" and found.startswith("00G") else found


def _account(filling: Filling, row: Mapping[str, str]) -> str | None:
    name = row["organization"][:255]
    if not name:
        return None
    if name not in filling.accounts:
        size = row["organization_size"]
        account: Row = {"Name": name, "OwnerId": filling.org.integration_user}
        if size.isdecimal():
            account["NumberOfEmployees"] = int(size)
        filling.accounts[name] = filling.org.put_row("Account", account)
        filling.done.made["accounts"] += 1
    return filling.accounts[name]
