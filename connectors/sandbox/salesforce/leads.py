"""What people do to leads in the browser: convert them and merge them. No REST resource does either.

A conversion makes or takes a contact, an account and, if wanted, an opportunity; the lead keeps
standing, read-only. A merge keeps the values of the master, moves what hangs on the others over, and
leaves them deleted with ``MasterRecordId``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import Row, shown_value
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.relations import drop, is_related, tie_of
from connectors.sandbox.salesforce.writing import AS_PERSON, create, elect, impose, present, update

CONVERTED: Final = "Closed - Converted"
_CARRIED: Final = (
    *("LastName", "FirstName", "Salutation", "Title", "Phone", "MobilePhone", "Fax", "Email"),
    *("Description", "LeadSource", "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
    *("EmailBouncedReason", "EmailBouncedDate", "IndividualId", "OwnerId"),
)
"""Fields that a contact has under the same name."""
_MAILING: Final = {
    "Street": "MailingStreet",
    "City": "MailingCity",
    "State": "MailingState",
    "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry",
}
_ACTIVITIES: Final = (
    ("TaskRelation", "RelationId"),
    ("EventRelation", "RelationId"),
    ("Task", "WhoId"),
    ("Event", "WhoId"),
)
_MAIL: Final = ("EmailMessageRelation", "RelationId")
_HANGING: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "Lead": (*_ACTIVITIES, ("CampaignMember", "LeadId"), _MAIL),
    "Contact": (
        *_ACTIVITIES,
        ("CampaignMember", "ContactId"),
        ("OpportunityContactRole", "ContactId"),
        _MAIL,
    ),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
}
"""What refers to a record, and follows it when it is merged."""
_CARRIED_ON: Final = (*_ACTIVITIES, ("CampaignMember", "LeadId"))
"""What of a lead follows it into its contact."""


def convert(
    org: Org,
    lead_id: str,
    *,
    contact_id: str | None = None,
    account_id: str | None = None,
    opportunity_name: str | None = None,
) -> str:
    """Convert a lead; gives the id of the contact.

    Raises:
        RefusedError: It is converted already, or not there.
    """
    lead = present(org, "Lead", lead_id)
    if lead["IsConverted"]:
        raise refusal("CANNOT_UPDATE_CONVERTED_LEAD", "the lead is converted already")
    account = account_id or _account(org, lead)
    contact = contact_id or _contact(org, lead, account)
    opportunity = None if opportunity_name is None else _opportunity(org, opportunity_name, account)
    if opportunity is not None:
        role: dict[str, Json] = {
            "OpportunityId": opportunity,
            "ContactId": contact,
            "IsPrimary": True,
        }
        create(org, "OpportunityContactRole", role)
    _move(org, lead_id, contact)
    after: Row = {
        **lead,
        "IsConverted": 1,
        "Status": CONVERTED,
        "ConvertedDate": org.clock.now().date().isoformat(),
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "ConvertedOpportunityId": opportunity,
    }
    impose(org, "Lead", lead, after)
    return contact


def _account(org: Org, lead: Row) -> str:
    return create(org, "Account", {"Name": lead["Company"], "OwnerId": _user_of(org, lead)})


def _user_of(org: Org, lead: Row) -> str:
    """Give the owner of a lead where it is a person: a queue owns no contact."""
    owner = str(lead["OwnerId"])
    return owner if owner.startswith("005") else org.person


def _contact(org: Org, lead: Row, account: str) -> str:
    contacts, leads = org.schema.of("Contact"), org.schema.of("Lead")
    custom = {
        field.name: field.name
        for field in leads.fields.values()
        if field.is_custom and contacts.field(field.name) is not None
    }
    names = {**{name: name for name in _CARRIED}, **_MAILING, **custom}
    given: dict[str, Json] = {
        theirs: shown_value(leads.fields[ours.lower()], lead[ours])
        for ours, theirs in names.items()
        if lead[ours] is not None
    }
    return create(
        org, "Contact", {**given, "OwnerId": _user_of(org, lead), "AccountId": account}, AS_PERSON
    )


def _opportunity(org: Org, name: str, account: str) -> str:
    given: dict[str, Json] = {
        "Name": name,
        "AccountId": account,
        "StageName": "Prospecting",
        "CloseDate": org.clock.now().date().isoformat(),
    }
    return create(org, "Opportunity", given)


def _move(org: Org, lead: str, contact: str) -> None:
    """Let what hangs on a lead hang on its contact; memberships keep the lead beside."""
    for part, row in _hanging(org, _CARRIED_ON, lead):
        if part == "CampaignMember":
            both: Row = {"ContactId": contact, "LeadOrContactId": contact}
            impose(org, part, row, {**row, **both})
        else:
            _hand_over(org, part, row, lead, contact)


def _hanging(org: Org, parts: Sequence[tuple[str, str]], id_: str) -> Iterator[tuple[str, Row]]:
    for part, field in parts:
        if part.lower() in org.schema.types:
            for row in org.store.find(part, {field: id_, "IsDeleted": 0}):
                yield part, row


def _hand_over(org: Org, part: str, row: Row, old: str, new: str) -> None:
    """Have a row name another record; one whose activity has that other already is dropped."""
    tie = tie_of(org, part)
    if tie is not None and is_related(org, tie, row, new):
        drop(org, tie, row)
        elect(org, tie, row, AS_PERSON)
    else:
        moved: Row = {name: new if value == old else value for name, value in row.items()}
        impose(org, part, row, {**moved, "Id": row["Id"]})


def merge(
    org: Org, type_: str, master_id: str, lost_ids: Sequence[str], taken: Mapping[str, Json] = {}
) -> None:
    """Merge up to two records into a master; ``taken`` are values it gets from them.

    Raises:
        RefusedError: One of them is not there.
    """
    present(org, type_, master_id)
    if not 0 < len(lost_ids) <= 2:
        raise refusal("INVALID_OPERATION", "a merge takes one or two records into a master")
    for lost in lost_ids:
        before = present(org, type_, lost)
        for part, row in _hanging(org, _HANGING[type_], lost):
            _hand_over(org, part, row, lost, master_id)
        impose(org, type_, before, {**before, "IsDeleted": 1, "MasterRecordId": master_id})
    update(org, type_, master_id, taken)


def archive(org: Org, type_: str, id_: str) -> None:
    """Archive an activity: only ``queryAll`` finds it from then on. No stamp moves."""
    org.store.change(type_, id_, {"IsArchived": 1})
