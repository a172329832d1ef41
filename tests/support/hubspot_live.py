"""A configuration for HubSpot, an account of the twin that fits it, and what a live check finds there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from connectors.sandbox.hubspot.definitions import Option
from connectors.sandbox.hubspot.tokens import ALL_SCOPES, SANDBOX_TOKEN, Grant
from tests.support.hubspot_organisation import lay_out
from tests.support.hubspot_twin import Account
from worker.app import open_system
from worker.config.findings import Findings
from worker.config.folder import read_sheets
from worker.config.loader import load_configuration
from worker.config.yaml_text import Sheet
from worker.core.configuration import Configuration
from worker.core.setup_records import LiveAccount
from worker.core.wanted_fields import wanted_fields
from worker.ports import Connector, SetsUp
from worker.steps.live import look_live

STAGES = (
    "objects.contacts.fields.lifecycle_stage\n"
    "    The map has no word for 'evangelist', 'other', which the CRM's list of 'lifecyclestage' has.\n"
    "    hint: a lead that stands there is left alone (STAGE_UNKNOWN_VALUE); name its stage"
)
"""What is told of every account that has HubSpot's own stages."""


class HubSpotOrganisation:
    """The configuration that is shipped for HubSpot, and where everything stands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = lay_out(folder)
        self.read()

    def read(self) -> HubSpotOrganisation:
        """Read what the files say now."""
        self.configuration: Configuration = load_configuration(self.folder)
        self.sheets: dict[str, Sheet] = dict(read_sheets(self.folder))
        return self


class Looked:
    """What was found, without the names of files and the numbers of lines."""

    def __init__(self, found: Findings, account: LiveAccount) -> None:
        self.account = account
        self.problems = [_placed(str(one)) for one in found.errors]
        self.warnings = [_placed(str(one)) for one in found.warnings]


def _placed(text: str) -> str:
    head, _, rest = text.partition("  ")
    assert head.split(":")[0] in ("systems/hubspot.yaml", "routing.yaml")
    assert int(head.split(":")[1]) > 1 or rest.startswith("system\n")
    return rest


def set_up(organisation: HubSpotOrganisation, crm: Account) -> None:
    """Make in the account what is written to it."""
    connector = connected(organisation, crm)
    assert isinstance(connector, SetsUp)
    configuration = organisation.configuration
    wanted = wanted_fields(configuration, configuration.systems["hubspot"])
    for step in connector.plan_setup(wanted).steps:
        connector.carry_out(step)


def connected(
    organisation: HubSpotOrganisation, crm: Account, token: str = SANDBOX_TOKEN
) -> Connector:
    system = organisation.configuration.systems["hubspot"]
    options = {"base_url": crm.url, "access_token": token}
    connector = open_system(
        dataclasses.replace(system, options=options),
        organisation.folder,
        clock=crm.twin.clock.now,
    )
    crm.opened.append(connector)
    return connector


def look(organisation: HubSpotOrganisation, crm: Account, token: str = SANDBOX_TOKEN) -> Looked:
    found = Findings()
    account = look_live(
        organisation.configuration,
        organisation.configuration.systems["hubspot"],
        connected(organisation, crm, token),
        organisation.sheets,
        found,
    )
    return Looked(found, account)


def narrow(crm: Account, *scopes: str, **more: Any) -> str:
    crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - set(scopes), **more)
    return "narrow"


def alter(crm: Account, name: str, object_type: str = "contacts", **changes: Any) -> None:
    with crm.twin.lock:
        definitions = crm.twin.account.definitions
        changed = replace(definitions.of(object_type)[name], **changes)
        definitions.put(object_type, [changed])


def remapped(tmp_path: Path, old: str, new: str) -> HubSpotOrganisation:
    """The same organisation with another name in its map."""
    changed = HubSpotOrganisation(tmp_path / "remapped")
    file = changed.folder / "systems" / "hubspot.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    return changed.read()


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(label=value.capitalize(), value=value) for value in values)


def listed(crm: Account, name: str, *values: str) -> None:
    """Make a property a list of choices."""
    alter(crm, name, type="enumeration", field_type="select", options=options(*values))
