"""The shipped configuration with HubSpot in the place of the tables, and an account that fits it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from connectors.sandbox.hubspot.app import HubSpotTwin
from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from tests.support.hubspot_twin import Account, serving_account
from worker.app import open_app
from worker.cli.configure import copy_configuration
from worker.config.loader import load_configuration
from worker.core.field_map import SystemMap
from worker.steps.sync import RunReport

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


@contextmanager
def serving_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Serve an account that fits a configuration, and lead the worker to it."""
    with serving_account() as account:
        define(account.twin, load_configuration(folder).systems["hubspot"])
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__BASE_URL", account.url)
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", SANDBOX_TOKEN)
        yield account


def run_on(folder: Path, crm: Account) -> RunReport:
    """Sync, ten minutes after what happened last in the account."""
    crm.wait(minutes=10)
    with open_app(folder, now=crm.twin.clock.now(), clock=crm.twin.clock.now) as app:
        return app.sync()
