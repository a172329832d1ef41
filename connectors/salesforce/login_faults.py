"""Says what to do about a login that Salesforce refuses, by its code and by the sentences it uses.

A sentence is compared and never passed on. Sources: Salesforce Help, "OAuth 2.0 Authorization Errors", and
what clients of all kinds report of the three flows, as Salesforce lists no more than a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from connectors.salesforce.faults import Fault, error_of, object_in
from worker.errors import (
    FixAccessError,
    FixConfigurationError,
    LeadtriageError,
    RateLimitedError,
)

LOGIN_PAUSE: Final = timedelta(hours=1)
"""Salesforce counts the logins of a user by the hour (Salesforce Help: Login Rate Exceeded)."""
_OWN_ADDRESS: Final = (
    "login_url must be the org's own address, as in https://example.my.salesforce.com"
)
_OPTIONS: Final[Mapping[str, str]] = {
    "audience": "Set the option audience to https://login.salesforce.com, for a sandbox to "
    "https://test.salesforce.com.",
    "not supported on this domain": f"For this way to log in, {_OWN_ADDRESS}: see Setup, My Domain.",
}
"""What is wrong in our configuration, by words of the answer."""
_ALLOW: Final = (
    "In the app's policies, set Permitted Users to 'Admin approved users are pre-authorized' and add "
    "the user's profile or permission set"
)
_WORDS: Final[Mapping[str, str]] = {
    "hasn't approved this consumer": f"{_ALLOW}. Compare username and login_url as well: a wrong one "
    "is refused in the same words.",
    "not admin approved": f"{_ALLOW}.",
    "expired authorization code": "It took the signed login for one of another time: set the clock of "
    "this machine, by NTP.",
    "expired access/refresh token": "The refresh token was revoked, replaced or has run out: let a "
    "person allow the app again, and put the new token in its place.",
    "invalid assertion": "Upload the certificate of this very private key to the app, and compare "
    "client_id.",
    "no client credentials user": "Name a user under Run As in the app's policies, by username.",
    "client credentials flow not enabled": "Turn on the Client Credentials Flow in the app's settings.",
    "ip restricted": "Add the address of this machine to the org's Network Access or the login ranges of "
    "the user's profile, or relax IP Relaxation in the app's policies.",
    "not installed in this org": f"{_OWN_ADDRESS}, of the org that has the app. {_ALLOW}.",
}
_CODES: Final[Mapping[str, str]] = {
    "INVALID_CLIENT_ID": "Compare client_id with the app's Consumer Key, and login_url with its org. A "
    "new app is known after some ten minutes.",
    "INVALID_CLIENT": "Compare client_secret with the app's Consumer Secret, which may be a newer one.",
    "INVALID_APP_ACCESS": f"{_ALLOW}.",
    "UNSUPPORTED_GRANT_TYPE": "Turn on this flow in the app's settings, under Flow Enablement.",
    "INACTIVE_USER": "Activate the user in Setup, Users, or name another.",
    "INACTIVE_ORG": "The org is locked, suspended or gone: ask who runs it, or Salesforce.",
}
_RATES: Final = frozenset({"RATE_LIMIT_EXCEEDED", "LOGIN_RATE_EXCEEDED"})
_ELSE: Final = (
    "Correct the app's client id, secret, key, user or token. Setup, Login History says more."
)


def login_error(fault: Fault, body: bytes) -> LeadtriageError:
    """Name the error of a refused login, whatever status Salesforce uses for it."""
    said = _sentence_in(body)
    if fault.code in _RATES or "login rate" in said:
        return RateLimitedError(f"{fault}: too many logins of this user in an hour.", LOGIN_PAUSE)
    if 300 <= fault.status < 400:
        return FixConfigurationError(f"{fault}: it answers from another place. {_OWN_ADDRESS}.")
    if not 400 <= fault.status < 500 or fault.status in (408, 429):
        return error_of(fault)
    option = _found(_OPTIONS, said)
    if option is not None:
        return FixConfigurationError(f"{fault}. {option}")
    advice = _found(_WORDS, said) or _CODES.get(fault.code or "", _ELSE)
    return FixAccessError(f"{fault}. {advice}")


def _found(advice: Mapping[str, str], said: str) -> str | None:
    return next((text for words, text in advice.items() if words in said), None)


def _sentence_in(body: bytes) -> str:
    said = object_in(body).get("error_description")
    return said.lower() if isinstance(said, str) else ""
