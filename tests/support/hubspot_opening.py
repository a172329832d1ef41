"""A HubSpot connector on the stub, and short forms of what tests ask of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from connectors.hubspot.connector import open_connector
from tests.support.hubspot_stub import FakeTime, Stub
from worker.ports import Connector, ConnectorContext, ObjectSource, try_once
from worker.retry import with_retry

SECRET = "zaphod@example.org"
TOKEN = "pat-na1-0000-secret"
EMPTY = {"results": []}


CONTACTS = ObjectSource(object_type="contacts", id_field="hs_object_id")


def opened(
    stub: Stub,
    time: FakeTime,
    source: ObjectSource = CONTACTS,
    *,
    retries: bool = True,
    **options: str,
) -> Connector:
    retry: Any = partial(with_retry, sleep=time.sleep) if retries else try_once
    given = {"base_url": stub.url, **options}
    if not {"token_file", "client_id"} & given.keys():
        given["access_token"] = TOKEN
    return open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options=given,
            objects=[source],
            clock=time,
            sleep=time.sleep,
            retry=retry,
        )
    )


def one_list(connector: Connector) -> list[str]:
    pages = list(connector.pull("contacts", fields=["email"], since=None))
    return [record.ref.id for page in pages for record in page.records]


def contact(record_id: str = "1") -> dict[str, object]:
    return {"results": [{"id": record_id, "properties": {"email": SECRET}}]}


def limited(policy: str | None = None) -> dict[str, object]:
    body = {"status": "error", "message": "You have reached your secondly limit."}
    return {**body, "category": "RATE_LIMITS"} | ({"policyName": policy} if policy else {})
