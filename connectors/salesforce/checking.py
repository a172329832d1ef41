"""Looks at an org before a run: may we call it, read each object, see what people refused, know who owns.

Nothing is changed. A field of consent that is hidden from our user is a warning that names the permission,
as nothing is read from a field that cannot be seen: nobody is taken to have agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.budget import Usage
from connectors.salesforce.keyset import STAMP
from connectors.salesforce.labels import LabelBook
from connectors.salesforce.owners import read_owners
from connectors.salesforce.permissions import may_write_inactive
from connectors.salesforce.sources import RecordSource
from connectors.salesforce.standing import INACTIVE_OWNERS
from connectors.salesforce.transport import Transport
from connectors.shared.secrets import is_open_to_all
from worker.core.records import CheckFinding
from worker.errors import DailyLimitError, FixAccessError, FixDataError, LeadtriageError

_NO_LABELS = (
    "The org does not tell our user which fields are labelled sensitive, so none is refused for that. Grant "
    "View Setup and Configuration."
)
_INACTIVE = "SELECT COUNT() FROM {} WHERE Owner.IsActive = false"
_ANYTHING = "SELECT Id FROM Organization LIMIT 1"


class _Allowance(msgspec.Struct, rename="pascal"):
    max: int = 0
    remaining: int = 0


class _Limits(msgspec.Struct, rename="pascal"):
    daily_api_requests: _Allowance = msgspec.field(default_factory=_Allowance)


class _Counted(msgspec.Struct, rename="camel"):
    total_size: int = 0


_COUNTED = msgspec.json.Decoder(_Counted)
_LIMITS = msgspec.json.Decoder(_Limits)


def look_at_org(
    transport: Transport, sources: Collection[RecordSource], labels: LabelBook
) -> list[CheckFinding]:
    """Ask for the limits, the description of each object, and the owners."""
    found: list[CheckFinding] = []
    for ask in (lambda: learn_limits(transport), lambda: read_owners(transport)):
        found += _finding_of(ask, None)
    for source in sources:
        shut = _finding_of(source.prepare, source.object_type)
        found += shut or _warnings(source)
    written = [source for source in sources if source.spec.can_write]
    if not any(one.is_blocking for one in found):
        found += _owned_by_nobody(transport, written)
        if not labels.is_told:
            found.append(CheckFinding(message=_NO_LABELS, is_blocking=False))
    return list(dict.fromkeys(found))


def _owned_by_nobody(
    transport: Transport, sources: Sequence[RecordSource]
) -> Iterator[CheckFinding]:
    """Warn of records whose owner has left: Salesforce refuses whatever is written to them."""
    if may_write_inactive(transport):
        return
    for source in sources:
        try:
            count = transport.query(_INACTIVE.format(source.name), _COUNTED.decode).total_size
        except (FixAccessError, FixDataError):
            continue
        if count:
            message = (
                f"{count:,} of {source.name} have an inactive owner, and Salesforce refuses what is "
                f"written to them. Give them to somebody, or deploy and assign {INACTIVE_OWNERS}."
            )
            yield CheckFinding(message=message, is_blocking=False, object_type=source.object_type)


def learn_limits(transport: Transport) -> None:
    """Learn what is left of the allowance; a user who may not see it learns it from each answer."""
    try:
        there = transport.call(paths.LIMITS, _LIMITS.decode).daily_api_requests
    except (FixAccessError, FixDataError):
        transport.call(paths.QUERY, bytes, query={"q": _ANYTHING})
        return
    if there.max:
        transport.budget.note(Usage(used=there.max - there.remaining, limit=there.max))


def look_at_login(transport: Transport) -> list[CheckFinding]:
    """Log in; without that, nothing else can be looked at."""
    return _finding_of(transport.log_in, None)


def look_at_files(paths: Iterable[Path]) -> Iterator[CheckFinding]:
    """Say of files with a secret which of them everybody on this machine can read."""
    for path in paths:
        if is_open_to_all(path):
            message = (
                f"The file {path.name} holds a secret and may be read by everybody on this machine. Give "
                f"it to leadtriage's user, and `chmod 600 {path.name}`."
            )
            yield CheckFinding(message=message, is_blocking=False)


def _finding_of(ask: Callable[[], object], object_type: str | None) -> list[CheckFinding]:
    try:
        ask()
    except LeadtriageError as error:
        place = None if isinstance(error, DailyLimitError) else object_type
        return [CheckFinding(message=str(error), is_blocking=True, object_type=place)]
    return []


def _warnings(source: RecordSource) -> Iterator[CheckFinding]:
    fields = source.book.of(source.name).fields
    for name in source.spec.consent:
        if name not in fields:
            message = (
                f"{source.name} shows us no {name}: field-level security hides it, so nobody is taken "
                f"to have agreed. Grant Read on {source.name}.{name}."
            )
            yield CheckFinding(message=message, is_blocking=False, object_type=source.object_type)
    if source.stamp != STAMP:
        message = f"{source.name} cannot be asked for by {STAMP}: {source.stamp} is used instead."
        yield CheckFinding(message=message, is_blocking=False, object_type=source.object_type)
