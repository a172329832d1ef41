"""The objects of Salesforce that can be read, and what is special about each. Pure data.

What an org's description tells (deletions, merges, conversions, related records) is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WHO: Final = ("Lead", "Contact")
"""Whom an activity can belong to, by the option ``who``."""
KEYS: Final[Mapping[str, str]] = {"Lead": "00Q", "Contact": "003", "Account": "001"}
"""How the ids of those begin who can be people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One object.

    ``related`` are relationships whose fields can be read as ``Campaign.Type``. ``people`` are the fields
    that name whom a row belongs to, the first that is filled counts; ``who`` are the conditions by which a
    listing asks for the rows of one sort of people. ``has_archive`` rows are hidden from a plain query once
    they are old. ``consent`` are the fields that hold what a person refused. ``condition`` holds for every
    row of it, and needs the field ``needs``.
    """

    related: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    who: Mapping[str, str] | None = None
    has_archive: bool = False
    leaves_no_trace: bool = False
    can_write: bool = False
    consent: tuple[str, ...] = ()
    condition: str | None = None
    needs: str | None = None
    lacking: str = ""


def _by_type(relation: str) -> Mapping[str, str]:
    return {who: f"{relation}.Type = '{who}'" for who in WHO}


def _shared(activity: str, *, needs: str) -> Spec:
    """Say how the people of a shared activity are read (Object Reference, TaskRelation and EventRelation)."""
    return Spec(
        related=(activity,),
        people=("RelationId",),
        who=_by_type("Relation"),
        leaves_no_trace=True,
        needs=needs,
        lacking=f"activities are not shared in this org, or that is hidden; read {activity} instead",
    )


_CONSENT: Final = ("HasOptedOutOfEmail", "DoNotCall")

SPECS: Final[Mapping[str, Spec]] = {
    "Lead": Spec(related=("Individual",), can_write=True, consent=_CONSENT),
    "Contact": Spec(related=("Account", "Individual"), can_write=True, consent=_CONSENT),
    "Account": Spec(
        related=("PersonIndividual",),
        can_write=True,
        consent=("PersonHasOptedOutOfEmail", "PersonDoNotCall"),
        condition="IsPersonAccount = true",
        needs="IsPersonAccount",
        lacking="the org has no person accounts, or hides them; take it out of the field map",
    ),
    "Individual": Spec(),
    "Task": Spec(people=("WhoId",), who=_by_type("Who"), has_archive=True),
    "Event": Spec(people=("WhoId",), who=_by_type("Who"), has_archive=True),
    "TaskRelation": _shared("Task", needs="RelationId"),
    # Where activities are not shared it is there as well, and holds who was invited alone.
    "EventRelation": _shared("Event", needs="IsParent"),
    "EmailMessage": Spec(),
    "EmailMessageRelation": Spec(
        related=("EmailMessage",), people=("RelationId",), who=_by_type("Relation")
    ),
    "CampaignMember": Spec(
        related=("Campaign", "Contact"),
        people=("ContactId", "LeadId"),
        who={"Lead": "ContactId = null", "Contact": "ContactId != null"},
    ),
    "OpportunityContactRole": Spec(related=("Opportunity", "Contact")),
    "Opportunity": Spec(),
}
