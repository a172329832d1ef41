"""The session that each call carries: a given one, one in a file, or one from a login of our own.

The SDK's own logins are not used: they lose headers when they log in again, may do so without end, and
know neither a refresh token nor another host. A login is one call of the token endpoint, made once per
end of a session and by one thread at a time. There is no login by password. No secret is ever part of a
message or a ``repr``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from connectors.salesforce.keys import read_key
from connectors.shared.secrets import alone_with, read_secret, read_text, replace_secret
from worker.errors import LeadtriageError, UnavailableError
from worker.ports import Clock

CRM = "Salesforce"
_ASSERTION_LIVES = timedelta(minutes=2)
"""Salesforce takes none that ends in more than three minutes (Salesforce Help: OAuth 2.0 JWT Bearer Flow).
So our clock may be a minute ahead of theirs, or two behind."""
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Form: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A token with the instance it opens."""

    token: str = field(repr=False)
    instance_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the token endpoint gave."""

    token: str = field(repr=False)
    instance_url: str
    refresh_token: str | None = field(default=None, repr=False)


class Credentials(Protocol):
    """Gives the session for the next call."""

    def session(self) -> Session:
        """Give a session. Raises a ``LeadtriageError`` where there is none, as a login was refused."""
        ...

    def replaced(self, refused: Session) -> bool:
        """Say whether there is another session to try, now that Salesforce refused this one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSession:
    """A session that somebody else opened, from the environment. It cannot be renewed."""

    value: Session

    def session(self) -> Session:
        """Give the one there is."""
        return self.value

    def replaced(self, refused: Session) -> bool:
        """Say no, unless it was another session that was refused."""
        return refused.token != self.value.token


class TokenFile:
    """A session in a file, read again for each call, so that it can change. Never writes it."""

    def __init__(self, path: Path, instance_url: str) -> None:
        self._path = path
        self._instance_url = instance_url

    def session(self) -> Session:
        """Read the file. Raises ``FixAccessError`` where it holds no token."""
        return Session(token=read_secret(self._path, CRM), instance_url=self._instance_url)

    def replaced(self, refused: Session) -> bool:
        """Say whether the file holds another token by now."""
        return self.session().token != refused.token


class Flow(Protocol):
    """One way to ask for a session. ``file`` holds what a login may replace, shared with other workers."""

    @property
    def file(self) -> Path | None: ...

    def form(self) -> Form:
        """Write the form for the token endpoint, with what is good at this moment."""
        ...

    def keep(self, refresh_token: str) -> None:
        """Keep a refresh token that was given in the place of the last."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """An app that acts as its own user."""

    client_id: str
    client_secret: str = field(repr=False)
    file: Path | None = None

    def form(self) -> Form:
        """Write the form of the OAuth 2.0 Client Credentials Flow."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }

    def keep(self, refresh_token: str) -> None:
        """Pass over it: the next login needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtBearer:
    """An app that signs for a user with its private key."""

    client_id: str
    username: str
    audience: str
    clock: Clock
    private_key: str = field(default="", repr=False)
    private_key_file: Path | None = None
    file: Path | None = None

    def form(self) -> Form:
        """Sign a login for two minutes from now (OAuth 2.0 JWT Bearer Flow)."""
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience,
            "exp": int((self.clock() + _ASSERTION_LIVES).timestamp()),
        }
        assertion = jwt.encode(claims, self._key(), algorithm="RS256")
        return {"grant_type": _JWT_BEARER, "assertion": assertion}

    def keep(self, refresh_token: str) -> None:
        """Pass over it: the next login signs anew."""

    def _key(self) -> RSAPrivateKey:
        if self.private_key_file is None:
            return read_key(self.private_key.replace("\\n", "\n"), f"{CRM}'s private_key")
        file = self.private_key_file
        return read_key(read_text(file, CRM), f"{CRM}'s private key in {file.name}")


class RefreshToken:
    """An app that a person allowed in once. A file takes the new token when Salesforce rotates it."""

    def __init__(
        self, client_id: str, client_secret: str, *, token: str = "", file: Path | None = None
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._token = token
        self.file = file

    def form(self) -> Form:
        """Write the form of the OAuth 2.0 Refresh Token Flow."""
        secret = {"client_secret": self._client_secret} if self._client_secret else {}
        return {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "refresh_token": self._now(),
            **secret,
        }

    def keep(self, refresh_token: str) -> None:
        """Put a rotated token in the place of the last, in the file where there is one."""
        if refresh_token == self._now():
            return
        if self.file is None:
            self._token = refresh_token
        else:
            replace_secret(self.file, refresh_token, CRM)

    def _now(self) -> str:
        return self._token if self.file is None else read_secret(self.file, CRM)


Ask: TypeAlias = Callable[[Callable[[], Form]], Grant]
"""Sends a form to the token endpoint, written for this very moment."""


class Login:
    """Opens a session by a flow, and once more when Salesforce ends it.

    A login that Salesforce refuses is not tried again: its next answer would be the same, and each one
    counts. ``instance_url`` stands against what the answer says, where it was configured.
    """

    def __init__(self, flow: Flow, ask: Ask, instance_url: str | None = None) -> None:
        self._flow = flow
        self._ask = ask
        self._instance_url = instance_url
        self._lock = Lock()
        self._session: Session | None = None
        self._refused: LeadtriageError | None = None

    def session(self) -> Session:
        """Give the session that is open, or log in. Raises the error of a login that is refused."""
        with self._lock:
            return self._session or self._take_new()

    def replaced(self, refused: Session) -> bool:
        """Log in, unless another thread did since; what the token endpoint gives again is no other."""
        with self._lock:
            if self._session is None or self._session.token == refused.token:
                self._take_new()
            assert self._session is not None
            return self._session.token != refused.token

    def _take_new(self) -> Session:
        with alone_with(self._flow.file, CRM):
            grant = self._asked()
            if grant.refresh_token:
                self._flow.keep(grant.refresh_token)
        self._session = Session(
            token=grant.token, instance_url=self._instance_url or grant.instance_url
        )
        return self._session

    def _asked(self) -> Grant:
        if self._refused is not None:
            raise self._refused
        try:
            return self._ask(self._flow.form)
        except UnavailableError:
            raise
        except LeadtriageError as error:
            self._refused = error
            raise
