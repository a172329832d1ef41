"""A query made ready to run, and the cursor that walks through what it found."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import datetime

from connectors.sandbox.salesforce.soql_nodes import Query
from connectors.sandbox.salesforce.soql_sql import Column, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A query, what its names stand for, and the columns it shows."""

    query: Query
    scope: Scope
    columns: tuple[Column, ...]


@dataclass(slots=True, kw_only=True)
class Cursor:
    """The rows of a query that has more than fit on a page, by their numbers in the store."""

    plan: Plan
    rows: array[int]
    made_at: datetime
    has_deleted: bool
