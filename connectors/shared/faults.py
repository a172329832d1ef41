"""How what a CRM or the network says becomes an error of ours: first by its code, then by the status.

A fault is what is kept of an answer other than a success. Which codes there are, each connector knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec

from worker.errors import LeadtriageError, RateLimitedError, UnavailableError

CORRELATION: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
"""The form of an id by which a vendor finds a request again."""


class AnyFault(Protocol):
    """What faults of all CRMs have in common. ``status`` 0 means that no answer came."""

    @property
    def status(self) -> int: ...
    @property
    def code(self) -> str | None: ...
    @property
    def retry_after(self) -> timedelta | None: ...


_Fault = TypeVar("_Fault", bound=AnyFault)
Make: TypeAlias = Callable[[_Fault], LeadtriageError]


def no_answer(fault: AnyFault, error: Exception, url: str) -> UnavailableError:
    """Say that no whole answer came, and from where: the address may be the mistake."""
    where = urlsplit(url).netloc
    return UnavailableError(
        f"{fault}: {type(error).__name__} at {where}. Nothing was lost; the next run continues."
    )


def unavailable(fault: AnyFault) -> LeadtriageError:
    """Say that it may go well later."""
    return UnavailableError(f"{fault}. Nothing was lost.", retry_after=fault.retry_after)


def too_fast(fault: AnyFault) -> LeadtriageError:
    """Say that there were too many calls in a short time."""
    return RateLimitedError(f"{fault}: too many calls. Nothing was lost.", fault.retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTable(Generic[_Fault]):
    """The errors of one CRM, where they are not the usual ones of a status."""

    by_code: Mapping[str, Make[_Fault]]
    by_status: Mapping[int, Make[_Fault]]
    no_access: Make[_Fault]
    no_data: Make[_Fault]
    moved: Make[_Fault]
    too_fast: Make[_Fault] = field(default=too_fast)

    def error_of(self, fault: _Fault) -> LeadtriageError:
        """Name the error by what to do about it."""
        by_code, by_status = self.by_code.get(fault.code or ""), self.by_status.get(fault.status)
        return (by_code or by_status or self._usual(fault.status))(fault)

    def _usual(self, status: int) -> Make[_Fault]:
        if status in (0, 408) or status >= 500:
            return unavailable
        if status in (401, 403):
            return self.no_access
        if status == 429:
            return self.too_fast
        return self.moved if 300 <= status < 400 else self.no_data


def decoded(body: bytes) -> object:
    """Read what is JSON; an HTML page, or what was cut, is None."""
    try:
        said: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return said


def wait_in(headers: Mapping[str, str]) -> timedelta | None:
    """Read how long we are asked to wait."""
    text = headers.get("retry-after", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 7
    return timedelta(seconds=int(text)) if is_number else None
