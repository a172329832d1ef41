"""Sends one request to Salesforce by the SDK, and gives what came back as raw bytes.

The SDK builds addresses and headers and makes the request; its logins, its parsing and its exceptions are
not used. It forces https, so each address is written so here, and the adapter below it knows where plain
http to this very machine was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import requests

from connectors.salesforce import paths
from connectors.salesforce.auth import Ask, Form, Grant, Session
from connectors.salesforce.client import Streamed, new_client, new_http, send_once
from connectors.salesforce.faults import Fault, read_fault
from connectors.salesforce.login_faults import login_error
from connectors.salesforce.options import is_trusted
from connectors.salesforce.paths import Endpoint
from worker.errors import FixAccessError, UnavailableError
from worker.ports import Retry

T = TypeVar("T")
Query: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a body, and a fault where the status says that it is no success."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    fault: Fault | None = None


class Sender:
    """Sends one request by the SDK and gives its answer, whatever the status."""

    def __init__(self, version: str, page_size: int) -> None:
        self._version = version
        self._paging = {"Sforce-Query-Options": f"batchSize={page_size}"}
        self._http = new_http()

    def send(
        self,
        endpoint: Endpoint,
        session: Session,
        *,
        path: Mapping[str, str],
        query: Query,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        """Send one request. Raises ``UnavailableError`` when no whole answer came."""
        client = new_client(self._http, session.token, session.instance_url, self._version)
        response = send_once(
            client,
            endpoint.method,
            self._address(endpoint, session.instance_url, path, query),
            headers={**self._paging, **headers},
            body=body,
            operation=endpoint.name,
        )
        return _answer(endpoint, response)

    def open(
        self, endpoint: Endpoint, session: Session, *, path: Mapping[str, str], query: Query
    ) -> tuple[Answer, Streamed]:
        """Send a request whose body is read bit by bit; the answer holds it only if it is a fault."""
        client = new_client(self._http, session.token, session.instance_url, self._version)
        response = send_once(
            client,
            endpoint.method,
            self._address(endpoint, session.instance_url, path, query),
            headers={"Accept": "text/csv"},
            operation=endpoint.name,
            is_streamed=True,
        )
        if response.status_code < 300:
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(status=response.status_code, body=b"", headers=headers)
        else:
            answer = _answer(endpoint, response)
        return answer, Streamed(response, endpoint.name)

    def post_form(self, url: str, form: Form) -> Answer:
        """Send a form without a session, as a login is."""
        client = new_client(self._http, "", url, self._version)
        response = send_once(
            client,
            paths.TOKEN.method,
            _secure(url) + paths.TOKEN.path,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
            operation=paths.TOKEN.name,
            has_session=False,
        )
        return _answer(paths.TOKEN, response)

    def local(self, path: str) -> str:
        """Write a path below the version, as requests inside others name it."""
        return f"/services/data/v{self._version}/{path}"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _address(
        self, endpoint: Endpoint, instance_url: str, path: Mapping[str, str], query: Query
    ) -> str:
        safe = "/-?=&" if endpoint.is_org else ""
        place = endpoint.path.format(**{name: quote(one, safe=safe) for name, one in path.items()})
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return _secure(instance_url) + (place if endpoint.is_org else self.local(place)) + asked


class _TokenAnswer(msgspec.Struct):
    access_token: str
    instance_url: str = ""
    refresh_token: str | None = None


_TOKEN = msgspec.json.Decoder(_TokenAnswer)


def asking(sender: Sender, login_url: str, retry: Retry) -> Ask:
    """Make the function that logs in; it counts against no budget of the org.

    The form is written anew for each try, as a signed one is good for a short while only.
    """

    def once(write: Callable[[], Form]) -> Grant:
        answer = sender.post_form(login_url, write())
        if answer.fault is not None:
            raise login_error(answer.fault, answer.body)
        got = parse(answer, _TOKEN.decode, paths.TOKEN)
        place = got.instance_url.rstrip("/") or login_url
        if not is_trusted(place):
            raise FixAccessError("Salesforce's login names an instance that is not Salesforce's.")
        return Grant(token=got.access_token, instance_url=place, refresh_token=got.refresh_token)

    return lambda write: retry(lambda: once(write))


def parse(answer: Answer, decode: Callable[[bytes], T], endpoint: Endpoint) -> T:
    """Parse a success. What cannot be parsed was cut or is not from Salesforce, and may pass."""
    try:
        return decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not chained: the parser's message may quote the body.
        raise unreadable(endpoint, answer.status) from None


def unreadable(endpoint: Endpoint, status: int) -> UnavailableError:
    """Make the error for an answer that cannot be understood."""
    fault = Fault(operation=endpoint.name, status=status, code="ANSWER_UNREADABLE")
    return UnavailableError(f"{fault}. Nothing was lost.")


def _answer(endpoint: Endpoint, response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status, body = response.status_code, response.content
    fault = None
    if status >= 300:
        fault = read_fault(operation=endpoint.name, status=status, body=body, headers=headers)
    return Answer(status=status, body=body, headers=headers, fault=fault)


def _secure(url: str) -> str:
    """Write an address as the SDK does, with https; the adapter knows where http was meant."""
    return "https://" + url.partition("://")[2]
