"""One way to Salesforce: every call goes through a client of the SDK, the budget and the session.

The SDK builds addresses and headers and makes the request; its logins, its parsing and its exceptions are
not used. It forces https, so plain http to this very machine is restored below it, by an adapter. It has
no time-outs and follows redirects, so both are set with each call. Answers are raw bytes, parsed here into
typed structures. Reads are tried again by the ``retry`` that was passed in; writes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import requests

from connectors.salesforce import paths
from connectors.salesforce.auth import Credentials, Form, Grant, Session
from connectors.salesforce.budget import Budget
from connectors.salesforce.client import Streamed, new_client, new_http, send_once
from connectors.salesforce.faults import LIMIT, Fault, error_of, read_fault
from connectors.salesforce.options import is_trusted
from connectors.salesforce.paths import Endpoint
from worker.errors import FixAccessError, LeadtriageError, UnavailableError
from worker.ports import Retry

T = TypeVar("T")
Query: TypeAlias = Mapping[str, str | int]

_LONGEST_URL = 8_000
"""Letters of a query in an address: Salesforce refuses 16,384 bytes, servers on the way fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a body, and a fault where the status says that it is no success."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    fault: Fault | None = None


class _Part(msgspec.Struct):
    """The answer to one request inside a composite one."""

    body: msgspec.Raw
    status: int = msgspec.field(name="httpStatusCode", default=200)


class _Parts(msgspec.Struct):
    parts: list[_Part] = msgspec.field(name="compositeResponse")


class Sender:
    """Sends one request by the SDK and gives its answer, whatever the status."""

    def __init__(self, version: str) -> None:
        self._version = version
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
            headers=headers,
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
        self._http.close()

    def _address(
        self, endpoint: Endpoint, instance_url: str, path: Mapping[str, str], query: Query
    ) -> str:
        safe = "/-?=&" if endpoint.is_org else ""
        place = endpoint.path.format(**{name: quote(one, safe=safe) for name, one in path.items()})
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return _secure(instance_url) + (place if endpoint.is_org else self.local(place)) + asked


class Transport:
    """Calls Salesforce for one org."""

    def __init__(
        self, *, sender: Sender, credentials: Credentials, budget: Budget, retry: Retry
    ) -> None:
        self.budget = budget
        self._sender = sender
        self._credentials = credentials
        self._retry = retry

    def call(
        self,
        endpoint: Endpoint,
        decode: Callable[[bytes], T],
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
    ) -> T:
        """Read from Salesforce and parse the answer; tried again while that may help.

        Raises:
            LeadtriageError: named by what to do, and without a value.
        """

        given = self.attempt(endpoint, decode, path=path, query=query)
        assert not isinstance(given, Fault)  # none is told, so each is raised
        return given

    def attempt(
        self,
        endpoint: Endpoint,
        decode: Callable[[bytes], T],
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        told: frozenset[str] = frozenset(),
    ) -> T | Fault:
        """Read as ``call`` does, but give back a fault whose code is one of ``told``."""

        def once() -> T | Fault:
            answer = self.exchange(endpoint, path=path, query=query)
            if answer.fault is not None and answer.fault.code in told:
                return answer.fault
            return self._parsed(endpoint, answer, decode)

        return self._retry(once)

    def query(self, soql: str, decode: Callable[[bytes], T], *, has_gone: bool = False) -> T:
        """Run a query; with those that were deleted, archived or merged away if ``has_gone``.

        A long one goes into the body of a composite request, as an address takes only so much.
        """
        endpoint = paths.QUERY_ALL if has_gone else paths.QUERY
        if len(quote(soql)) <= _LONGEST_URL:
            return self.call(endpoint, decode, query={"q": soql})
        url = self._sender.local(f"{endpoint.path}?q={quote(soql)}")
        body = {"compositeRequest": [{"method": "GET", "referenceId": "query", "url": url}]}

        def once() -> T:
            answer = self.exchange(paths.COMPOSITE, body=msgspec.json.encode(body))
            parts = self._parsed(paths.COMPOSITE, answer, _PARTS.decode).parts
            if len(parts) != 1:
                raise unreadable(paths.COMPOSITE, answer.status)
            return self._parsed(endpoint, _inner(endpoint, parts[0], answer), decode)

        return self._retry(once)

    def exchange(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send once within the budget and give the answer, a fault included; for writes.

        A session that has ended is replaced once, as nothing was done in it.
        Raises ``UnavailableError`` when no answer came: the request may have been carried out.
        """

        def send(session: Session) -> Answer:
            return self._sender.send(
                endpoint,
                session,
                path=path or {},
                query=query or {},
                headers=headers or {},
                body=body,
            )

        return self._renewing(send, lambda answer: answer)

    def stream(
        self, endpoint: Endpoint, *, path: Mapping[str, str], query: Query
    ) -> tuple[Answer, Streamed]:
        """Begin to read a long answer. Raises the error of a fault."""

        def once() -> tuple[Answer, Streamed]:
            opened = self._renewing(
                lambda session: self._sender.open(endpoint, session, path=path, query=query),
                lambda both: both[0],
            )
            if opened[0].fault is not None:
                opened[1].close()
                raise error_of(opened[0].fault)
            return opened

        return self._retry(once)

    def close(self) -> None:
        self._sender.close()

    def _renewing(self, send: Callable[[Session], T], answer_of: Callable[[T], Answer]) -> T:
        self.budget.acquire()
        session = self._credentials.session()
        given = send(session)
        self._learn(answer_of(given))
        fault = answer_of(given).fault
        if fault is not None and fault.is_expired and self._credentials.replaced(session):
            self.budget.acquire()
            given = send(self._credentials.session())
            self._learn(answer_of(given))
        return given

    def _learn(self, answer: Answer) -> None:
        self.budget.learn(answer.headers)
        fault = answer.fault
        if fault is not None and fault.code == LIMIT and not fault.is_concurrent:
            self.budget.close()

    def _parsed(self, endpoint: Endpoint, answer: Answer, decode: Callable[[bytes], T]) -> T:
        if answer.fault is not None:
            raise error_of(answer.fault)
        return parse(answer, decode, endpoint)


_PARTS = msgspec.json.Decoder(_Parts)


class _TokenAnswer(msgspec.Struct):
    access_token: str
    instance_url: str = ""
    refresh_token: str | None = None


_TOKEN = msgspec.json.Decoder(_TokenAnswer)


def asking(sender: Sender, login_url: str, retry: Retry) -> Callable[[Form], Grant]:
    """Make the function that logs in; it counts against no budget of the org."""

    def once(form: Form) -> Grant:
        answer = sender.post_form(login_url, form)
        if answer.fault is not None:
            raise _login_error(answer.fault)
        got = parse(answer, _TOKEN.decode, paths.TOKEN)
        place = got.instance_url.rstrip("/") or login_url
        if not is_trusted(place):
            raise FixAccessError("Salesforce's login names an instance that is not Salesforce's.")
        return Grant(token=got.access_token, instance_url=place, refresh_token=got.refresh_token)

    return lambda form: retry(lambda: once(form))


def _login_error(fault: Fault) -> LeadtriageError:
    """What the token endpoint refuses for good is a matter of access, whatever status it uses."""
    if 400 <= fault.status < 500 and fault.status not in (408, 429):
        return FixAccessError(f"{fault}. Correct the app's client id, secret, key, user or token.")
    return error_of(fault)


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


def _inner(endpoint: Endpoint, part: _Part, outer: Answer) -> Answer:
    body = bytes(part.body)
    fault = None
    if part.status >= 300:
        fault = read_fault(
            operation=endpoint.name, status=part.status, body=body, headers=outer.headers
        )
    return Answer(status=part.status, body=body, headers=outer.headers, fault=fault)


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
