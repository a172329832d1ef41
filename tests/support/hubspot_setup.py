"""``leadtriage setup hubspot`` on a served twin, and what it did there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from connectors.sandbox.hubspot.definitions import Definition, Option
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from tests.support.command import Ended, run
from tests.support.hubspot_twin import Account, serving_account

OURS = 22
"""How many properties the shipped map writes that no account has."""
_WRITES = ("POST ", "PATCH ", "PUT ", "DELETE ")
_READS = ("access-token-info", "/search", "/batch/read")


def put(crm: Account, *definitions: Definition) -> None:
    """Add or replace definitions of contacts."""
    with crm.twin.lock:
        crm.twin.account.definitions.put("contacts", definitions)


def text(name: str, **more: Any) -> Definition:
    """Define a property, of text unless told otherwise."""
    return Definition(name=name, label=name, **more)


def set_up(folder: Path, crm: Account, *flags: str, token: str = SANDBOX_TOKEN) -> Ended:
    """Run the command."""
    env = {
        "LEADTRIAGE_HUBSPOT__BASE_URL": crm.url,
        "LEADTRIAGE_HUBSPOT__ACCESS_TOKEN": token,
        "COLUMNS": "120",
    }
    return run("setup", "hubspot", *flags, config=folder, now=None, env=env)


def writes(crm: Account) -> dict[str, int]:
    """What was sent since the last time that may have changed something."""
    counted = {
        name: count
        for name, count in crm.counts().items()
        if name.startswith(_WRITES) and not any(read in name for read in _READS)
    }
    return {name.rpartition("/")[2]: count for name, count in counted.items()}


def ours(crm: Account) -> Mapping[str, Definition]:
    """The properties of the account that we write, archived ones as well."""
    found = crm.twin.account.definitions.of("contacts")
    return {name: one for name, one in found.items() if name.startswith("leadtriage_")}


def states(ended: Ended) -> dict[str, str]:
    """How each property stood, by its name."""
    return {field["field"]: field["state"] for field in ended.json["fields"]}


@contextmanager
def serving_unset() -> Iterator[Account]:
    """Serve an account that has the stages of the map, and nothing of ours."""
    with serving_account() as account:
        stage = account.twin.account.definitions.of("contacts")["lifecyclestage"]
        more = [Option(label=f"Stage {name}", value=name) for name in ("1001", "1002", "1003")]
        put(account, msgspec.structs.replace(stage, options=(*stage.options, *more)))
        yield account
