"""The shipped configuration with HubSpot in the place of the tables, and an account that fits it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from connectors.sandbox.hubspot.app import HubSpotTwin
from connectors.sandbox.hubspot.definitions import Definition
from worker.cli.configure import copy_configuration
from worker.core.field_map import SystemMap

SHIPPED = Path(__file__).parents[2] / "mappings"


def lay_out(folder: Path) -> Path:
    """Write the configuration of an organisation on HubSpot; the folder."""
    copy_configuration(SHIPPED, folder, "hubspot", dry_run=False)
    return folder


def define(twin: HubSpotTwin, system: SystemMap) -> None:
    """Give the account every property that the map names and HubSpot does not bring."""
    definitions = twin.account.definitions
    for item in system.objects:
        if definitions.knows(item.object_type):
            there = definitions.of(item.object_type)
            missing = [name for name in item.requested_fields() if name not in there]
            own = [Definition(name=name, label=name) for name in missing if "." not in name]
            definitions.put(item.object_type, own)
    stage = definitions.of("contacts")["lifecyclestage"]
    known = {option.value for option in stage.options}
    added = [one for one in ("1001", "1002", "1003") if one not in known]
    more = [msgspec.structs.replace(stage.options[0], value=one) for one in added]
    wide = msgspec.structs.replace(stage, options=(*stage.options, *more))
    definitions.put("contacts", [wide])
