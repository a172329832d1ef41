"""Keeps a person account and its contact alike: two rows of one person."""

from __future__ import annotations

from typing import Final

from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.org import Org

_SAME: Final = {
    "LastName": "LastName",
    "FirstName": "FirstName",
    "Name": "Name",
    "PersonEmail": "Email",
    "PersonMobilePhone": "MobilePhone",
    "PersonHomePhone": "HomePhone",
    "PersonTitle": "Title",
    "PersonMailingState": "MailingState",
    "PersonMailingPostalCode": "MailingPostalCode",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
    "PersonDoNotCall": "DoNotCall",
    "PersonEmailBouncedReason": "EmailBouncedReason",
    "PersonEmailBouncedDate": "EmailBouncedDate",
    "PersonIndividualId": "IndividualId",
    "Phone": "Phone",
    "OwnerId": "OwnerId",
    "IsDeleted": "IsDeleted",
}
"""Fields of the account, and those of the contact that mean the same."""
_STAMPS: Final = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")


def carry_over(org: Org, type_: str, id_: str) -> None:
    """Carry a change of a person account over to its contact; custom fields are ``Name__pc`` there."""
    if type_ in {"Lead", "Contact"}:
        _mirror_in_campaigns(org, type_, id_)
    if type_ != "Account" or not org.has_person_accounts:
        return
    row = org.store.get("Account", id_)
    if row is None or not row["IsPersonAccount"]:
        return
    mirrored = _mirrored(org, row)
    contact = row["PersonContactId"]
    if contact is None:
        made = org.put_row("Contact", {**mirrored, "AccountId": id_, "IsPersonAccount": 1})
        org.store.change("Account", id_, {"PersonContactId": made})
    else:
        org.store.change("Contact", str(contact), mirrored)


def _mirror_in_campaigns(org: Org, type_: str, id_: str) -> None:
    """Carry opt-outs over to the person's memberships, whose stamps do not move by it."""
    row = org.store.get(type_, id_)
    if row is not None:
        org.store.sql.execute(
            "UPDATE CampaignMember SET HasOptedOutOfEmail = ?, DoNotCall = ?, Email = ?"
            " WHERE LeadOrContactId = ?",
            (row["HasOptedOutOfEmail"], row["DoNotCall"], row["Email"], id_),
        )


def _mirrored(org: Org, row: Row) -> Row:
    found: Row = {theirs: row.get(ours) for ours, theirs in _SAME.items()}
    known = org.schema.of("Contact").fields
    for name, value in row.items():
        theirs = name.removesuffix("__pc") + "__c"
        if name.endswith("__pc") and theirs.lower() in known:
            found[theirs] = value
    return {**found, **{name: row[name] for name in _STAMPS}}
