"""The token that each call carries: a fixed one, one in a file, or one renewed by OAuth.

A file is read again when it changes, so a token can be rotated without a restart. An OAuth token is
renewed ahead of its end, by one thread of one worker at a time: where HubSpot rotates the refresh
token, the next worker then finds the new one in the file. No token is part of a message or a ``repr``.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Protocol

from worker.errors import FixAccessError
from worker.ports import Clock

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
            self._value = read_secret(self._path)
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
        with _alone(self._app.refresh_token_file):
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
            return read_secret(self._app.refresh_token_file)
        return self._renewed_refresh_token or self._app.refresh_token

    def _keep(self, refresh_token: str) -> None:
        """Keep a refresh token that was rotated before the new access token is used."""
        if refresh_token == self._refresh_token():
            return
        path = self._app.refresh_token_file
        if path is None:
            self._renewed_refresh_token = refresh_token
        else:
            _replace_secret(path, refresh_token)


def read_secret(path: Path) -> str:
    """Read a secret from a file; neither the content nor its length is ever told."""
    try:
        value = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error
    if not is_sendable(value):
        raise FixAccessError(f"The file {path.name} must hold HubSpot's token, and nothing else.")
    return value


def _unreadable(path: Path) -> FixAccessError:
    return FixAccessError(f"The file {path.name} with HubSpot's token cannot be read.")


def is_sendable(token: str) -> bool:
    """Tell whether a text can stand in a header as it is."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Keep other workers that share the file waiting, from reading it until it is rewritten."""
    file = None if path is None else _locked(path)
    try:
        yield
    finally:
        if file is not None:
            os.close(file)


def _locked(path: Path) -> int:
    """Lock the file that has this name, and not one that was replaced while we waited for it."""
    while True:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _unreadable(path) from error
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            return file
        os.close(file)


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _replace_secret(path: Path, value: str) -> None:
    """Write beside the file and rename, so that a reader never sees half a token."""
    draft = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise FixAccessError(
            f"HubSpot gave a new refresh token, and the file {path.name} cannot be written."
        ) from error
