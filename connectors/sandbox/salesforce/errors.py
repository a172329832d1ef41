"""How Salesforce refuses: a list of problems over HTTP, an object at the token endpoint.

In a list each problem names its ``errorCode``; inside the result of a collection the same is called
``statusCode``. Messages of real answers were looked up where they are public; clients should go by codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.sandbox.exchange import Answer, Json, json_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. ``more`` holds what single codes add."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    more: Mapping[str, Json] = field(default_factory=dict)


class RefusedError(Exception):
    """A request, or one record of it, is refused."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status, *(problem.code for problem in problems))
        self.status = status
        self.problems = problems


class LoginRefusedError(Exception):
    """A login is refused, in the manner of OAuth."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class UnknownReferenceError(LookupError):
    """A part of a composite names the answer of another that has none."""


def refusal(code: str, message: str, *fields: str, status: int = 400, **more: Json) -> RefusedError:
    """Make a refusal of one problem."""
    return RefusedError(status, Problem(code=code, message=message, fields=fields, more=more))


def not_found(message: str = "The requested resource does not exist") -> RefusedError:
    """Make the refusal of what is not there."""
    return refusal("NOT_FOUND", message, status=404)


def session_refused() -> RefusedError:
    """Make the refusal of a session that is not known, or not any more."""
    return refusal("INVALID_SESSION_ID", "Session expired or invalid", status=401)


_WITH_FIELDS: Final = frozenset(
    {
        "DUPLICATES_DETECTED",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INACTIVE_OWNER_OR_USER",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "MALFORMED_ID",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "UNABLE_TO_LOCK_ROW",
    }
)
"""Codes whose item always has ``fields``, even empty; problems with the request have none."""


def shown(problem: Problem) -> dict[str, Json]:
    """Show a problem as an item of the list that an error answer is."""
    found: dict[str, Json] = {**problem.more, "message": problem.message}
    found["errorCode"] = problem.code
    if problem.fields or problem.code in _WITH_FIELDS:
        found["fields"] = list(problem.fields)
    return found


def shown_in_result(problem: Problem) -> dict[str, Json]:
    """Show a problem as an item of the errors of one record in a collection."""
    return {
        "statusCode": problem.code,
        "message": problem.message,
        "fields": list(problem.fields),
    }


def error_answer(refused: RefusedError) -> Answer:
    """Answer with the list of what is wrong."""
    return json_answer([shown(problem) for problem in refused.problems], refused.status)


def login_answer(refused: LoginRefusedError) -> Answer:
    """Answer a login that is refused."""
    body = {"error": refused.error, "error_description": refused.description}
    return json_answer(body, refused.status)
