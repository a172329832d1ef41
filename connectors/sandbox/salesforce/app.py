"""The twin of the Salesforce API: finds the endpoint, checks who calls, answers, and counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Final
from urllib.parse import urlencode

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.exchange import Answer, Json, Request, json_answer
from connectors.sandbox.journal import Journal
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import (
    LoginRefusedError,
    RefusedError,
    error_answer,
    login_answer,
    not_found,
    refusal,
)
from connectors.sandbox.salesforce.faults import is_answer, scripted
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.jobs import Jobs
from connectors.sandbox.salesforce.limits import Meter
from connectors.sandbox.salesforce.org import Org, open_org
from connectors.sandbox.salesforce.routes import (
    NEWEST,
    OLDEST,
    VERSIONED,
    find_endpoint,
    knows_path,
)
from connectors.sandbox.salesforce.sessions import (
    Sessions,
    revoke_answer,
    token_answer,
    url_of,
)
from connectors.sandbox.script import Fault, FaultKind, Script

LONGEST: Final = 16_384
"""Bytes of an address beyond which the answer is 414, and with the headers 431."""
_NAMES: Final = ("Winter", "Spring", "Summer")


@dataclass(slots=True, kw_only=True)
class SalesforceTwin:
    """One org behind the Salesforce API. Hold ``lock`` to look into it while it is served."""

    org: Org
    sessions: Sessions = field(default_factory=Sessions)
    meter: Meter = field(default_factory=Meter)
    jobs: Jobs = field(default_factory=Jobs)
    script: Script = field(default_factory=Script)
    journal: Journal = field(default_factory=Journal)
    lock: RLock = field(default_factory=RLock)

    @property
    def clock(self) -> SandboxClock:
        """The clock by which everything goes."""
        return self.org.clock

    def endpoint_of(self, request: Request) -> str:
        """Name the endpoint: version and ids stay out, the object type is put in."""
        found = VERSIONED.fullmatch(request.path)
        if found is None:
            is_known = request.path.startswith("/services/")
            return f"{request.method} {request.path if is_known else 'unknown'}"
        endpoint = find_endpoint(request.method, found[2] or "/")
        if endpoint is None:
            return f"{request.method} unknown"
        name = endpoint[0].template.replace("{object}", endpoint[1].get("object", ""))
        return f"{request.method} {name}"

    def handle(self, request: Request, faults: Sequence[Fault] = ()) -> Answer:
        """Answer a request. What a refused request has written is taken back."""
        sql = self.org.store.sql
        sql.execute("BEGIN")
        try:
            self.org.settle()
            answer = self._answer(request, faults)
        except (RefusedError, LoginRefusedError) as refused:
            answer = _refused(refused)
        except BaseException:
            sql.execute("ROLLBACK")
            raise
        sql.execute("COMMIT")
        return answer

    def _answer(self, request: Request, faults: Sequence[Fault]) -> Answer:
        too_long = _too_long(request)
        if too_long is not None:
            return too_long
        if request.path.startswith("/services/oauth2/"):
            return self._login(request, faults)
        if request.path.startswith("/id/"):
            return self._user_info(request)
        if request.path.rstrip("/") == "/services/data":
            return json_answer([_version(number) for number in range(OLDEST, NEWEST + 1)])
        found = VERSIONED.fullmatch(request.path)
        if found is None or int(found[1][:-2]) > NEWEST:
            raise not_found()
        if int(found[1][:-2]) < OLDEST:
            raise refusal("UNSUPPORTED_API_VERSION", "this version is retired", status=410)
        if any(fault.kind is FaultKind.EXPIRE for fault in faults):
            self.sessions.end_all()
        session = self.sessions.check(request, self.clock.now())
        call = self._call(request, faults, self.org.person if session.is_person else "")
        return self._counted(call, faults)

    def _counted(self, call: Call, faults: Sequence[Fault]) -> Answer:
        try:
            self.meter.refuse_crowded(call.request.beside, self.clock.now())
            self.meter.count(self.clock.now_ms())
            answer = next((scripted(one) for one in faults if is_answer(one)), None)
            if answer is None:
                answer = self._dispatch(call, call.request)
        except RefusedError as refused:
            answer = error_answer(refused)
        return answer.with_headers({"sforce-limit-info": self.meter.header()})

    def _call(self, request: Request, faults: Sequence[Fault], user: str) -> Call:
        return Call(
            org=self.org,
            request=request,
            version="0.0",
            meter=self.meter,
            jobs=self.jobs,
            user=user,
            faults=faults,
            dispatch=self._within,
        )

    def _within(self, outer: Call, request: Request) -> Answer:
        """Serve a part of a composite or a batch."""
        return self._dispatch(outer.within(request, {}, "0.0"), request)

    def _dispatch(self, call: Call, request: Request) -> Answer:
        """Serve; what a refused request has written is taken back."""
        mark = self.org.mark("served")
        try:
            answer = _served(call, request)
        except RefusedError as refused:
            self.org.undo(mark)
            answer = error_answer(refused)
        self.org.keep(mark)
        return answer

    def _login(self, request: Request, faults: Sequence[Fault]) -> Answer:
        answer = next((scripted(one) for one in faults if is_answer(one)), None)
        if answer is not None:
            return answer
        match (request.method, request.path.removeprefix("/services/oauth2/").rstrip("/")):
            case ("POST", "token"):
                user = self.org.integration_user
                return token_answer(self.sessions, request, self.clock.now(), user)
            case ("POST" | "GET", "revoke"):
                return revoke_answer(self.sessions, request)
            case ("GET" | "POST", "userinfo"):
                return self._user_info(request)
        raise not_found()

    def _user_info(self, request: Request) -> Answer:
        session = self.sessions.check(request, self.clock.now())
        id_ = self.org.person if session.is_person else self.org.integration_user
        user = self.org.store.get("User", id_)
        assert user is not None  # every org has this user
        url = url_of(request)
        body: dict[str, Json] = {
            "sub": f"{url}/id/{self.org.org_id}/{user['Id']}",
            "user_id": user["Id"],
            "organization_id": self.org.org_id,
            "preferred_username": user["Username"],
            "name": user["Name"],
            "email": user["Email"],
            "active": bool(user["IsActive"]),
            "urls": {"rest": f"{url}/services/data/v{{version}}/"},
        }
        return json_answer(body)


def _served(call: Call, request: Request) -> Answer:
    found = VERSIONED.fullmatch(request.path)
    endpoint = None if found is None else find_endpoint(request.method, found[2] or "/")
    if found is None or endpoint is None:
        if found is not None and knows_path(found[2] or "/"):
            message = f"HTTP Method '{request.method}' not allowed."
            raise refusal("METHOD_NOT_ALLOWED", message, status=405)
        raise not_found()
    return endpoint[0].handler(
        Call(
            org=call.org,
            request=request,
            version=found[1],
            params=endpoint[1],
            meter=call.meter,
            jobs=call.jobs,
            user=call.user,
            faults=call.faults,
            dispatch=call.dispatch,
        )
    )


def _refused(refused: RefusedError | LoginRefusedError) -> Answer:
    if isinstance(refused, LoginRefusedError):
        return login_answer(refused)
    return error_answer(refused)


def _too_long(request: Request) -> Answer | None:
    """Answer an address that is too long, as the servers before the API do: not in JSON."""
    length = len(request.path) + len(urlencode(request.query)) + 1
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    if length <= LONGEST and length + headers <= LONGEST:
        return None
    status = 414 if length > LONGEST else 431
    word = "URI Too Long" if status == 414 else "Request Header Fields Too Large"
    page = f"<html><head><title>Error {status}</title></head><body>{word}</body></html>"
    return Answer(
        status=status, body=page.encode(), headers={"content-type": "text/html;charset=utf-8"}
    )


def _version(number: int) -> Json:
    label = f"{_NAMES[(number - 32) % 3]} '{(number - 32) // 3 + 15}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def open_twin(
    path: str = ":memory:",
    *,
    clock: SandboxClock | None = None,
    seed: int = 1,
    features: Iterable[Feature] = (),
    has_limits: bool = False,
    faults: Iterable[Fault] = (),
) -> SalesforceTwin:
    """Open a twin on a file, or on memory. Without ``has_limits`` it counts and never refuses."""
    org = open_org(path, clock or SandboxClock(), features)
    return SalesforceTwin(org=org, meter=Meter(enforces=has_limits), script=Script(faults, seed))
