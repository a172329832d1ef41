"""A HubSpot account that is filled for measurements, and of which a hundredth is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from connectors.sandbox.clock import SandboxClock, to_ms
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.forms import Submission, add_submissions
from connectors.sandbox.hubspot.owners import all_owners
from connectors.sandbox.hubspot.population import populate
from tests.bench.remote import NOW, PASSED, Filled
from tests.support.hubspot_organisation import define
from worker.config.loader import load_configuration

ENGAGEMENTS = ("calls", "emails", "meetings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an account holds, or what of it was changed, by HubSpot's names."""

    contacts: int
    engagements: Mapping[str, int]
    submissions: Mapping[str, int]
    addresses: int
    owners: Mapping[bool, int]


def fill_account(folder: Path, tables: Path) -> Filled[Base]:
    """Fill an account that fits the configuration in ``folder``."""
    twin = open_twin(clock=SandboxClock(standing_at=NOW))
    populate(twin.account, tables)
    define(twin, load_configuration(folder).systems["hubspot"])
    return Filled(twin=twin, held=_base(twin), change=partial(_change, twin))


def _base(twin: HubSpotTwin) -> Base:
    sql = twin.account.store.sql
    counted = dict(sql.execute("SELECT type, COUNT(*) FROM objects GROUP BY type"))
    forms = dict(sql.execute("SELECT form, COUNT(*) FROM submissions GROUP BY form"))
    bodies = sql.execute("SELECT DISTINCT json_extract(body, '$.values[0]') FROM submissions")
    owners = Counter(owner.archived for owner in all_owners(twin.account.store))
    return Base(
        contacts=counted["contacts"],
        engagements={name: counted.get(name, 0) for name in ENGAGEMENTS},
        submissions=forms,
        addresses=sum('"email"' in text for (text,) in bodies),
        owners={is_archived: owners[is_archived] for is_archived in (False, True)},
    )


def _change(twin: HubSpotTwin) -> Base:
    """Change every hundredth record, each at an instant of its own, and add as many submissions."""
    store, base = twin.account.store, _base(twin)
    twin.clock.advance(timedelta(minutes=1))
    touched = {name: _touch(twin, name) for name in ("contacts", *ENGAGEMENTS)}
    added = {form: count // 100 for form, count in base.submissions.items()}
    emails = [row[0] for row in store.sql.execute(_EMAILS)]
    used: set[str] = set()
    for form, count in added.items():
        fresh = [emails[n % len(emails)] for n in range(count)]
        used.update(fresh)
        at = to_ms(twin.clock.now())
        add_submissions(
            store,
            form,
            [Submission(at=at + n, values=(("email", e),)) for n, e in enumerate(fresh)],
        )
    twin.clock.advance(PASSED - timedelta(minutes=1))
    return replace(
        base,
        contacts=touched["contacts"],
        engagements={name: touched[name] for name in ENGAGEMENTS},
        submissions=added,
        addresses=len(used),
    )


_EMAILS = (
    "SELECT json_extract(properties, '$.email') FROM objects"
    " WHERE type='contacts' AND json_extract(properties, '$.email') IS NOT NULL ORDER BY id"
)


def _touch(twin: HubSpotTwin, object_type: str) -> int:
    store = twin.account.store
    ids = [row[0] for row in store.sql.execute(_IDS, (object_type,))][::100]
    at = twin.clock.now_ms()
    for place, record_id in enumerate(ids):
        record = store.get(object_type, record_id)
        assert record is not None
        more = {"site": "worcester" if place % 2 else "providence"}
        properties = {**record.properties, **(more if object_type == "contacts" else {})}
        store.put([replace(record, modified=at + place, properties=properties)])
    return len(ids)


_IDS = "SELECT id FROM objects WHERE type=? ORDER BY id"
