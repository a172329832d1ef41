"""The configuration of an organisation on both twins, and who owns leads in both.

HubSpot's example with Salesforce's map beside it, as an organisation with both would write it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from connectors.sandbox.hubspot.owners import Owner, put_owner
from tests.support import hubspot_organisation
from tests.support.hubspot_twin import Account
from tests.support.organisation import MAPPINGS
from tests.support.salesforce_twin import Org

SCHEDULERS = ("101", "102", "103")


def write_configuration(folder: Path, org: Org) -> None:
    """HubSpot's example with Salesforce's map beside it; owners are matched by e-mail."""
    hubspot_organisation.lay_out(folder)
    shutil.copy(MAPPINGS / "examples/salesforce/systems/salesforce.yaml", folder / "systems")
    hubspot = folder / "systems" / "hubspot.yaml"
    text = hubspot.read_text(encoding="utf-8")
    hubspot.write_text(text.replace("# salesforce_", "salesforce_"), "utf-8")
    routing = folder / "routing.yaml"
    text = re.sub(r"own-(\d+)", r'"7700\1"', routing.read_text(encoding="utf-8"))
    nobody = f"unassigned: {{salesforce: [{org.twin.org.person[:15]}], hubspot:"
    text = text.replace("unassigned: {hubspot:", nobody)
    more = "match_owners_by: email\nwithout_account: {salesforce: nothing}\n"
    routing.write_text(text + more, encoding="utf-8")


def add_owners(
    account: Account, org: Org, folder: Path, there: Sequence[str] = SCHEDULERS
) -> dict[str, str]:
    """Give HubSpot all owners of the roster, and Salesforce those ``there``, with the same e-mails."""
    for number in set(re.findall(r"7700(\d+)", (folder / "routing.yaml").read_text("utf-8"))):
        email = f"{number}@clinic.example"
        put_owner(account.twin.account.store, Owner(id=f"7700{number}", email=email))
    users = {}
    for number in there:
        row = {"Username": f"{number}@sf.example", "LastName": number, "Name": number}
        row |= {"Email": f"{number}@Clinic.example"}
        users[f"7700{number}"] = org.twin.org.put_row("User", {**row, "IsActive": 1})
    return users
