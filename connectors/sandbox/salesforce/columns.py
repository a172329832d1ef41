"""Which column of a sample stands in which field of the twin: the one table of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.sandbox.salesforce.fields import Field

LEAD: Final = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "organization": "Company",
    "organization_size": "NumberOfEmployees",
    "zip": "PostalCode",
    "state": "State",
    "origin": "LeadSource",
    "opt_out_email": "HasOptedOutOfEmail",
    "opt_out_phone": "DoNotCall",
}
"""Columns that a lead has a field of its own for."""
CONTACT: Final = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "zip": "MailingPostalCode",
    "state": "MailingState",
    "origin": "LeadSource",
    "opt_out_email": "HasOptedOutOfEmail",
    "opt_out_phone": "DoNotCall",
}
"""The same for a contact, whose organization is an account."""
CUSTOM: Final = {
    "organization_type": ("Organization_Type__c", "string"),
    "role": ("Role__c", "string"),
    "npi": ("NPI__c", "string"),
    "hubspot_id": ("HubSpot_Id__c", "string"),
    "lead_type": ("Lead_Type__c", "picklist"),
    "service_line": ("Service_Line__c", "string"),
    "site": ("Site__c", "string"),
    "program": ("Program__c", "string"),
    "referral_category": ("Referral_Category__c", "string"),
    "documents": ("Documents__c", "string"),
    "patient_status": ("Patient_Status__c", "picklist"),
    "age_band": ("Age_Band__c", "string"),
    "language": ("Language__c", "string"),
    "payer": ("Payer__c", "string"),
    "wanted_date": ("Wanted_Date__c", "date"),
    "wanted_within_days": ("Wanted_Within_Days__c", "double"),
    "wanted_timeframe": ("Wanted_Timeframe__c", "string"),
    "procurement_timing": ("Procurement_Timing__c", "picklist"),
    "procurement_timeframe": ("Procurement_Timeframe__c", "string"),
    "not_now": ("Not_Now__c", "boolean"),
    "received_at": ("Received_At__c", "datetime"),
    "channel": ("Channel__c", "string"),
    "is_test": ("Is_Test__c", "boolean"),
    "email_bounced": ("Email_Bounced__c", "boolean"),
    "opt_out_sms": ("Opt_Out_SMS__c", "boolean"),
    "consent_email": ("Consent_Email__c", "boolean"),
    "consent_phone": ("Consent_Phone__c", "boolean"),
    "consent_sms": ("Consent_SMS__c", "boolean"),
    "consent_proof": ("Consent_Proof__c", "string"),
    "consent_at": ("Consent_At__c", "datetime"),
    "preferred_contact": ("Preferred_Contact__c", "picklist"),
    "sales_verdict": ("Sales_Verdict__c", "picklist"),
    "verdict_reason": ("Verdict_Reason__c", "picklist"),
    "outcome": ("Outcome__c", "string"),
    "outcome_at": ("Outcome_At__c", "datetime"),
}
"""Columns that become custom fields, on leads and on contacts. ``opt_out_all`` is an Individual.

Consents are checkboxes, as most orgs have them: one that is not ticked says nothing.
"""
STAGE: Final = ("lifecycle_stage", "Leadtriage_Stage__c")
"""The column of the stage, and the field of our package that holds it."""
ACTIVITY: Final = {"service_line": "Service_Line__c", "is_automated": "Is_Automated__c"}
"""Custom fields of tasks, events and campaign members."""


_LENGTHS: Final = {"string": 255, "picklist": 255, "textarea": 1000}


def custom_fields() -> Iterator[Field]:
    """Make the custom fields of leads and contacts that an organisation has of its own."""
    for name, type_ in CUSTOM.values():
        yield custom(name, type_)


def custom(name: str, type_: str) -> Field:
    """Make a custom field."""
    is_flag = type_ == "boolean"
    return Field(
        name=name,
        type=type_,
        label=name.removesuffix("__c").replace("_", " "),
        length=_LENGTHS.get(type_, 0),
        is_nillable=not is_flag,
        is_defaulted=is_flag,
        default=0 if is_flag else None,
        precision=18 if type_ == "double" else 0,
        is_custom=True,
        is_external_id=name == "HubSpot_Id__c",
    )
