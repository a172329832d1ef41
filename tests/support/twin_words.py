"""What HubSpot and Salesforce call the same fields, stages and owners, as tests on both twins need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.two_crms import OWNER, STAGE
from tests.support.two_crms_config import HUBSPOT_STAGES
from worker.core.model import Stage

CALLS: Mapping[str, str] = {"inbound_call": "INBOUND", "outbound_call": "OUTBOUND"}
UNKNOWN = frozenset({"created_at", "updated_at"})
"""Columns that each CRM fills by itself."""
HUBSPOT_NAMES = {
    STAGE: "lifecyclestage",
    OWNER: "hubspot_owner_id",
    "first_name": "firstname",
    "last_name": "lastname",
    "opt_out_email": "hs_email_optout",
    "allowed_channels": "leadtriage_allowed_channels",
    "hand_off_summary": "leadtriage_hand_off_summary",
}
SALESFORCE_NAMES = {
    STAGE: "Leadtriage_Stage__c",
    OWNER: "OwnerId",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "zip": "PostalCode",
    "opt_out_email": "HasOptedOutOfEmail",
    "opt_out_phone": "DoNotCall",
    "opt_out_sms": "Opt_Out_SMS__c",
    "consent_email": "Consent_Email__c",
    "consent_phone": "Consent_Phone__c",
    "consent_sms": "Consent_SMS__c",
    "allowed_channels": "Leadtriage_Allowed_Channels__c",
    "hand_off_summary": "Leadtriage_Hand_Off_Summary__c",
}
SALESFORCE_STAGES: Mapping[Stage, str] = {
    Stage.SUBSCRIBER: "Subscriber",
    Stage.LEAD: "Lead",
    Stage.NURTURE: "Nurture",
    Stage.MQL: "Marketing Qualified",
    Stage.SQL: "Sales Qualified",
    Stage.OPPORTUNITY: "Opportunity",
    Stage.CUSTOMER: "Customer",
    Stage.DISQUALIFIED: "Disqualified",
    Stage.RECYCLED: "Recycled",
}


@dataclass(slots=True, kw_only=True)
class Wording:
    """The words of one CRM for the stages and owners of both."""

    stages: Mapping[str, str]
    owners: Mapping[str, str]

    def theirs(self, column: str, text: str) -> str:
        return self._of(column).get(text, text)

    def ours(self, column: str, text: str) -> str:
        return {there: here for here, there in self._of(column).items()}.get(text, text)

    def _of(self, column: str) -> Mapping[str, str]:
        return {STAGE: self.stages, OWNER: self.owners}.get(column, {})


def wordings(users: Mapping[str, str], nobody: str) -> tuple[Wording, Wording]:
    """HubSpot's words and Salesforce's; ``users`` are the users by the owners' ids in HubSpot."""
    here = {stage.value: word for stage, word in HUBSPOT_STAGES.items()}
    there = {stage.value: word for stage, word in SALESFORCE_STAGES.items()}
    owners = {owner.removeprefix("7700"): owner for owner in users}
    theirs = {owner.removeprefix("7700"): user for owner, user in users.items()}
    return (
        Wording(stages=here, owners=owners),
        Wording(stages=there, owners={**theirs, "": nobody}),
    )
