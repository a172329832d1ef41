"""Short forms of a push to the stub: an org, its records, the answers to a write, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.hubspot_stub import FakeTime, Said, Stub
from tests.support.salesforce_opening import command, described, field, opened, page, row
from worker.core.records import RawValue, WriteCommand, WriteOutcome

APPLIED, UNCHANGED, REJECTED = WriteOutcome.APPLIED, WriteOutcome.UNCHANGED, WriteOutcome.REJECTED
MISSING, UNKNOWN, CONFLICT = WriteOutcome.MISSING, WriteOutcome.UNKNOWN, WriteOutcome.CONFLICT
NOTE = "Leadtriage_Note__c"
ORG = described(
    "Lead",
    field("IsConverted", "boolean", updateable=False),
    field("ConvertedContactId", "reference", updateable=False),
    field("OwnerId", "reference", referenceTo=["Group", "User"]),
    field("Status", "picklist", picklistValues=[{"value": "Open"}, {"value": "Closed"}]),
    field("HasOptedOutOfEmail", "boolean"),
    field(NOTE),
    field("Leadtriage_Score__c", "double"),
    field("Leadtriage_Due__c", "datetime"),
    field("Leadtriage_Is__c", "boolean"),
    field("Formula__c", updateable=False),
    field("Leadtriage_Open__c", "picklist", picklistValues=[{"value": "Slow"}]),
    field("Leadtriage_Track__c", "picklist", restrictedPicklist=True,
          picklistValues=[{"value": "Slow"}, {"value": "Old", "active": False}]),
    field("Leadtriage_Channels__c", "multipicklist", restrictedPicklist=True,
          picklistValues=[{"value": "email"}, {"value": "phone"}]),
)  # fmt: skip


def lead(n: int) -> str:
    return f"00Q5g00000{n:05d}EAA"


def there(n: int, **cells: Any) -> Any:
    return row(lead(n), **{"IsConverted": False, NOTE: None, **cells})


def moves(count: int, text: str = "new") -> list[WriteCommand]:
    return [command({NOTE: text}, name=f"w{n}", record_id=lead(n)) for n in range(count)]


def good(n: int) -> dict[str, object]:
    return {"id": lead(n), "success": True, "errors": []}


def bad(code: str, message: str = "zaphod@example.org") -> dict[str, object]:
    error = {"statusCode": code, "message": message, "fields": ["Email"]}
    return {"success": False, "errors": [error]}


def push(stub: Stub, commands: Sequence[WriteCommand]) -> list[tuple[WriteOutcome, str | None]]:
    connector = opened(stub, FakeTime(), retries=False)
    results = {result.command_id: result for result in connector.push(commands)}
    assert len(results) == len(commands)
    return [(results[one.command_id].outcome, results[one.command_id].code) for one in commands]


def outcomes(stub: Stub, commands: Sequence[WriteCommand]) -> list[WriteOutcome]:
    return [outcome for outcome, _code in push(stub, commands)]


def many(stub: Stub, answer: object, *after: Any, count: int = 2, status: int = 200) -> None:
    """Script a push of several: the description, the read before, the answer, and the read after."""
    stub.say(ORG)
    stub.say(page(*(there(n) for n in range(count))))
    stub.say(answer, status)
    if after:
        stub.say(page(*after))


def one(stub: Stub, changes: Mapping[str, RawValue], **cells: Any) -> tuple[Any, str | None]:
    """Push one change that should be refused before it is sent."""
    stub.say(ORG)
    if "Status" in changes:
        closed = {"ApiName": "Closed", "IsConverted": True}
        stub.script.insert(0, Said(body=json.dumps({"records": [closed]}).encode()))
    stub.say(page(there(0, **cells)))
    [result] = push(stub, [command(changes, record_id=lead(0))])
    assert not [asked for asked in stub.asked if asked.method == "PATCH"]
    return result


def sent(stub: Stub) -> Any:
    [body] = [json.loads(asked.body) for asked in stub.asked if asked.method == "PATCH"]
    return body
