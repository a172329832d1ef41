"""Plays the scripted faults that stand for an answer, as Salesforce or what is before it writes them.

The ``policy`` of a fault is the error code, or ``DAILY`` or ``CONCURRENT`` for the two limits that share
one, or ``XML`` for an answer in another format than the client asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.sandbox.exchange import Answer
from connectors.sandbox.salesforce.errors import RefusedError, error_answer, refusal
from connectors.sandbox.salesforce.limits import concurrent_refusal, daily_refusal
from connectors.sandbox.script import Fault, FaultKind

_UNSET: Final = "TEN_SECONDLY_ROLLING"
"""The policy of a fault that names none."""
_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId"),
    502: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
    503: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
}
_UNKNOWN: Final = ("UNKNOWN_EXCEPTION", "An unexpected error occurred.")


def is_answer(fault: Fault) -> bool:
    """Tell whether a fault stands for an answer."""
    return fault.kind is FaultKind.STATUS


def scripted(fault: Fault) -> Answer:
    """Write the answer that a fault stands for."""
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.is_html:
        page = f"<html><head><title>{fault.status}</title></head><body>error</body></html>"
        return _page(fault.status, page, "text/html;charset=utf-8").with_headers(headers)
    if fault.policy == "XML":
        code, message = _CODES.get(fault.status, _UNKNOWN)
        page = (
            '<?xml version="1.0" encoding="UTF-8"?><Errors><Error>'
            f"<errorCode>{code}</errorCode><message>{message}</message></Error></Errors>"
        )
        return _page(fault.status, page, "application/xml;charset=utf-8").with_headers(headers)
    return error_answer(_refusal(fault)).with_headers(headers)


def _refusal(fault: Fault) -> RefusedError:
    if fault.policy == "DAILY":
        return daily_refusal()
    if fault.policy == "CONCURRENT":
        return concurrent_refusal()
    code, message = _CODES.get(fault.status, _UNKNOWN)
    if fault.policy != _UNSET:
        code, message = fault.policy, "a scripted fault"
    return refusal(code, message, status=fault.status)


def _page(status: int, text: str, type_: str) -> Answer:
    return Answer(status=status, body=text.encode(), headers={"content-type": type_})
