"""What an endpoint is given: the org, the request, the places of its path, and who writes how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import format_datetime, parsedate_to_datetime
from typing import TypeAlias, TypeVar, cast

import msgspec

from connectors.sandbox.clock import from_ms, to_ms
from connectors.sandbox.exchange import Answer, Json, Request
from connectors.sandbox.salesforce.errors import RefusedError, not_found, refusal
from connectors.sandbox.salesforce.fields import ObjectType
from connectors.sandbox.salesforce.jobs import Jobs
from connectors.sandbox.salesforce.limits import Meter
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.writing import Writer
from connectors.sandbox.script import Fault, FaultKind

T = TypeVar("T")
Given: TypeAlias = "dict[str, Json]"
"""A record as JSON gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to an endpoint. ``dispatch`` serves another one within it."""

    org: Org
    request: Request
    version: str
    params: Mapping[str, str] = field(default_factory=dict)
    meter: Meter
    jobs: Jobs
    user: str = ""
    """Whose session it is, where it is a person's."""
    faults: Sequence[Fault] = ()
    dispatch: Callable[[Call, Request], Answer]

    @property
    def base(self) -> str:
        """Say where the resources of this version are."""
        return f"/services/data/v{self.version}"

    @property
    def object_type(self) -> ObjectType:
        """Find the object type that the path names.

        Raises:
            RefusedError: The integration user sees none of this name.
        """
        found = self.org.schema.seen(self.params["object"])
        if found is None:
            raise not_found()
        return found

    @property
    def writer(self) -> Writer:
        """Read from the headers how the records are to be written."""
        assigns = self.header("sforce-auto-assign").strip().upper() != "FALSE"
        duplicates = self.header("sforce-duplicate-rule-header").replace(" ", "").lower()
        late = next((f.seconds for f in self.faults if f.kind is FaultKind.LATE), 0.0)
        return Writer(
            is_person=bool(self.user),
            user=self.user,
            assigns=assigns,
            saves_duplicates="allowsave=true" in duplicates,
            late_ms=int(late * 1000),
        )

    @property
    def most_rows(self) -> int | None:
        """Say how many rows a page may hold by a scripted fault."""
        return next((fault.rows for fault in self.faults if fault.kind is FaultKind.THIN), None)

    @property
    def is_empty(self) -> bool:
        """Tell whether a collection is to be answered well and not be written."""
        return any(fault.kind is FaultKind.EMPTY for fault in self.faults)

    def spoilt(self, place: int) -> Fault | None:
        """Find the scripted fault of one input of a collection."""
        return next(
            (f for f in self.faults if f.kind is FaultKind.SPOIL and place in f.inputs), None
        )

    def header(self, name: str) -> str:
        """Read a header."""
        return self.request.headers.get(name, "")

    def within(self, request: Request, params: Mapping[str, str], version: str) -> Call:
        """Make the call of a request inside of this one; scripted faults stay outside."""
        return replace(self, request=request, params=params, version=version, faults=())

    def body(self, type_: type[T]) -> T:
        """Read the body.

        Raises:
            RefusedError: It is not what the endpoint takes.
        """
        try:
            return msgspec.json.decode(self.request.body or b"{}", type=type_)
        except msgspec.DecodeError as error:
            raise refusal("JSON_PARSER_ERROR", str(error)) from error
        except UnicodeDecodeError as error:
            raise refusal("JSON_PARSER_ERROR", "the body is not UTF-8") from error

    def record(self) -> Given:
        """Read the body as one record.

        Raises:
            RefusedError: It is none.
        """
        return cast(Given, self.body(dict[str, object]))

    def wanted_rows(self) -> int | None:
        """Read how many rows a page should hold."""
        _, _, text = self.header("sforce-query-options").partition("=")
        return int(text.strip()) if text.strip().isdecimal() else None

    def refuse_changed(self, changed_ms: int) -> None:
        """Refuse to go on with what was changed since ``If-Unmodified-Since``, to the second.

        Raises:
            RefusedError: It was changed since.
        """
        given = _date_ms(self.header("if-unmodified-since"))
        if given is not None and changed_ms // 1000 > given // 1000:
            raise RefusedError(412)

    def is_unchanged(self, changed_ms: int) -> bool:
        """Tell whether something stands as it was at ``If-Modified-Since``."""
        given = _date_ms(self.header("if-modified-since"))
        return given is not None and changed_ms // 1000 <= given // 1000


def _date_ms(text: str) -> int | None:
    if not text:
        return None
    try:
        return to_ms(parsedate_to_datetime(text))
    except (ValueError, TypeError):
        return None


def http_date(ms: int) -> str:
    """Write an instant as headers do."""
    return format_datetime(from_ms(ms), usegmt=True)
