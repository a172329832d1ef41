"""Where a walk through (stamp, Id) stands, and what is asked for next. Pure.

Rows are walked in the order of an instant of change and, inside an instant, of the id. Ids are compared
by the server alone, so the place is the last pair that came, whatever the order of its ids is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.salesforce.soql import literal, quoted

STAMP = "SystemModstamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rows from ``at`` on; with an ``id``, those behind that row of this instant. None: all rows."""

    at: datetime | None = None
    id: str | None = None


def beyond(stamp: str, place: Place, until: datetime | None = None) -> list[str]:
    """Write the conditions for what lies beyond a place, up to ``until``, both ends included."""
    conditions = [] if place.at is None else [_from(stamp, place.at, place.id)]
    if until is not None:
        conditions.append(f"{stamp} <= {literal(until)}")
    return conditions


def _from(stamp: str, at: datetime, record_id: str | None) -> str:
    here = literal(at)
    if record_id is None:
        return f"{stamp} >= {here}"
    return f"({stamp} > {here} OR ({stamp} = {here} AND Id > {quoted(record_id)}))"


def order_of(stamp: str) -> tuple[str, str]:
    """Name the order of the walk."""
    return f"{stamp} ASC", "Id ASC"
