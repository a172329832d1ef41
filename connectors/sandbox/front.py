"""The web application around a twin: faults, the journal, and the way to steer both.

Everything under ``/_sandbox/`` steers the twin and is no part of the vendor's API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.exchange import Answer, Request
from connectors.sandbox.journal import Entry, Journal
from connectors.sandbox.script import Fault, FaultKind, Script, read_script

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_NO_ANSWER: Final = Answer(status=0)


class Twin(Protocol):
    """What stands in for one vendor's API."""

    @property
    def script(self) -> Script: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def clock(self) -> SandboxClock: ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while the twin works on a request, and by whoever looks into it."""
        ...

    def endpoint_of(self, request: Request) -> str:
        """Name the endpoint, with its places left open."""
        ...

    def handle(self, request: Request, faults: Sequence[Fault] = ()) -> Answer:
        """Do what the request asks, with the faults that a vendor's endpoint plays itself."""
        ...


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float


class _Broken(Exception):  # noqa: N818  # no error of ours: it makes the server break the connection
    pass


def application(twin: Twin) -> Starlette:
    """Build the web application of a twin."""
    steering = Steering(twin)
    return Starlette(
        routes=[
            Route("/_sandbox/journal", steering.journal, methods=["GET", "DELETE"]),
            Route("/_sandbox/faults", steering.faults, methods=["POST", "DELETE"]),
            Route("/_sandbox/clock", steering.clock, methods=["GET", "POST"]),
            Mount("/", app=Gate(twin)),
        ]
    )


class Steering:
    """The endpoints under ``/_sandbox/``, for callers on this machine only."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def journal(self, request: WebRequest) -> Response:
        """Count calls, or begin anew."""
        if not _is_local(request):
            return Response(status_code=403)
        if request.method == "DELETE":
            self._twin.journal.clear()
            return Response(status_code=204)
        counts, statuses = self._twin.journal.counts(), self._twin.journal.statuses()
        return JSONResponse(
            {
                "endpoints": counts,
                "fewest": self._twin.journal.fewest(),
                "statuses": {str(key): n for key, n in statuses.items()},
            }
        )

    async def faults(self, request: WebRequest) -> Response:
        """Arm faults, or disarm all."""
        if not _is_local(request):
            return Response(status_code=403)
        if request.method == "DELETE":
            self._twin.script.clear()
            return Response(status_code=204)
        try:
            faults = read_script(await request.body())
        except ValueError as error:
            return JSONResponse({"message": str(error)}, status_code=400)
        self._twin.script.add(*faults)
        return JSONResponse({"armed": len(faults)})

    async def clock(self, request: WebRequest) -> Response:
        """Tell the time of the twin, or move it forward by ``seconds``."""
        if not _is_local(request):
            return Response(status_code=403)
        if request.method == "POST":
            try:
                moved = msgspec.json.decode(await request.body(), type=_Advance)
            except msgspec.DecodeError as error:
                return JSONResponse({"message": str(error)}, status_code=400)
            with self._twin.lock:
                self._twin.clock.advance(timedelta(seconds=moved.seconds))
        return JSONResponse({"now": self._twin.clock.now().isoformat()})


def _is_local(request: WebRequest) -> bool:
    return request.client is not None and request.client.host in _LOOPBACK


class Gate:
    """Passes requests to the twin, and lets the scripted faults strike on the way."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._begun: dict[int, datetime] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and know it for one that is under way."""
        request = replace(await _read(scope, receive), beside=(*self._begun.values(),))
        self._begun[id(request)] = self._twin.clock.now()
        try:
            await self._serve(request, receive, send)
        finally:
            del self._begun[id(request)]

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        faults = self._twin.script.firing(request.method, request.path)
        kinds = {fault.kind for fault in faults}
        for fault in faults:
            if fault.kind is FaultKind.LATENCY:
                await asyncio.sleep(fault.seconds)
        if FaultKind.DROP in kinds:
            self._note(request, _NO_ANSWER, faults)
            await _break_off(receive)
            return
        with self._twin.lock:
            answer = self._twin.handle(request, faults)
        if FaultKind.LOST in kinds:
            self._note(request, _NO_ANSWER, faults)
            await _break_off(receive)
            return
        self._note(request, answer, faults)
        await _send(answer, send, is_cut=FaultKind.CUT in kinds)

    def _note(self, request: Request, answer: Answer, faults: Sequence[Fault]) -> None:
        self._twin.journal.note(
            Entry(
                at=self._twin.clock.now(),
                endpoint=self._twin.endpoint_of(request),
                status=answer.status,
                faults=tuple(fault.kind.value for fault in faults),
                place=request.path if answer.room else "",
                rows=answer.rows,
                room=answer.room,
            )
        )


async def _read(scope: Scope, receive: Receive) -> Request:
    web = WebRequest(scope, receive)
    return Request(
        method=web.method,
        path=scope["path"],
        query=tuple(web.query_params.multi_items()),
        headers={name.lower(): value for name, value in web.headers.items()},
        body=await web.body(),
    )


async def _send(answer: Answer, send: Send, *, is_cut: bool) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status != 204:  # 204 has no body, so no length either
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if is_cut:
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0)
        raise _Broken
    await send({"type": "http.response.body", "body": answer.body})


async def _break_off(receive: Receive) -> None:
    """Close the connection without a word.

    ASGI has no message for it, so this reaches for the transport of uvicorn's cycle behind
    ``receive``; the tests would notice if it moved.
    """
    cycle = receive.__self__  # type: ignore[attr-defined]  # a bound method of uvicorn's cycle
    cycle.transport.abort()
    while not cycle.disconnected:
        await asyncio.sleep(0)
