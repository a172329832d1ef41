"""The configuration of an organisation with two CRMs, made from the shipped one.

Both hold the same people, each in its own words: other names of fields, other words for stages, other
ids of owners. Contacts of the one are the leads of the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.organisation import MAPPINGS
from worker.cli.configure import NOT_COPIED, copy_tree
from worker.core.model import Stage

HUBSPOT_STAGES: Mapping[Stage, str] = {
    Stage.SUBSCRIBER: "subscriber",
    Stage.LEAD: "lead",
    Stage.NURTURE: "1001",
    Stage.MQL: "marketingqualifiedlead",
    Stage.SQL: "salesqualifiedlead",
    Stage.OPPORTUNITY: "opportunity",
    Stage.CUSTOMER: "customer",
    Stage.DISQUALIFIED: "1003",
    Stage.RECYCLED: "1002",
}
SALESFORCE_STAGES: Mapping[Stage, str] = {
    Stage.SUBSCRIBER: "New",
    Stage.LEAD: "Open - Not Contacted",
    Stage.NURTURE: "Nurturing",
    Stage.MQL: "Marketing Qualified",
    Stage.SQL: "Working - Contacted",
    Stage.OPPORTUNITY: "In Opportunity",
    Stage.CUSTOMER: "Closed - Converted",
    Stage.DISQUALIFIED: "Closed - Not Converted",
    Stage.RECYCLED: "Recycled",
}
_HUBSPOT_NAMES = {
    "lifecycle_stage": "lifecyclestage",
    "owner_id": "hubspot_owner_id",
    "opt_out_email": "hs_email_optout",
    "first_name": "firstname",
    "last_name": "lastname",
}
_SALESFORCE_NAMES = {
    "lifecycle_stage": "Status",
    "owner_id": "OwnerId",
    "opt_out_email": "HasOptedOutOfEmail",
    "opt_out_phone": "DoNotCall",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
}


def hubspot_name(column: str) -> str:
    """Name a column of the shipped map as the first CRM does."""
    return _HUBSPOT_NAMES.get(column, column)


def salesforce_name(column: str) -> str:
    """Name a column of the shipped map as the second CRM does."""
    own = "".join(part.capitalize() for part in column.split("_")) + "__c"
    return _SALESFORCE_NAMES.get(column, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one CRM calls things. ``owner`` turns the number of an owner into its id there."""

    system: str
    contacts: str
    activities: str
    name: Callable[[str], str]
    stages: Mapping[Stage, str]
    owner: Callable[[str], str]
    reference: str


HUBSPOT = Words(
    system="hubspot",
    contacts="contacts",
    activities="calls",
    name=hubspot_name,
    stages=HUBSPOT_STAGES,
    owner=lambda number: f"7700{number}",
    reference="salesforce_lead_id: {from: salesforceleadid, refers_to: salesforce}",
)
SALESFORCE = Words(
    system="salesforce",
    contacts="leads",
    activities="tasks",
    name=salesforce_name,
    stages=SALESFORCE_STAGES,
    owner=lambda number: f"005Rt0000{number}zz",
    reference="hubspot_id: {from: HubSpotId__c, as: id, refers_to: {system: hubspot, object: contacts}}",
)
BOTH = (HUBSPOT, SALESFORCE)
_STAGES = re.compile(r"&stages \{[^}]*\}")


def system_map(words: Words) -> str:
    """Write the field map of one CRM."""
    text = (MAPPINGS / "systems/files.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?<=from: )\w+", lambda found: words.name(found[0]), text)
    text = re.sub(r"(?<=\{to: )\w+", lambda found: words.name(found[0]), text)
    text = re.sub(r"(after_outcome: \[)([^]]*)", lambda f: f[1] + _renamed(f[2], words), text)
    text = re.sub(r"(?<=modified_at: )updated_at", words.name("updated_at"), text)
    text = re.sub(
        r"(?m)(^ {6}(?:at|kind|owner|excluded): )(\w+)", lambda f: f[1] + words.name(f[2]), text
    )
    named = ", ".join(f'"{word}": {stage.value}' for stage, word in words.stages.items())
    text = _STAGES.sub(f"&stages {{{named}}}", text)
    text = re.sub(r" +hubspot_id: .*", f"      {words.reference}", text)
    text = re.sub(r"(system|connector): files", rf"\1: {words.system}", text)
    text = re.sub(r"options:\n  folder: .*", "options: {}", text)
    text = text.replace("object: contacts}\n", f"object: {words.contacts}}}\n")
    text = text.replace("\n  contacts:\n", f"\n  {words.contacts}:\n")
    return text.replace("\n  activities:\n", f"\n  {words.activities}:\n")


def _renamed(columns: str, words: Words) -> str:
    return ", ".join(words.name(column.strip()) for column in columns.split(","))


def write_two_crms(folder: Path) -> None:
    """Write the whole configuration into a folder."""
    copy_tree(MAPPINGS, folder, NOT_COPIED | {"examples"}, dry_run=False)
    (folder / "systems" / "files.yaml").unlink()
    for words in BOTH:
        (folder / "systems" / f"{words.system}.yaml").write_text(system_map(words), "utf-8")
    routing = folder / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    text = re.sub(r"\{files: own-(\d+)\}", lambda found: _owners(found[1]), text)
    text = re.sub(r"\{files: \[own-(\d+)\]\}", lambda found: _owners(found[1], "[{}]"), text)
    routing.write_text(text, encoding="utf-8")


def _owners(number: str, form: str = "{}") -> str:
    each = (f"{w.system}: {form.format(repr(w.owner(number)))}" for w in BOTH)
    return "{" + ", ".join(each) + "}"
