"""Every fault that a script of the sandbox can hold is survived by the connector, which loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot.connector import open_connector
from connectors.sandbox.hubspot.tokens import ALL_SCOPES
from connectors.sandbox.script import FaultKind, read_script
from tests.support.hubspot_twin import Account, end_of, pull, records_of, serving_account
from worker.core.records import RecordRef, WriteCommand, WriteOutcome
from worker.ports import Connector, ConnectorContext, ObjectSource
from worker.retry import with_retry

LIST, SEARCH, UPDATE = "GET */objects/contacts", "POST */search", "POST */batch/update"
READING: tuple[dict[str, Any], ...] = (
    {"kind": "latency", "seconds": 0.01},
    {"kind": "status", "status": 500, "times": 2},
    {"kind": "status", "status": 502, "is_html": True},
    {"kind": "status", "status": 429, "times": 3},
    {"kind": "status", "status": 429, "policy": "SECONDLY", "times": 3, "skip": 1},
    {"kind": "status", "status": 429, "retry_after": 4},
    {"kind": "status", "status": 423},
    {"kind": "status", "status": 503, "probability": 0.3, "times": 6},
    {"kind": "drop", "times": 2},
    {"kind": "lost"},
    {"kind": "cut", "times": 2},
    {"kind": "expire"},
    {"kind": "thin", "rows": 0},
    {"kind": "thin", "rows": 3, "times": None},
)
WRITING: tuple[dict[str, Any], ...] = (
    {"kind": "empty"},
    {"kind": "spoil", "inputs": [0, 7, 11]},
    {"kind": "lost"},
    {"kind": "drop"},
    {"kind": "cut"},
    {"kind": "status", "status": 502, "is_html": True},
    {"kind": "status", "status": 400},
    {"kind": "latency", "seconds": 0.01},
    {"kind": "expire"},
)
PEOPLE = 120
APPLIED, UNCHANGED = WriteOutcome.APPLIED, WriteOutcome.UNCHANGED


@pytest.fixture(scope="module")
def served() -> Iterator[Account]:
    with serving_account() as account:
        for n in range(PEOPLE):
            account.add("contacts", email=f"c{n}@example.org", city="old")
        account.twin.tokens.refresh_tokens["refresh"] = ALL_SCOPES
        yield account


@pytest.fixture
def crm(served: Account) -> Iterator[Account]:
    yield served
    served.twin.script.clear()


def connected(crm: Account) -> Connector:
    """Open an OAuth app that waits by moving the clock, and tries reads again as the worker does."""

    def sleep(seconds: float) -> None:
        crm.wait(seconds=seconds)

    tokens = crm.twin.tokens
    app = {"client_id": tokens.client_id, "client_secret": tokens.client_secret}
    retry: Any = partial(with_retry, sleep=sleep)
    connector = open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options={"base_url": crm.url, "refresh_token": "refresh", **app},
            objects=[ObjectSource(object_type="contacts", id_field="hs_object_id")],
            clock=crm.twin.clock.now,
            sleep=sleep,
            retry=retry,
        )
    )
    crm.opened.append(connector)
    return connector


def arm(crm: Account, rule: dict[str, Any], endpoint: str) -> None:
    text = json.dumps([{"endpoint": endpoint, **rule}])
    crm.twin.script.add(*read_script(text.encode()))


@pytest.mark.parametrize("rule", READING, ids=str)
def test_a_list_and_a_search_meet_a_fault_and_give_everybody(
    crm: Account, rule: dict[str, Any]
) -> None:
    connector = connected(crm)
    arm(crm, rule, LIST)
    listed = pull(connector, "contacts", ["city"])
    assert len(records_of(listed)) == PEOPLE
    crm.twin.script.clear()
    crm.wait(minutes=10)
    for one in list(records_of(listed))[:25]:
        crm.change("contacts", one, city=f"moved at {crm.twin.clock.now_ms()}")
    arm(crm, rule, SEARCH)
    assert len(records_of(pull(connector, "contacts", ["city"], end_of(listed)))) >= 25


@pytest.mark.parametrize("rule", WRITING, ids=str)
def test_a_write_meets_a_fault_and_is_done_or_known_to_be_open(
    crm: Account, rule: dict[str, Any]
) -> None:
    connector = connected(crm)
    ids = list(records_of(pull(connector, "contacts", [])))[:104]
    city = f"of {rule} {crm.twin.clock.now_ms()}"
    arm(crm, rule, UPDATE)
    first = _push(connector, ids, city)
    assert len(first) == len(ids)
    landed = {one for one in ids if _city(crm, one) == city}
    assert {one for one, outcome in first.items() if outcome is APPLIED} <= landed
    crm.twin.script.clear()
    second = _push(connector, ids, city)
    assert {one for one, outcome in second.items() if outcome is UNCHANGED} == landed
    assert set(second.values()) <= {APPLIED, UNCHANGED}
    assert {_city(crm, one) for one in ids} == {city}


def _city(crm: Account, record_id: str) -> str:
    record = crm.twin.account.find("contacts", record_id)
    assert record is not None
    return record.properties["city"]


def _push(connector: Connector, ids: list[str], city: str) -> dict[str, WriteOutcome]:
    commands = [
        WriteCommand(
            command_id=one,
            ref=RecordRef(system="hubspot", object_type="contacts", id=one),
            changes={"city": city},
        )
        for one in ids
    ]
    return {result.command_id: result.outcome for result in connector.push(commands)}


OF_SALESFORCE = {"late"}
"""What HubSpot's search shows late is a setting of its twin, and F08."""


def test_every_kind_of_fault_is_tried() -> None:
    tried = {rule["kind"] for rule in (*READING, *WRITING)}
    assert tried == {kind.value for kind in FaultKind} - OF_SALESFORCE
