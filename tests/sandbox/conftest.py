"""A served twin with a clock that stands still, the vendor's client, and plain HTTP beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from hubspot import HubSpot

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.serving import serving

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
NOW_TEXT = "2026-11-02T15:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read."""

    status: int
    body: Any
    headers: urllib3.HTTPHeaderDict


@dataclass(frozen=True, slots=True)
class Web:
    """Plain HTTP against the twin."""

    pool: urllib3.PoolManager
    url: str

    def __call__(
        self, method: str, path: str, body: object = None, *, token: str = SANDBOX_TOKEN, **more
    ) -> Reply:
        """Send JSON and read JSON; a body that is none stays bytes."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self.pool.request(
            method,
            self.url + path,
            body=sent,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            retries=False,
            timeout=10,
            **more,
        )
        is_json = "json" in answer.headers.get("content-type", "")
        return Reply(answer.status, answer.json() if is_json else answer.data, answer.headers)


@pytest.fixture
def twin() -> HubSpotTwin:
    """A twin of its own for each test."""
    return open_twin(clock=SandboxClock(NOW))


@pytest.fixture
def url(twin: HubSpotTwin) -> Iterator[str]:
    """The address of the served twin."""
    with serving(twin) as address:
        yield address
    twin.account.store.close()


@pytest.fixture
def web(url: str) -> Iterator[Web]:
    """Plain HTTP."""
    with urllib3.PoolManager() as pool:
        yield Web(pool, url)


@pytest.fixture
def client(url: str) -> HubSpot:
    """The vendor's own client."""
    return HubSpot(access_token=SANDBOX_TOKEN, host=url, retry=False)


@pytest.fixture
def contact(web: Web):
    """Make a contact; gives its id."""

    def make(**properties: str) -> str:
        reply = web("POST", "/crm/v3/objects/contacts", {"properties": properties})
        assert reply.status == 201, reply.body
        return reply.body["id"]

    return make
