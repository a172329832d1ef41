"""Turns what HubSpot and the network say into our errors, by a table.

An error keeps the status, HubSpot's own code, the correlation id and the wait it asks for. Bodies,
headers and sentences are dropped: they repeat values, and sometimes the token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connectors.hubspot.matching import holders_in
from connectors.shared.faults import (
    CORRELATION,
    FaultTable,
    decoded,
    too_fast,
    unavailable,
    wait_in,
)
from worker.core.records import is_code
from worker.errors import (
    DailyLimitError,
    FixAccessError,
    FixConfigurationError,
    FixDataError,
    LeadtriageError,
    UnavailableError,
)

_SCOPE = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_MOST_SCOPES = 12
_CODE_KEYS = ("category", "errorType", "error", "status")
_GRANT_CODES = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
_LOCKED_WAIT = timedelta(seconds=2)


class Policy(StrEnum):
    """Which of HubSpot's limits a 429 is about."""

    BURST = "TEN_SECONDLY_ROLLING"
    SECOND = "SECONDLY"
    DAILY = "DAILY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an answer other than a success says, without a value of a record.

    ``status`` 0 means that no answer came. ``scopes`` are the permissions HubSpot says are missing,
    ``matches`` the ids of records that have a value which must be unique.
    """

    operation: str
    status: int
    code: str | None = None
    correlation_id: str | None = None
    retry_after: timedelta | None = None
    policy: Policy | None = None
    scopes: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [str(self.status) if self.status else "no answer"]
        said += [self.code] if self.code else []
        said += [f"correlation id {self.correlation_id}"] if self.correlation_id else []
        return f"HubSpot would not {self.operation} ({', '.join(said)})"


def _locked(fault: Fault) -> LeadtriageError:
    wait = fault.retry_after or _LOCKED_WAIT
    return UnavailableError(f"{fault}: the record is locked. Nothing was lost.", retry_after=wait)


def _too_fast(fault: Fault) -> LeadtriageError:
    if fault.policy is Policy.DAILY:
        says = f"{fault}: the day's calls are used up. The work continues after the account's midnight."
        return DailyLimitError(says, fault.retry_after)
    return too_fast(fault)


def _no_access(fault: Fault) -> LeadtriageError:
    needs = f" It needs: {', '.join(fault.scopes)}." if fault.scopes else ""
    return FixAccessError(f"{fault}.{needs} Renew the token or grant the permission.")


def _no_data(fault: Fault) -> LeadtriageError:
    return FixDataError(f"{fault}. Compare the field map with the account.")


def _moved(fault: Fault) -> LeadtriageError:
    return FixConfigurationError(f"{fault}: it answers from another place. Check base_url.")


_TABLE: FaultTable[Fault] = FaultTable(
    by_code={
        "MISSING_SCOPES": _no_access,
        "INVALID_AUTHENTICATION": _no_access,
        "EXPIRED_AUTHENTICATION": _no_access,
        "INVALID_GRANT": _no_access,
        "INVALID_CLIENT": _no_access,
        "UNAUTHORIZED_CLIENT": _no_access,
        "BAD_REFRESH_TOKEN": _no_access,
        "BAD_CLIENT_ID": _no_access,
        "BAD_CLIENT_SECRET": _no_access,
        "RATE_LIMIT": _too_fast,
        "RATE_LIMITS": _too_fast,
    },
    by_status={423: _locked, 477: unavailable},
    no_access=_no_access,
    no_data=_no_data,
    moved=_moved,
    too_fast=_too_fast,
)


def error_of(fault: Fault) -> LeadtriageError:
    """Name the error by what to do about it: first by HubSpot's code, then by the status."""
    return _TABLE.error_of(fault)


def read_fault(*, operation: str, status: int, body: bytes, headers: Mapping[str, str]) -> Fault:
    """Read an answer other than a success; what is no JSON, as an HTML page, has a status alone."""
    said = _object_in(body)
    return Fault(
        operation=operation,
        status=status,
        code=_code_in(said),
        correlation_id=_matching(CORRELATION, said.get("correlationId")),
        retry_after=wait_in(headers),
        policy=_policy_in(said),
        scopes=_scopes_in(said),
        matches=holders_in(message if isinstance(message := said.get("message"), str) else ""),
    )


def _object_in(body: bytes) -> Mapping[str, object]:
    said = decoded(body)
    return said if isinstance(said, dict) else {}


def _code_in(said: Mapping[str, object]) -> str | None:
    for key in _CODE_KEYS:
        value = said.get(key)
        if isinstance(value, str) and (is_code(value) or value in _GRANT_CODES):
            return value.upper()
    return None


def _policy_in(said: Mapping[str, object]) -> Policy | None:
    name = said.get("policyName")
    return next((policy for policy in Policy if policy.value == name), None)


def _scopes_in(said: Mapping[str, object]) -> tuple[str, ...]:
    found: list[str] = []
    errors = said.get("errors")
    for item in errors if isinstance(errors, list) else ():
        context = item.get("context") if isinstance(item, dict) else None
        for key in ("requiredGranularScopes", "requiredScopes"):
            named = context.get(key) if isinstance(context, dict) else None
            found += [str(one) for one in named] if isinstance(named, list) else []
    known = [scope for scope in dict.fromkeys(found) if _SCOPE.fullmatch(scope)]
    return tuple(known[:_MOST_SCOPES])


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
