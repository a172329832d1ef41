"""The shipped configuration with Salesforce in the place of the tables, and an org that fits it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.sandbox.salesforce.fields import Field
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from tests.support.salesforce_twin import Org, serving_org
from worker.cli.configure import copy_configuration
from worker.config.loader import load_configuration
from worker.core.field_map import INSTANTS, SCORES, Managed, ObjectMap, SystemMap, Transform

SHIPPED = Path(__file__).parents[2] / "mappings"
_TYPES = {
    Transform.BOOLEAN: "boolean",
    Transform.NUMBER: "double",
    Transform.INSTANT: "datetime",
    Transform.DATE: "date",
}


def lay_out(folder: Path) -> Path:
    """Write the configuration of an organisation on Salesforce; the folder."""
    copy_configuration(SHIPPED, folder, "salesforce", dry_run=False)
    return folder


@contextmanager
def serving_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    """Serve an org that fits a configuration, and lead the worker to it."""
    with serving_org() as org:
        define(org, load_configuration(folder).systems["salesforce"])
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__INSTANCE_URL", org.url)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__ACCESS_TOKEN", SANDBOX_SESSION)
        yield org


def define(org: Org, system: SystemMap) -> None:
    """Give the org every custom field that the map names, of the type it is read or written as."""
    for item in system.objects:
        name = item.options["reads"]
        known = org.twin.org.schema.of(name).fields
        fields = [one for one in _wanted(item) if one.name.lower() not in known]
        org.add_fields(name, *fields)


def _wanted(item: ObjectMap) -> list[Field]:
    types = {one.source: _TYPES.get(one.transform, "string") for one in (*item.reads, *item.unread)}
    types = {write.target: _written_as(write.managed) for write in item.writes} | types
    if item.activity is not None:
        types |= dict.fromkeys(item.activity.columns().values(), "string")
    return [
        _field(*one)
        for one in types.items()
        if one[0].endswith(("__c", "__pc")) and "." not in one[0]
    ]


def _written_as(managed: Managed) -> str:
    if managed is Managed.SUMMARY:
        return "textarea"
    return "datetime" if managed in INSTANTS else "double" if managed in SCORES else "string"


def _field(name: str, kind: str) -> Field:
    length = {"string": 255, "textarea": 1000}.get(kind, 0)
    default = 0 if kind == "boolean" else None
    return Field(
        name=name,
        type=kind,
        label=name,
        length=length,
        default=default,
        is_tracked=kind != "textarea",
    )
