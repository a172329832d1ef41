"""One way to Salesforce: every call goes through the budget and the session.

Answers are parsed here into typed structures. Reads are tried again by the ``retry`` that was passed in;
writes are not. A session that has ended is replaced once, by us, and the request made again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.auth import Credentials, Session
from connectors.salesforce.budget import Budget
from connectors.salesforce.client import Streamed
from connectors.salesforce.faults import LIMIT, Fault, error_of, read_fault
from connectors.salesforce.paths import Endpoint
from connectors.salesforce.sender import Answer, Query, Sender, parse, unreadable
from worker.ports import Retry

T = TypeVar("T")

_LONGEST_URL = 8_000
"""Letters of a query in an address: Salesforce refuses 16,384 bytes, servers on the way fewer."""


class _Part(msgspec.Struct):
    """The answer to one request inside a composite one."""

    body: msgspec.Raw
    status: int = msgspec.field(name="httpStatusCode", default=200)


class _Parts(msgspec.Struct):
    parts: list[_Part] = msgspec.field(name="compositeResponse")


class Transport:
    """Calls Salesforce for one org."""

    def __init__(
        self, *, sender: Sender, credentials: Credentials, budget: Budget, retry: Retry
    ) -> None:
        self.budget = budget
        self._sender = sender
        self._credentials = credentials
        self._retry = retry

    def log_in(self) -> None:
        """Make sure that there is a session. Raises the error of a login that is refused."""
        self._credentials.session()

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
            return self._told(endpoint, answer, decode, told)

        return self._retry(once)

    def query(self, soql: str, decode: Callable[[bytes], T], *, has_gone: bool = False) -> T:
        """Run a query; with those that were deleted, archived or merged away if ``has_gone``."""
        given = self.attempt_query(soql, decode, has_gone=has_gone)
        assert not isinstance(given, Fault)  # none is told, so each is raised
        return given

    def attempt_query(
        self,
        soql: str,
        decode: Callable[[bytes], T],
        *,
        has_gone: bool = False,
        told: frozenset[str] = frozenset(),
    ) -> T | Fault:
        """Run a query as ``query`` does, but give back a fault whose code is one of ``told``.

        A long one goes into the body of a composite request, as an address takes only so much.
        """
        endpoint = paths.QUERY_ALL if has_gone else paths.QUERY
        if len(quote(soql)) <= _LONGEST_URL:
            return self.attempt(endpoint, decode, query={"q": soql}, told=told)
        url = self._sender.local(f"{endpoint.path}?q={quote(soql)}")
        body = {"compositeRequest": [{"method": "GET", "referenceId": "query", "url": url}]}

        def once() -> T | Fault:
            answer = self.exchange(paths.COMPOSITE, body=msgspec.json.encode(body))
            parts = self._parsed(paths.COMPOSITE, answer, _PARTS.decode).parts
            if len(parts) != 1:
                raise unreadable(paths.COMPOSITE, answer.status)
            return self._told(endpoint, _inner(endpoint, parts[0], answer), decode, told)

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
                raise error_of(opened[0].fault)
            return opened

        return self._retry(once)

    def close(self) -> None:
        """Close the connections."""
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

    def _told(
        self,
        endpoint: Endpoint,
        answer: Answer,
        decode: Callable[[bytes], T],
        told: frozenset[str],
    ) -> T | Fault:
        if answer.fault is not None and answer.fault.code in told:
            return answer.fault
        return self._parsed(endpoint, answer, decode)

    def _parsed(self, endpoint: Endpoint, answer: Answer, decode: Callable[[bytes], T]) -> T:
        if answer.fault is not None:
            raise error_of(answer.fault)
        return parse(answer, decode, endpoint)


_PARTS = msgspec.json.Decoder(_Parts)


def _inner(endpoint: Endpoint, part: _Part, outer: Answer) -> Answer:
    body = bytes(part.body)
    fault = None
    if part.status >= 300:
        fault = read_fault(
            operation=endpoint.name, status=part.status, body=body, headers=outer.headers
        )
    return Answer(status=part.status, body=body, headers=outer.headers, fault=fault)
