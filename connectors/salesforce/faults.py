"""Turns what Salesforce and the network say into our errors, by a table.

An error keeps the status, Salesforce's own code, the request id and names of fields. Bodies, headers and
sentences are dropped: an admin's own message, and the SDK's with its whole URL, may hold a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.salesforce.matching import holder_in, matches_in
from connectors.shared.faults import CORRELATION, FaultTable, decoded, unavailable, wait_in
from worker.core.records import is_code
from worker.errors import (
    DailyLimitError,
    FixAccessError,
    FixConfigurationError,
    FixDataError,
    LeadtriageError,
    RateLimitedError,
    SourceChangedError,
)

EXPIRED = "INVALID_SESSION_ID"
LOCKED = "UNABLE_TO_LOCK_ROW"
DEAD_CURSOR = "INVALID_QUERY_LOCATOR"
TOO_MUCH = frozenset({"QUERY_TIMEOUT", "OPERATION_TOO_LARGE"})
"""What Salesforce says of a query that it cannot answer in time, or that finds too much."""
LIMIT = "REQUEST_LIMIT_EXCEEDED"
DAY = timedelta(hours=1)
"""The daily count is of the last 24 hours, so it falls by and by: it is looked at again after this."""
_CONCURRENT = timedelta(minutes=1)
_NAME = re.compile(r"[A-Za-z]\w{0,79}(?:\.[A-Za-z]\w{0,79}){0,4}")
_COLUMN = re.compile(r"No such (?:column|relation) '([A-Za-z][\w.]{0,160})'")
_BULK_CODE = re.compile(rb"<exceptionCode>([A-Za-z]{3,60})</exceptionCode>")
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CODE_KEYS = ("errorCode", "statusCode", "exceptionCode", "error")
_GRANT_CODES = frozenset({
    "invalid_grant", "invalid_client", "unauthorized_client", "invalid_client_id", "inactive_user",
    "inactive_org", "invalid_app_access", "app_not_found", "unsupported_grant_type", "invalid_request",
    "rate_limit_exceeded", "login_rate_exceeded",
})  # fmt: skip
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an answer other than a success says, without a value of a record.

    ``status`` 0 means that no answer came. ``fields`` are names of fields it is about, ``matches`` ids
    of records it names as the same. A limit ``is_concurrent`` when it is about calls at the same time
    and not about the day's.
    """

    operation: str
    status: int
    code: str | None = None
    correlation_id: str | None = None
    fields: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    is_concurrent: bool = False
    retry_after: timedelta | None = None

    @property
    def is_expired(self) -> bool:
        """Tell whether the session has ended, in the words of REST or of the Bulk API."""
        return self.code == EXPIRED or (self.status == 401 and self.code is None)

    def __str__(self) -> str:
        said = [str(self.status) if self.status else "no answer"]
        said += [self.code] if self.code else []
        said += [f"fields {', '.join(self.fields)}"] if self.fields else []
        said += [f"request id {self.correlation_id}"] if self.correlation_id else []
        return f"Salesforce would not {self.operation} ({', '.join(said)})"


def _limited(fault: Fault) -> LeadtriageError:
    if fault.is_concurrent:
        wait = fault.retry_after or _CONCURRENT
        return RateLimitedError(f"{fault}: too many long calls at once. Nothing was lost.", wait)
    return DailyLimitError(f"{fault}: the calls of 24 hours are used up.", DAY)


def _restart(fault: Fault) -> LeadtriageError:
    error = SourceChangedError(f"{fault}: the query has ended. It is asked again.")
    error.is_spent = True  # the very same request would be refused again: who walks begins anew
    return error


def _ended(fault: Fault) -> LeadtriageError:
    return FixAccessError(
        f"{fault}: the session has ended, or may not be used. Put a new token in its place; where we log "
        "in, the user needs API Enabled, and the app the scope api and a place in API Access Control."
    )


def _no_access(fault: Fault) -> LeadtriageError:
    return FixAccessError(f"{fault}. Renew the credential or grant the permission.")


def _no_data(fault: Fault) -> LeadtriageError:
    return FixDataError(f"{fault}. Compare the field map with the org.")


def _full(fault: Fault) -> LeadtriageError:
    return FixDataError(f"{fault}: the org has no storage left.")


def _retired(fault: Fault) -> LeadtriageError:
    return FixConfigurationError(f"{fault}: this api_version is no longer served. Set a newer one.")


def _moved(fault: Fault) -> LeadtriageError:
    return FixConfigurationError(f"{fault}: it answers from another place. Check instance_url.")


_TABLE: FaultTable[Fault] = FaultTable(
    by_code={
        EXPIRED: _ended,
        LIMIT: _limited,
        DEAD_CURSOR: _restart,
        LOCKED: unavailable,
        "ENTITY_IS_LOCKED": unavailable,  # by an approval that is under way
        **dict.fromkeys(TOO_MUCH, unavailable),
        "SERVER_UNAVAILABLE": unavailable,
        "UNKNOWN_EXCEPTION": unavailable,
        "INTERNAL_SERVER_ERROR": unavailable,
        "API_CURRENTLY_DISABLED": unavailable,
        "API_DISABLED_FOR_ORG": _no_access,
        "TXN_SECURITY_NO_ACCESS": _no_access,
        "INSUFFICIENT_ACCESS": _no_access,
        "INSUFFICIENT_ACCESS_OR_READONLY": _no_access,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _no_access,
        "STORAGE_LIMIT_EXCEEDED": _full,
        **{code.upper(): _no_access for code in _GRANT_CODES},
    },
    by_status={410: _retired, 420: unavailable},
    no_access=_no_access,
    no_data=_no_data,
    moved=_moved,
)


def error_of(fault: Fault) -> LeadtriageError:
    """Name the error by what to do about it: first by Salesforce's code, then by the status."""
    return _TABLE.error_of(fault)


def is_passing(code: str | None) -> bool:
    """Tell whether a code names what passes by itself, so that the same may be asked again later."""
    make = _TABLE.by_code.get(code or "")
    return make in (unavailable, _limited)


def code_that_counts(code: str | None, message: str) -> str | None:
    """Take the code of a lock from the sentence: a trigger or flow that met one fails under its own."""
    return LOCKED if LOCKED in message else code


def read_fault(*, operation: str, status: int, body: bytes, headers: Mapping[str, str]) -> Fault:
    """Read an answer other than a success; what is no JSON, as an HTML page, has a status alone."""
    said = object_in(body)
    message = said.get("message")
    text = message if isinstance(message, str) else ""
    code = code_that_counts(_code_in(said) or _bulk_code(body), text)
    return Fault(
        operation=operation,
        status=status,
        code=code,
        correlation_id=_request_id(headers),
        fields=names_in(said.get("fields"), text),
        matches=matches_in(said) or holder_in(code, text),
        is_concurrent="concurrent" in text.lower(),
        retry_after=wait_in(headers),
    )


def names_in(fields: object, message: str) -> tuple[str, ...]:
    """Collect names of fields, from the list of them or from the sentence on a missing column."""
    named = [one for one in fields if isinstance(one, str)] if isinstance(fields, list) else []
    named += _COLUMN.findall(message)
    return tuple(one for one in dict.fromkeys(named) if _NAME.fullmatch(one))[:_MOST_NAMES]


def object_in(body: bytes) -> Mapping[str, object]:
    """Give the object, or the first of a list of them: REST writes a list, OAuth and Bulk do not."""
    said = decoded(body)
    first = said[0] if isinstance(said, list) and said else said
    return first if isinstance(first, dict) else {}


def _code_in(said: Mapping[str, object]) -> str | None:
    for key in _CODE_KEYS:
        value = said.get(key)
        if not isinstance(value, str):
            continue
        if is_code(value) or value in _GRANT_CODES:
            return value.upper()
        if key == "exceptionCode" and value.isalpha() and len(value) < 60:
            return _in_capitals(value)
    return None


def _bulk_code(body: bytes) -> str | None:
    found = _BULK_CODE.search(body[:2000])
    return _in_capitals(found[1].decode()) if found else None


def _in_capitals(word: str) -> str:
    """Write a code of the Bulk API as REST does: InvalidSessionId is INVALID_SESSION_ID."""
    return _WORD.sub("_", word).upper()


def _request_id(headers: Mapping[str, str]) -> str | None:
    value = headers.get("x-request-id") or headers.get("x-sfdc-request-id") or ""
    return value if CORRELATION.fullmatch(value) else None
