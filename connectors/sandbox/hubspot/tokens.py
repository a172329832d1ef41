"""Who may call: private-app tokens, OAuth tokens that expire, and the scopes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

from connectors.sandbox.exchange import Answer, json_answer
from connectors.sandbox.hubspot.errors import Category, RefusedError, missing_scopes

SANDBOX_TOKEN: Final = "pat-na1-sandbox"  # noqa: S105  # opens nothing but a local twin
PERSON_TOKEN: Final = "pat-na1-sandbox-person"  # noqa: S105  # likewise
"""Stands for somebody in HubSpot's own pages, whom no token of the real API stands for."""
API_SOURCE: Final = "INTEGRATION"
PERSON_SOURCE: Final = "CRM_UI"
OWN_APP: Final = 4242
"""The app whose tokens these are."""
LIFETIME: Final = timedelta(minutes=30)
ALL_SCOPES: Final = frozenset(
    {
        "automation",
        "communication_preferences.read",
        "communication_preferences.statuses.batch.read",
        "crm.lists.read",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.marketing_events.read",
        "crm.objects.owners.read",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
        "forms",
        "sales-email-read",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token allows, and until when; a private app's token does not end.

    ``source`` is what the history says of what is written with it.
    """

    scopes: frozenset[str] = ALL_SCOPES
    expires_at: datetime | None = None
    is_private_app: bool = True
    source: str = API_SOURCE


@dataclass(slots=True, kw_only=True)
class Tokens:
    """The tokens of an account, and the OAuth client that may ask for more."""

    grants: dict[str, Grant] = field(
        default_factory=lambda: {SANDBOX_TOKEN: Grant(), PERSON_TOKEN: Grant(source=PERSON_SOURCE)}
    )
    refresh_tokens: dict[str, frozenset[str]] = field(default_factory=dict)
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  # opens nothing but a local twin
    rotates: bool = False
    issued: int = 0

    def grant_of(self, authorization: str, now: datetime) -> Grant:
        """Read the header of a request; 401 for a token that is not known, or not any more."""
        word, _, token = authorization.partition(" ")
        grant = self.grants.get(token.strip()) if word.lower() == "bearer" else None
        if grant is None:
            raise RefusedError(
                401,
                Category.INVALID_AUTHENTICATION,
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            )
        if grant.expires_at is not None and now >= grant.expires_at:
            raise expired(now - grant.expires_at)
        return grant

    def let_expire(self, now: datetime) -> None:
        """End every OAuth token as of now."""
        for token, grant in self.grants.items():
            if grant.expires_at is not None:
                self.grants[token] = Grant(
                    scopes=grant.scopes, expires_at=now, is_private_app=False
                )


def expired(since: timedelta) -> RefusedError:
    """Refuse a token that has ended."""
    seconds = int(since.total_seconds())
    return RefusedError(
        401,
        Category.EXPIRED_AUTHENTICATION,
        f"The OAuth token used to make this call expired {seconds} second(s) ago.",
    )


def require(grant: Grant, scopes: frozenset[str]) -> None:
    """Refuse with 403 when the token lacks a scope."""
    missing = sorted(scopes - grant.scopes)
    if missing:
        raise missing_scopes(missing)


def token_endpoint(tokens: Tokens, now: datetime, body: bytes) -> Answer:
    """POST /oauth/v1/token: a refresh token becomes an access token that lives for 30 minutes."""
    form = {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}
    if (form.get("client_id"), form.get("client_secret")) != (
        tokens.client_id,
        tokens.client_secret,
    ):
        return _oauth_error("BAD_CLIENT_ID", "missing or unknown client id")
    if form.get("grant_type") != "refresh_token":
        return _oauth_error("BAD_GRANT_TYPE", "this twin knows the grant refresh_token only")
    old = form.get("refresh_token", "")
    if old not in tokens.refresh_tokens:
        return _oauth_error("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
    return _issue(tokens, now, old)


def _issue(tokens: Tokens, now: datetime, old: str) -> Answer:
    tokens.issued += 1
    scopes, access, refresh = tokens.refresh_tokens[old], f"access-{tokens.issued}", old
    if tokens.rotates:
        refresh = f"refresh-{tokens.issued}"
        tokens.refresh_tokens[refresh] = tokens.refresh_tokens.pop(old)
    expires_at = now + LIFETIME
    tokens.grants[access] = Grant(scopes=scopes, expires_at=expires_at, is_private_app=False)
    return json_answer(
        {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": int(LIFETIME.total_seconds()),
            "token_type": "bearer",
        }
    )


def _oauth_error(status: str, message: str) -> Answer:
    error = "invalid_grant" if status == "BAD_REFRESH_TOKEN" else "invalid_request"
    return json_answer(
        {"status": status, "message": message, "error": error, "error_description": message}, 400
    )
