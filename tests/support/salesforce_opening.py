"""A Salesforce connector on the stub, and short forms of the answers that Salesforce gives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from connectors.salesforce.connector import open_connector
from tests.support.hubspot_stub import FakeTime, Stub
from worker.core.records import Page, RawValue, RecordRef, WriteCommand
from worker.ports import Connector, ConnectorContext, ObjectSource, try_once
from worker.retry import with_retry

SECRET = "zaphod@example.org"
TOKEN = "00D000000000062!secret"
LEAD = "00Q5g00000AbCdEEAV"
LEADS = (ObjectSource(object_type="Lead", id_field="Id"),)
ENDED = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
NOTHING: Mapping[str, object] = {"totalSize": 0, "done": True, "records": []}
CURSOR = "/services/data/v62.0/query/01gD0000002HU6KIAW-2000"
T1, T2 = "2026-03-01T10:00:00.000+0000", "2026-03-01T11:00:00.000+0000"


def opened(
    stub: Stub,
    time: FakeTime,
    *,
    retries: bool = True,
    objects: Sequence[ObjectSource] = LEADS,
    **options: str,
) -> Connector:
    retry: Any = partial(with_retry, sleep=time.sleep) if retries else try_once
    given = {"instance_url": stub.url, "login_url": stub.url, **options}
    if not {"token_file", "client_id", "access_token"} & given.keys():
        given["access_token"] = TOKEN
    return open_connector(
        ConnectorContext(
            system="salesforce",
            base_dir=Path(),
            options=given,
            objects=objects,
            clock=time,
            sleep=time.sleep,
            retry=retry,
        )
    )


def field(name: str, kind: str = "string", **more: object) -> dict[str, object]:
    walked = {"filterable": True, "sortable": True}
    return {"name": name, "type": kind, "updateable": True, **walked, **more}


def described(name: str = "Lead", *more: Mapping[str, object]) -> dict[str, object]:
    """An object with the columns that a walk needs, an address and what is added."""
    fixed = [
        field("Id", "id", updateable=False),
        field("SystemModstamp", "datetime", updateable=False),
        field("LastModifiedDate", "datetime", updateable=False),
        field("IsDeleted", "boolean", updateable=False),
        field("Email", "email"),
    ]
    return {"name": name, "fields": [*fixed, *more]}


def row(record_id: str = LEAD, at: str = T1, **cells: Any) -> Any:
    return {
        "attributes": {"type": "Lead"},
        "Id": record_id,
        "SystemModstamp": at,
        "LastModifiedDate": at,
        "IsDeleted": False,
        "Email": SECRET,
        **cells,
    }


def page(*rows: Any, total: int | None = None, following: str | None = None) -> dict[str, object]:
    found: dict[str, object] = {
        "totalSize": len(rows) if total is None else total,
        "done": following is None,
        "records": list(rows),
    }
    return found if following is None else {**found, "nextRecordsUrl": following}


def pull(
    connector: Connector, since: str | None = None, fields: Sequence[str] = ("Email",)
) -> list[Page]:
    return list(connector.pull("Lead", fields=fields, since=since))


def ids(pages: Sequence[Page]) -> list[str]:
    return [record.ref.id for page in pages for record in page.records]


def command(
    changes: Mapping[str, RawValue],
    expected: Mapping[str, RawValue] | None = None,
    *,
    name: str = "w",
    record_id: str = LEAD,
) -> WriteCommand:
    ref = RecordRef(system="salesforce", object_type="Lead", id=record_id)
    return WriteCommand(command_id=name, ref=ref, changes=changes, expected=expected or {})


def end_of(pages: list[Page]) -> str:
    return [one.bookmark for one in pages if one.bookmark is not None][-1]


def mark_of(text: str | None) -> dict[str, Any]:
    assert text is not None
    found: dict[str, Any] = json.loads(text)
    return found


def lead(n: int) -> str:
    return f"00Q5g00000{n:05d}EAA"


def say_set_up(stub: Stub) -> None:
    """Answer what a check asks of the set-up: who we are, what we may, and no label of any field."""
    for said in ({"user_id": "005"}, {"totalSize": 1, "records": []}, {"records": []}):
        stub.say(said)
