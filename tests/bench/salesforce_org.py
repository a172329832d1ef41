"""A Salesforce org that is filled for measurements, and of which a hundredth is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import SalesforceTwin, open_twin
from connectors.sandbox.salesforce.population import populate
from connectors.sandbox.salesforce.shipped import deploy_shipped
from tests.bench.remote import NOW, PASSED, Filled
from tests.support.salesforce_organisation import define
from tests.support.salesforce_twin import Org
from worker.config.loader import load_configuration

_OF_LEADS, _OF_CONTACTS = "LIKE '00Q%'", "LIKE '003%'"
_LISTS: Mapping[str, tuple[str, str]] = {
    "calls": ("Task", "CallType IN ('Inbound', 'Outbound') AND WhoId {}"),
    "emails": ("Task", "TaskSubtype = 'Email' AND WhoId {}"),
    "meetings": ("Event", "WhoId {}"),
    "webinars": ("CampaignMember", "Status = 'Attended' AND LeadOrContactId {}"),
    "requests": ("CampaignMember", "HasResponded = 1 AND LeadOrContactId {}"),
    "replies": ("EmailMessageRelation", "RelationId {}"),
}
"""What is read of leads, and of contacts: the object, and which of its rows."""
OBJECTS: Mapping[str, str] = {
    "leads": "Lead",
    "contacts": "Contact",
    **{f"{who}_{name}": _LISTS[name][0] for who in ("lead", "contact") for name in _LISTS},
}
"""What each object type of the shipped map reads."""
_TOUCHED = ("Lead", "Contact", "Task", "Event", "CampaignMember", "EmailMessageRelation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an org holds by object type of the map, and what of it was changed by Salesforce's object."""

    rows: Mapping[str, int]
    owners: Mapping[str, int]
    changed: Mapping[str, int]


def fill_org(folder: Path, tables: Path) -> Filled[Base]:
    """Fill an org that fits the configuration in ``folder``."""
    twin = open_twin(clock=SandboxClock(standing_at=NOW))
    twin.meter.enforces = False
    deploy_shipped(twin.org)
    populate(twin.org, tables)
    define(Org(twin=twin, url=""), load_configuration(folder).systems["salesforce"])
    return Filled(twin=twin, held=_base(twin, {}), change=partial(_change, twin))


def _base(twin: SalesforceTwin, changed: Mapping[str, int]) -> Base:
    rows = {"leads": twin.org.store.count("Lead"), "contacts": twin.org.store.count("Contact")}
    for who, is_of in (("lead", _OF_LEADS), ("contact", _OF_CONTACTS)):
        for name, (table, where) in _LISTS.items():
            rows[f"{who}_{name}"] = _count(twin, table, where.format(is_of))
    owners = {
        "User": _count(twin, "User", "UserType = 'Standard'"),
        "Group": _count(twin, "Group", "Type = 'Queue'"),
    }
    return Base(rows=rows, owners=owners, changed=changed)


def _count(twin: SalesforceTwin, table: str, where: str) -> int:
    sql = f'SELECT COUNT(*) FROM "{table}" WHERE {where}'  # words of this file
    return int(twin.org.store.sql.execute(sql).fetchone()[0])


def _change(twin: SalesforceTwin) -> Base:
    """Change every hundredth record of each object, a hundred in a second, as a person would."""
    twin.clock.advance(timedelta(minutes=1))
    changed = {name: _touch(twin, name) for name in _TOUCHED}
    twin.clock.advance(PASSED - timedelta(minutes=1))
    return _base(twin, changed)


def _touch(twin: SalesforceTwin, name: str) -> int:
    sql, now = twin.org.store.sql, twin.org.stamp()
    more = ", \"Site__c\" = 'worcester'" if name in {"Lead", "Contact"} else ""
    ids = [row[0] for row in sql.execute(f'SELECT Id FROM "{name}" ORDER BY Id')][::100]
    stamped = [(now + at // 100 * 1000,) * 2 + (one,) for at, one in enumerate(ids)]
    sql.executemany(
        f'UPDATE "{name}" SET LastModifiedDate = ?, SystemModstamp = ?{more} WHERE Id = ?',
        stamped,
    )
    return len(ids)
