"""The error envelope, and the error by which an endpoint refuses a request.

``RefusedError`` never leaves the twin: the app turns it into an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer

_T = TypeVar("_T")


class Category(StrEnum):
    """The categories of errors that HubSpot is known to use."""

    VALIDATION_ERROR = "VALIDATION_ERROR"
    OBJECT_NOT_FOUND = "OBJECT_NOT_FOUND"
    RATE_LIMITS = "RATE_LIMITS"
    MISSING_SCOPES = "MISSING_SCOPES"
    INVALID_AUTHENTICATION = "INVALID_AUTHENTICATION"
    EXPIRED_AUTHENTICATION = "EXPIRED_AUTHENTICATION"
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One entry of ``errors`` in the envelope."""

    message: str
    code: str = ""
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Write the entry as the envelope has it: what is empty is left out."""
        entry: dict[str, Json] = {"message": self.message}
        if self.code:
            entry["code"] = self.code
        if self.context:
            entry["context"] = dict(self.context)
        return entry


class RefusedError(Exception):
    """An endpoint refuses the request, or one input of a batch, in favour of a ``holder`` of its value."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        details: Sequence[Detail] = (),
        context: Mapping[str, Sequence[str]] = MappingProxyType({}),
        holder: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status: Final = status
        self.category: Final = category
        self.message: Final = message
        self.details: Final = tuple(details)
        self.context: Final = dict(context)
        self.holder: Final = holder


class ValueRefusedError(Exception):
    """A value does not fit its property."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code: Final = code
        self.message: Final = message

    def detail(self, name: str) -> Detail:
        """Name the property in the entry of the envelope."""
        return Detail(message=self.message, code=self.code, context={"propertyName": [name]})


def invalid(message: str, *details: Detail) -> RefusedError:
    """Refuse with 400 and the category of bad input."""
    return RefusedError(400, Category.VALIDATION_ERROR, message, details)


def not_found(message: str = "resource not found") -> RefusedError:
    """Refuse with 404."""
    return RefusedError(404, Category.OBJECT_NOT_FOUND, message)


def missing_scopes(scopes: Sequence[str]) -> RefusedError:
    """Refuse with 403 and name the scopes that the token lacks."""
    detail = Detail(
        message="One or more of the following scopes are required.",
        context={"requiredGranularScopes": scopes},
    )
    return RefusedError(
        403,
        Category.MISSING_SCOPES,
        "This app hasn't been granted all required scopes to make this call.",
        [detail],
    )


def envelope(error: RefusedError, correlation_id: str) -> Answer:
    """Write an error as the answer to the whole request."""
    body: dict[str, Json] = {
        "status": "error",
        "message": error.message,
        "correlationId": correlation_id,
    }
    if error.context:
        body["context"] = error.context
    if error.details:
        body["errors"] = [detail.to_json() for detail in error.details]
    body["category"] = error.category
    return json_answer(body, error.status)


def batch_entry(error: RefusedError, trace_ids: Sequence[str] = ()) -> dict[str, Json]:
    """Write an error as one entry of ``errors`` in the answer to a batch, which names a holder apart."""
    context = dict(error.context)
    if error.holder is not None:
        context["existingId"] = [str(error.holder)]
    if trace_ids:
        context["objectWriteTraceId"] = list(trace_ids)
    return {
        "status": "error",
        "category": error.category,
        "message": error.message,
        "context": context,
        "links": {},
        "errors": [detail.to_json() for detail in error.details],
    }


def decoded(body: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    """Read a body; refuse what is not JSON or lacks what the endpoint needs."""
    try:
        return decoder.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("Invalid input JSON: the body does not have the expected form.") from None
