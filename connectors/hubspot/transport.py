"""One way to HubSpot: every call goes through one client of the SDK, the budget and the token.

The SDK makes the request and nothing else: its retries, models and debug log are not used. Answers
are raw bytes, parsed here into typed structures, because the SDK's models cost ten times as much and
drop what they do not know. Reads are tried again by the ``retry`` that was passed in; writes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from logging import getLogger
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from hubspot.crm.contacts import ApiClient, Configuration
from hubspot.crm.contacts.exceptions import ApiException
from urllib3.exceptions import HTTPError

from connectors.hubspot import paths
from connectors.hubspot.auth import Credentials, Grant
from connectors.hubspot.budget import Budget
from connectors.hubspot.faults import Fault, Policy, error_of, read_fault
from connectors.hubspot.paths import Endpoint
from connectors.hubspot.rows import Partly
from connectors.shared.faults import no_answer
from worker.errors import FixAccessError, LeadtriageError, UnavailableError
from worker.ports import Retry

T = TypeVar("T")
Query: TypeAlias = Mapping[str, str | int | Sequence[str]]
Body: TypeAlias = Mapping[str, object]

TIMEOUTS = (5.0, 60.0)
"""Seconds to connect, and seconds of silence while reading."""
_EXPIRED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a body, and a fault where the status says that it is no success."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    fault: Fault | None = None


class Sender:
    """Sends one request by the SDK's client and gives its answer, whatever the status."""

    def __init__(self, base_url: str) -> None:
        configuration = _quiet_configuration(base_url)
        configuration.retries = False  # worker/retry.py owns retry; False also stops redirects
        self._client = ApiClient(configuration)

    def send(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str],
        query: Query,
        headers: dict[str, str],
        body: Body | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request. Raises ``UnavailableError`` when no whole answer came."""
        try:
            response = self._client.call_api(
                endpoint.path,
                endpoint.method,
                path_params=dict(path),
                query_params=list(_flat(query)),
                header_params={"Accept": "application/json", "Accept-Encoding": "gzip", **headers},
                body=None if body is None else dict(body),
                post_params=list(form.items()) if form else None,
                _preload_content=False,
                _request_timeout=TIMEOUTS,
            )
            data = response.data
            response.release_conn()
        except ApiException as error:
            return _refusal(endpoint, error)
        except (UnicodeDecodeError, AttributeError) as error:
            # The SDK decodes every error body as UTF-8, and stumbles where there is none.
            if isinstance(error.__context__, ApiException):
                return _refusal(endpoint, error.__context__)
            raise
        except (HTTPError, OSError) as error:
            fault = Fault(operation=endpoint.name, status=0)
            raise no_answer(fault, error, self._client.configuration.host) from error
        return Answer(status=response.status, body=data, headers=_lower(response.headers))

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()


def _quiet_configuration(base_url: str) -> Configuration:
    """Configure the client, and leave the levels of the process's loggers as they were."""
    loggers = [getLogger(name) for name in ("urllib3", "hubspot.crm.contacts")]
    levels = [logger.level for logger in loggers]
    configuration = Configuration(host=base_url)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    return configuration


class Transport:
    """Calls HubSpot for one account."""

    def __init__(
        self,
        *,
        sender: Sender,
        credentials: Credentials,
        budget: Budget,
        retry: Retry,
    ) -> None:
        self.budget = budget
        self._sender = sender
        self._credentials = credentials
        self._retry = retry
        self._is_asking_zone = False

    def call(
        self,
        endpoint: Endpoint,
        into: type[T],
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> T:
        """Read from HubSpot and parse the answer; tried again while that may help.

        Raises:
            LeadtriageError: named by what to do, and without a value.
        """

        def once() -> T:
            answer = self.exchange(endpoint, path=path, query=query, body=body)
            if answer.fault is not None:
                raise error_of(answer.fault)
            found = parse(answer, into, endpoint)
            if isinstance(found, Partly) and found.is_broken:
                fault = Fault(operation=endpoint.name, status=answer.status, code="READ_IN_PART")
                raise UnavailableError(f"{fault}. Nothing was lost.")
            return found

        return self._retry(once)

    def exchange(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> Answer:
        """Send once within the budget and give the answer, a fault included; for writes.

        A token that HubSpot refuses is replaced once, as nothing was done with the refused one.
        Raises ``UnavailableError`` when no answer came: the request may have been carried out.
        """
        token = self._credentials.token()
        answer = self._send(endpoint, token, path or {}, query or {}, body)
        if answer.status == _EXPIRED and self._credentials.replaced(token):
            token = self._credentials.token()
            answer = self._send(endpoint, token, path or {}, query or {}, body)
        return answer

    def granted_scopes(self) -> frozenset[str] | None:
        """Ask what the token may do; None where HubSpot does not tell, as of a token by OAuth."""
        told = self._token_info()
        return None if told is None else frozenset(told.scopes)

    def own_app(self) -> str | None:
        """Ask which app our token belongs to; None where HubSpot does not tell."""
        told = self._token_info()
        return None if told is None or told.app_id is None else str(told.app_id)

    def _token_info(self) -> _TokenInfo | None:
        answer = self.exchange(paths.TOKEN_INFO, body={"tokenKey": self._credentials.token()})
        return None if answer.fault else parse(answer, _TokenInfo, paths.TOKEN_INFO)

    def close(self) -> None:
        self._sender.close()

    def _send(
        self,
        endpoint: Endpoint,
        token: str,
        path: Mapping[str, str],
        query: Query,
        body: Body | None,
    ) -> Answer:
        self.budget.acquire(is_search=endpoint.is_search)
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._sender.send(endpoint, path=path, query=query, headers=headers, body=body)
        self.budget.learn(answer.headers)
        fault = answer.fault
        if fault is not None and (answer.status == 429 or fault.policy is not None):
            self._learn_zone()
            self.budget.refused(fault.policy, is_search=endpoint.is_search, wait=fault.retry_after)
            if fault.policy is Policy.DAILY:
                told = replace(fault, retry_after=self.budget.until_reset)
                return replace(answer, fault=told)
        elif self.budget.is_day_short:
            self._learn_zone()
        return answer

    def _learn_zone(self) -> None:
        """Ask in which time zone the day ends, while there are calls left to ask with."""
        if self.budget.zone is not None or self._is_asking_zone or not self.budget.is_day_short:
            return
        self._is_asking_zone = True
        try:
            answer = self.exchange(paths.ACCOUNT_DETAILS)
            if answer.fault is None:
                self.budget.zone = parse(answer, Account, paths.ACCOUNT_DETAILS).zone
        except LeadtriageError:
            return  # the day is then taken to end where it ends last on earth


class Account(msgspec.Struct, rename="camel"):
    """The account's details, as far as they are needed."""

    portal_id: int | str
    time_zone: str = ""

    @property
    def zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, OSError, ValueError):
            return None


class _TokenInfo(msgspec.Struct, rename="camel"):
    scopes: list[str]
    app_id: int | str | None = None


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float
    refresh_token: str | None = None


def renewal(sender: Sender, retry: Retry) -> Callable[[dict[str, str]], Grant]:
    """Make the function that renews an OAuth token; it counts against no budget of the account."""

    def once(form: dict[str, str]) -> Grant:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = sender.send(paths.TOKEN, path={}, query={}, headers=headers, form=form)
        if answer.fault is not None:
            raise _token_error(answer.fault)
        got = parse(answer, _TokenAnswer, paths.TOKEN)
        return Grant(
            access_token=got.access_token,
            expires_in=timedelta(seconds=got.expires_in),
            refresh_token=got.refresh_token,
        )

    return lambda form: retry(lambda: once(form))


def _token_error(fault: Fault) -> LeadtriageError:
    """What the token endpoint refuses for good is a matter of access, whatever status it uses."""
    if 400 <= fault.status < 500 and fault.status not in (408, 429):
        return FixAccessError(f"{fault}. Install the app again, or correct its client and token.")
    return error_of(fault)


def parse(answer: Answer, into: type[T], endpoint: Endpoint) -> T:
    """Parse a success. What cannot be parsed was cut or is not from HubSpot, and may pass."""
    try:
        return msgspec.json.decode(answer.body, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not chained: the parser's message may quote the body.
        fault = Fault(operation=endpoint.name, status=answer.status, code="ANSWER_UNREADABLE")
        raise UnavailableError(f"{fault}. Nothing was lost.") from None


def _refusal(endpoint: Endpoint, error: ApiException) -> Answer:
    headers = _lower(error.headers or {})
    status, body = int(error.status or 0), error.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    fault = read_fault(operation=endpoint.name, status=status, body=data, headers=headers)
    if not status:
        raise UnavailableError(f"{fault}: no secure connection.") from None
    return Answer(status=status, body=data, headers=headers, fault=fault)


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _flat(query: Query) -> Sequence[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, str | int):
            pairs.append((name, str(value)))
        else:
            pairs += [(name, one) for one in value]
    return pairs
