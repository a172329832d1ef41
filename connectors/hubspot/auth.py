"""The token that each call carries: a fixed one, one in a file, or one renewed by OAuth.

A file is read again when it changes, so a token can be rotated without a restart. An OAuth token is
renewed ahead of its end, by one thread of one worker at a time: where HubSpot rotates the refresh
token, the next worker then finds the new one in the file. No token is part of a message or a ``repr``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Protocol

from connectors.shared.secrets import alone_with, read_secret, replace_secret
from worker.errors import FixAccessError
from worker.ports import Clock

CRM = "HubSpot"
_AHEAD = timedelta(minutes=5)


class Credentials(Protocol):
    """Gives the token for the next call."""

    def token(self) -> str: ...

    def replaced(self, refused: str) -> bool:
        """Say whether there is another token to try, now that HubSpot refused this one."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A private app's token or a service key, from the environment."""

    value: str = field(repr=False)

    def token(self) -> str:
        return self.value

    def replaced(self, refused: str) -> bool:
        return refused != self.value


class TokenFile:
    """A token in a file, read again when the file changes. Never writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._seen: tuple[int, int] | None = None
        self._value = ""

    def token(self) -> str:
        with self._lock:
            return self._current()

    def replaced(self, refused: str) -> bool:
        with self._lock:
            self._seen = None
            return self._current() != refused

    def _current(self) -> str:
        stamp = _stamp_of(self._path)
        if stamp != self._seen:
            self._value = read_secret(self._path, CRM)
            self._seen = stamp
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    expires_in: timedelta
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An OAuth app installed in the account. The refresh token comes from a file or a setting."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    refresh_token_file: Path | None = None


class OAuth:
    """Renews the access token ahead of its end, and once when HubSpot refuses it early.

    ``renew`` sends the form to the token endpoint. It raises ``FixAccessError`` when the grant is
    no longer valid, which ends the run: asking again would be refused again.
    """

    def __init__(self, app: App, renew: Callable[[dict[str, str]], Grant], clock: Clock) -> None:
        self._app = app
        self._renew = renew
        self._clock = clock
        self._lock = Lock()
        self._value = ""
        self._renewed_refresh_token: str | None = None
        self._good_until: datetime | None = None

    def token(self) -> str:
        with self._lock:
            if self._good_until is None or self._clock() >= self._good_until:
                self._take_new()
            return self._value

    def replaced(self, refused: str) -> bool:
        with self._lock:
            if refused == self._value:
                self._take_new()
            return True

    def _take_new(self) -> None:
        asked_at = self._clock()
        with alone_with(self._app.refresh_token_file, CRM):
            grant = self._ask(self._refresh_token())
            if grant.refresh_token:
                self._keep(grant.refresh_token)
        self._value = grant.access_token
        self._good_until = asked_at + max(grant.expires_in - _AHEAD, grant.expires_in / 2)

    def _ask(self, refresh_token: str) -> Grant:
        """Ask for a token; once more where another program replaced the refresh token meanwhile."""
        try:
            return self._renew(self._form(refresh_token))
        except FixAccessError:
            present = self._refresh_token()
            if present == refresh_token:
                raise
            return self._renew(self._form(present))

    def _form(self, refresh_token: str) -> dict[str, str]:
        return {
            "grant_type": "refresh_token",
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
            "refresh_token": refresh_token,
        }

    def _refresh_token(self) -> str:
        if self._app.refresh_token_file is not None:
            return read_secret(self._app.refresh_token_file, CRM)
        return self._renewed_refresh_token or self._app.refresh_token

    def _keep(self, refresh_token: str) -> None:
        """Keep a refresh token that was rotated before the new access token is used."""
        if refresh_token == self._refresh_token():
            return
        path = self._app.refresh_token_file
        if path is None:
            self._renewed_refresh_token = refresh_token
        else:
            replace_secret(path, refresh_token, CRM)


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
