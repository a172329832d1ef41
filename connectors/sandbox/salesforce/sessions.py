"""Who may call: sessions that end, and the ways to begin one.

The token endpoint knows the JWT bearer, client credentials and refresh token flows. A session is for the
integration user, but for one of a person that is there for trials, and ends after two hours, by another
login where the org allows one, by ``revoke``, or by a scripted fault. No answer says how long a session
lives: Salesforce's do not.

All orgs share one host to log in, by default ``login.salesforce.com``, and each has an address of its own,
which an answer names: it alone gives client credentials a session, and it alone serves data. Facts:
Salesforce Help on the three flows and on My Domain.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from connectors.sandbox.clock import to_ms
from connectors.sandbox.exchange import Answer, Json, Request, json_answer
from connectors.sandbox.salesforce.errors import LoginRefusedError, session_refused

SANDBOX_SESSION: Final = "00DSb0000000001!sandbox-session"
"""A session that does not end by time, for trials and for clients that cannot log in."""
PERSON_SESSION: Final = "00DSb0000000001!person-session"
"""Likewise, of the administrator: as `sf org display` shows that of whoever logged in there."""
LIFETIME: Final = timedelta(hours=2)
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_ASSERTION: Final = timedelta(minutes=3, seconds=1)
"""Three minutes, and a second as clients round."""
_PRODUCTION: Final = "https://login.salesforce.com"
_SANDBOX: Final = "https://test.salesforce.com"
_OWN_HOST: Final = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class Session:
    """One session; without ``ends_at`` it does not end by time.

    What is written in it is the integration user's, or the administrator's where it ``is_person``.
    """

    ends_at: datetime | None = None
    is_person: bool = False


@dataclass(slots=True, kw_only=True)
class Sessions:
    """The sessions of an org, and the client that may begin more.

    With ``public_key``, that of the app's certificate, the signature of an assertion is checked.
    ``shared_host`` stands for the host that all orgs share. ``is_sandbox`` says which audience of those
    that orgs share is meant. ``is_single`` lets a login end the sessions before it. ``rotates`` gives a
    new refresh token each time.
    """

    open: dict[str, Session] = field(
        default_factory=lambda: {
            SANDBOX_SESSION: Session(),
            PERSON_SESSION: Session(is_person=True),
        }
    )
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  # opens nothing but a local twin
    username: str = "integration@sandbox.example"
    public_key: RSAPublicKey | None = None
    shared_host: str = "login.salesforce.com"
    is_sandbox: bool = False
    refresh_tokens: set[str] = field(default_factory=lambda: {"sandbox-refresh"})
    lifetime: timedelta = LIFETIME
    is_single: bool = False
    rotates: bool = False
    issued: int = 0

    def check(self, request: Request, now: datetime) -> Session:
        """Read the header of a request; gives the session.

        Raises:
            RefusedError: The session is not known, not any more, or not at this address.
        """
        word, _, token = request.headers.get("authorization", "").partition(" ")
        session = self.open.get(token.strip()) if word.lower() in {"bearer", "oauth"} else None
        if self.is_shared(request):
            raise session_refused()
        if session is None or (session.ends_at is not None and now >= session.ends_at):
            raise session_refused()
        return session

    def is_shared(self, request: Request) -> bool:
        """Tell whether a request came to the host that all orgs share."""
        host, _, _ = request.headers.get("host", "").partition(":")
        return host.lower() == self.shared_host

    def own_url(self, request: Request) -> str:
        """Say at which address of its own the org is, beside the one that was asked."""
        url = url_of(request)
        return url.replace(self.shared_host, _OWN_HOST) if self.is_shared(request) else url

    def end_all(self) -> None:
        """End every session."""
        self.open.clear()

    def begin(self, now: datetime) -> str:
        """Begin a session."""
        if self.is_single:
            self.end_all()
        self.issued += 1
        token = f"00DSb0000000001!session-{self.issued:06d}"
        self.open[token] = Session(ends_at=now + self.lifetime)
        return token


def token_answer(sessions: Sessions, request: Request, now: datetime, user: str) -> Answer:
    """Answer a login.

    Raises:
        LoginRefusedError: It is not allowed.
    """
    form = {name: values[0] for name, values in _form(request).items()}
    grant = form.get("grant_type", "")
    if grant == JWT_GRANT:
        _check_assertion(sessions, form.get("assertion", ""), now, request)
        return _begun(sessions, request, now, user, None)
    _check_client(sessions, form, request.headers.get("authorization", ""))
    if grant == "client_credentials":
        if sessions.is_shared(request):
            raise LoginRefusedError("invalid_grant", "request not supported on this domain")
        return _begun(sessions, request, now, user, None)
    if grant == "refresh_token":
        given = form.get("refresh_token", "")
        if given not in sessions.refresh_tokens:
            raise LoginRefusedError("invalid_grant", "expired access/refresh token")
        return _begun(sessions, request, now, user, _rotated(sessions, given))
    raise LoginRefusedError("unsupported_grant_type", "grant type not supported")


def _form(request: Request) -> Mapping[str, list[str]]:
    try:
        return parse_qs(request.body.decode(), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise LoginRefusedError("invalid_request", "the form cannot be read") from error


def _rotated(sessions: Sessions, given: str) -> str | None:
    if not sessions.rotates:
        return None
    sessions.refresh_tokens.discard(given)
    made = f"sandbox-refresh-{sessions.issued + 1}"
    sessions.refresh_tokens.add(made)
    return made


def url_of(request: Request) -> str:
    """Say under which address the twin was asked."""
    return f"http://{request.headers.get('host', '127.0.0.1')}"


def _begun(
    sessions: Sessions, request: Request, now: datetime, user: str, refresh_token: str | None
) -> Answer:
    url = sessions.own_url(request)
    body: dict[str, Json] = {
        "access_token": sessions.begin(now),
        "instance_url": url,
        "id": f"{url}/id/00DSb0000000001AAA/{user}",
        "token_type": "Bearer",
        "scope": "api",
        "issued_at": str(to_ms(now)),
    }
    if refresh_token is not None:
        body["refresh_token"] = refresh_token
    return json_answer(body)


def _check_client(sessions: Sessions, form: Mapping[str, str], authorization: str) -> None:
    given = form.get("client_id", ""), form.get("client_secret", "")
    word, _, coded = authorization.partition(" ")
    if word.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise LoginRefusedError("invalid_client", "invalid client credentials") from error
        given = name, secret
    if given[0] != sessions.client_id:
        raise LoginRefusedError("invalid_client_id", "client identifier invalid")
    if given[1] != sessions.client_secret:
        raise LoginRefusedError("invalid_client", "invalid client credentials")


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    aud: str
    exp: float


class _Header(msgspec.Struct):
    alg: str


def _check_assertion(sessions: Sessions, assertion: str, now: datetime, request: Request) -> None:
    claims = _claims_of(sessions, assertion)
    if claims.iss != sessions.client_id:
        raise LoginRefusedError("invalid_client_id", "client identifier invalid")
    if claims.sub != sessions.username:
        raise LoginRefusedError("invalid_grant", "user hasn't approved this consumer")
    shared = _SANDBOX if sessions.is_sandbox else _PRODUCTION
    if claims.aud.rstrip("/") not in {shared, url_of(request), sessions.own_url(request)}:
        raise LoginRefusedError("invalid_grant", "audience is invalid")
    left = claims.exp - to_ms(now) / 1000
    if not 0 < left <= _LONGEST_ASSERTION.total_seconds():
        raise LoginRefusedError("invalid_grant", "expired authorization code")


def _claims_of(sessions: Sessions, assertion: str) -> _Claims:
    """Read an assertion, and check its signature where a key is registered."""
    signed, _, signature = assertion.rpartition(".")
    head, _, body = signed.partition(".")
    try:
        algorithm = msgspec.json.decode(_bytes(head), type=_Header).alg
        claims = msgspec.json.decode(_bytes(body), type=_Claims, strict=False)
        if algorithm != "RS256":
            raise LoginRefusedError("invalid_grant", "algorithm is not RS256")
        if sessions.public_key is not None:
            sessions.public_key.verify(_bytes(signature), signed.encode(), PKCS1v15(), SHA256())
    except (msgspec.DecodeError, binascii.Error) as error:
        raise LoginRefusedError("invalid_grant", "invalid assertion") from error
    except InvalidSignature as error:
        raise LoginRefusedError("invalid_grant", "invalid assertion signature") from error
    return claims


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def revoke_answer(sessions: Sessions, request: Request) -> Answer:
    """Answer the end of a session or a refresh token.

    Raises:
        LoginRefusedError: It is not known.
    """
    form = _form(request)
    token = form.get("token", [request.one("token")])[0]
    if token in sessions.refresh_tokens:
        sessions.refresh_tokens.discard(token)
    elif sessions.open.pop(token, None) is None:
        raise LoginRefusedError("unsupported_token_type", "this token type is not supported")
    return Answer()
