"""A loopback server that gives scripted answers, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One scripted answer; ``cut`` breaks the connection in the middle of the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Stub:
    url: str = ""
    script: list[Said] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def say(self, content: object, status: int = 200, **headers: str) -> None:
        """Script one more answer in JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script.append(Said(status=status, body=json.dumps(content).encode(), headers=named))


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@contextmanager
def serving_stub() -> Iterator[Stub]:
    """Serve until the block ends; an answer beyond the script is a 500."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = (
            1 << 16
        )  # head and body in one packet: in two, each answer waits 40 ms for the first's

        def setup(self) -> None:
            stub.connections += 1
            super().setup()

        def log_message(self, *_args: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length", "0"))
            stub.asked.append(
                Asked(
                    method=self.command,
                    path=url.path,
                    query=parse_qs(url.query),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
            )
            said = stub.script.pop(0) if stub.script else Said(status=500)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body[: len(said.body) // 2] if said.cut else said.body)
            if said.cut:
                self.close_connection = True

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  # the names are the library's

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
