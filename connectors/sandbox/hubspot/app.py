"""The twin of the HubSpot API: finds the endpoint, checks who calls, answers, and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock
from typing import Final
from zoneinfo import ZoneInfo

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.exchange import Answer, Json, Request, json_answer
from connectors.sandbox.hubspot import limits as rate
from connectors.sandbox.hubspot.account import Account, open_account
from connectors.sandbox.hubspot.errors import RefusedError, envelope, not_found
from connectors.sandbox.hubspot.limits import NO_LIMITS, Limits, Meter
from connectors.sandbox.hubspot.paging import Call
from connectors.sandbox.hubspot.routes import DATED, Endpoint, find_endpoint
from connectors.sandbox.hubspot.tokens import Grant, Tokens, expired, require, token_endpoint
from connectors.sandbox.journal import Journal
from connectors.sandbox.script import Fault, FaultKind, Script

LONGEST_TARGET: Final = 16_000
"""Characters of a path with its query, beyond which the answer is 414."""
_VENDOR_KINDS: Final = frozenset({FaultKind.STATUS, FaultKind.EXPIRE, FaultKind.EMPTY})
_PHRASES: Final = {
    423: ("LOCKED", "The resource is locked. Please wait."),
    429: ("RATE_LIMITS", "You have reached a limit."),
    477: ("MIGRATION_IN_PROGRESS", "This account is being migrated."),
}
_TOKEN_PATH: Final = re.compile(r"/oauth/(v1|v3|\d{4}-\d{2})/token")


@dataclass(slots=True, kw_only=True)
class HubSpotTwin:
    """One account behind the HubSpot API. Hold ``lock`` to look into it while it is served."""

    account: Account
    tokens: Tokens = field(default_factory=Tokens)
    meter: Meter
    script: Script = field(default_factory=Script)
    journal: Journal = field(default_factory=Journal)
    lock: RLock = field(default_factory=RLock)

    @property
    def clock(self) -> SandboxClock:
        """The clock by which everything goes."""
        return self.account.clock

    def endpoint_of(self, request: Request) -> str:
        """Name the endpoint: ids stay out, the object type is put in."""
        found = find_endpoint(request.method, _undated(request.path))
        if found is None:
            return f"{request.method} unknown"
        endpoint, params = found
        name = endpoint.template.replace("{objectType}", params.get("objectType", ""))
        return f"{request.method} {name.replace('{toObjectType}', params.get('toObjectType', ''))}"

    def handle(self, request: Request, faults: Sequence[Fault] = ()) -> Answer:
        """Answer a request. What a refused request has written is taken back."""
        sql = self.account.store.sql
        sql.execute("BEGIN")
        try:
            answer = self._answer(request, faults)
        except RefusedError as refused:
            sql.execute("ROLLBACK")
            return envelope(refused, self.account.correlation_id())
        except BaseException:
            sql.execute("ROLLBACK")
            raise
        sql.execute("COMMIT")
        return answer

    def _answer(self, request: Request, faults: Sequence[Fault]) -> Answer:
        path = _undated(request.path)
        if request.method == "POST" and _TOKEN_PATH.fullmatch(request.path):
            return _scripted(self, faults) or self._token(request)
        if sum(len(name) + len(value) + 2 for name, value in request.query) > LONGEST_TARGET:
            return Answer(status=414)
        found = find_endpoint(request.method, path)
        if found is None:
            raise not_found(f"Unable to find {request.method} on this path")
        endpoint, params = found
        grant = self.tokens.grant_of(request.headers.get("authorization", ""), self.clock.now())
        call = Call(
            account=self.account,
            request=request,
            params=params,
            scopes=grant.scopes,
            spoilt=_spoilt(faults),
            thin=next((one.rows for one in faults if one.kind is FaultKind.THIN), None),
            daily_limit=self.meter.daily_limit,
            used_today=self.meter.used_today + 1,  # with this call
            is_private_app=grant.is_private_app,
            source=grant.source,
        )
        return self._limited(endpoint, grant, call, faults)

    def _token(self, request: Request) -> Answer:
        return token_endpoint(self.tokens, self.account.clock.now(), request.body)

    def _limited(
        self, endpoint: Endpoint, grant: Grant, call: Call, faults: Sequence[Fault]
    ) -> Answer:
        is_search = endpoint.is_search
        now = self.clock.now()
        refusal = self.meter.count(now, self.clock.now_ms(), is_search=is_search)
        headers = self.meter.headers(is_search=is_search, is_private_app=grant.is_private_app)
        if refusal is not None:
            answer = rate.refused(
                refusal,
                self.account.correlation_id(),
                tells_retry_after=self.meter.limits.tells_retry_after,
            )
        else:
            answer = _scripted(self, faults) or self._served(endpoint, grant, call)
        return answer.with_headers(headers)

    def _served(self, endpoint: Endpoint, grant: Grant, call: Call) -> Answer:
        """Serve, and give a refusal the headers that every answer has."""
        sql = self.account.store.sql
        sql.execute("SAVEPOINT served")
        try:
            require(grant, endpoint.scopes)
            answer = endpoint.handler(call).with_room(endpoint.room)
        except RefusedError as refused:
            sql.execute("ROLLBACK TO served")
            answer = envelope(refused, self.account.correlation_id())
        sql.execute("RELEASE served")
        return answer


def open_twin(
    path: str = ":memory:",
    *,
    clock: SandboxClock | None = None,
    seed: int = 1,
    limits: Limits = NO_LIMITS,
    index_lag: timedelta = timedelta(),
    faults: Iterable[Fault] = (),
) -> HubSpotTwin:
    """Open a twin on a file, or on memory. Without ``limits`` it counts and never refuses."""
    account = open_account(path, clock or SandboxClock(), seed)
    account.index_lag = index_lag
    meter = Meter(limits=limits, zone=ZoneInfo(account.time_zone))
    return HubSpotTwin(account=account, meter=meter, script=Script(faults, seed))


def _undated(path: str) -> str:
    """Take a path with a dated version for the numbered one it follows."""
    return DATED.sub(
        lambda found: f"/crm/{'v4' if found[1] == 'associations' else 'v3'}/{found[1]}", path
    )


def _spoilt(faults: Sequence[Fault]) -> frozenset[int]:
    found = (fault.inputs for fault in faults if fault.kind is FaultKind.SPOIL)
    return frozenset(place for places in found for place in places)


def _scripted(twin: HubSpotTwin, faults: Sequence[Fault]) -> Answer | None:
    """Play the fault that stands for an answer, if one does."""
    fault = next((one for one in faults if one.kind in _VENDOR_KINDS), None)
    if fault is None:
        return None
    if fault.kind is FaultKind.EXPIRE:
        twin.tokens.let_expire(twin.clock.now())
        raise expired(timedelta(seconds=1))
    if fault.kind is FaultKind.EMPTY:
        at = twin.account.stamp()
        body: dict[str, Json] = {"status": "COMPLETE", "results": [], "errors": []}
        return json_answer({**body, "startedAt": at, "completedAt": at})
    return _failed(twin, fault)


def _failed(twin: HubSpotTwin, fault: Fault) -> Answer:
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.is_html:
        page = f"<html><head><title>{fault.status}</title></head><body>error</body></html>"
        return Answer(
            status=fault.status,
            body=page.encode(),
            headers={"content-type": "text/html;charset=utf-8", **headers},
        )
    correlation_id = twin.account.correlation_id()
    if fault.status == 429 and fault.policy in rate.REFUSALS:
        refusal = rate.REFUSALS[fault.policy]
        return rate.refused(refusal, correlation_id, tells_retry_after=False).with_headers(headers)
    category, message = _PHRASES.get(fault.status, ("INTERNAL_ERROR", "internal error"))
    refused = RefusedError(fault.status, category, message)
    return envelope(refused, correlation_id).with_headers(headers)
