"""Asks the Salesforce twin without a socket, and the vendor's client over one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.exchange import Request
from connectors.sandbox.salesforce.app import SalesforceTwin, open_twin
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
ROOT = "/services/data/v66.0"
QUIET = {"sforce-auto-assign": "FALSE"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.body[0]["errorCode"]


@dataclass(frozen=True, slots=True)
class Asking:
    """A twin of its own, and short ways to ask it."""

    twin: SalesforceTwin = field(default_factory=lambda: open_twin(clock=SandboxClock(NOW)))

    def __call__(
        self, method: str, path: str, body: object = None, *, root: str = ROOT, **headers: str
    ) -> Reply:
        """Send JSON and read JSON. Header names have ``_`` for ``-``."""
        split = urlsplit(root + path)
        sent = {"authorization": f"Bearer {SANDBOX_SESSION}", "host": "127.0.0.1:1"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(
            method=method,
            path=split.path,
            query=tuple(parse_qsl(split.query, keep_blank_values=True)),
            headers=sent,
            body=body if isinstance(body, bytes) else json.dumps(body).encode() if body else b"",
        )
        faults = self.twin.script.firing(method, split.path)
        answer = self.twin.handle(request, faults)
        is_json = "json" in answer.headers.get("content-type", "")
        return Reply(
            answer.status, json.loads(answer.body) if is_json else answer.body, dict(answer.headers)
        )

    def query(self, text: str, which: str = "query", **headers: str) -> Reply:
        """Ask a query."""
        return self("GET", f"/{which}?{urlencode({'q': text})}", **headers)

    def rows(self, text: str, which: str = "query") -> list[dict[str, Any]]:
        """Ask a query and follow it to its end."""
        reply = self.query(text, which)
        assert reply.status == 200, reply.body
        found = list(reply.body["records"])
        while not reply.body["done"]:
            reply = self("GET", reply.body["nextRecordsUrl"], root="")
            assert reply.status == 200, reply.body
            found += reply.body["records"]
        return found

    def lead(self, **given: object) -> str:
        """Make a lead; gives its id."""
        reply = self(
            "POST", "/sobjects/Lead", {"LastName": "Doe", "Company": "Acme", **given}, **QUIET
        )
        assert reply.status == 201, reply.body
        return reply.body["id"]

    def contact(self, **given: object) -> str:
        """Make a contact; gives its id."""
        reply = self("POST", "/sobjects/Contact", {"LastName": "Doe", **given}, **QUIET)
        assert reply.status == 201, reply.body
        return reply.body["id"]

    def change(self, record: str, given: dict, type_: str = "Lead", **headers: str) -> Reply:
        """Change a record, without assignment rules unless a test wants them."""
        return self("PATCH", f"/sobjects/{type_}/{record}", given, **{**QUIET, **headers})

    def user(self, *, is_active: bool = True) -> str:
        """Make a user; gives its id."""
        count = self.twin.org.store.count("User")
        row = {"Username": f"u{count}@x.org", "LastName": "U", "Name": "U", "Email": "u@x.org"}
        return self.twin.org.put_row("User", {**row, "IsActive": int(is_active)})


class ToTwin(HTTPAdapter):
    """Takes the https that simple-salesforce forces, of any host, for the http of the twin."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request, **more):
        """Send to the twin."""
        request.url = self.url + "/" + request.url.split("/", 3)[3]
        return super().send(request, **more)


def plain_session(url: str) -> requests.Session:
    """Open a session whose https for this address is http."""
    session = requests.Session()
    session.trust_env = False
    session.mount(url.replace("http://", "https://", 1), ToTwin(url))
    return session
