"""What the contract suite needs from a CRM besides its connector.

Fields have three names of the suite's own (``EMAIL``, ``STAGE``, ``NOTE``); a harness says what its CRM
calls them, so that the suite can speak to any CRM. All values given to and by a harness are keyed by
the CRM's own names, through ``field``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from worker.core.records import Owner, RawValue
from worker.ports import Connector

EMAIL, STAGE, NOTE = "email", "stage", "note"
FIELDS = (EMAIL, STAGE, NOTE)


class DeletionNews(StrEnum):
    """How a pull since a bookmark tells that a record is gone."""

    SNAPSHOT = "snapshot"
    TOMBSTONE = "tombstone"
    SWEEP_ONLY = "sweep_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What this CRM can do.

    ``many`` is enough records for several pages. ``keeps_given_ids`` means that the harness can
    create records under ids of the suite's choice; else the CRM assigns them. A connector that
    only reads is asked nothing about writing. ``tells_edits``: it can be asked who changed a field.
    """

    deletions: DeletionNews
    many: int
    keeps_given_ids: bool
    can_write: bool = True
    tells_edits: bool = False


class Harness(Protocol):
    """A CRM with one object type, of which time stands still between calls unless it is real."""

    @property
    def object_type(self) -> str: ...

    @property
    def traits(self) -> Traits: ...

    def field(self, name: str) -> str:
        """Give the CRM's name of one of ``FIELDS``."""
        ...

    def open(self, **options: str) -> Connector:
        """Open a fresh connector to the CRM, with extra connector options."""
        ...

    def add(self, rows: Mapping[str, Mapping[str, RawValue]]) -> Sequence[str]:
        """Create records at one instant, by wished id; gives the ids they got, in order."""
        ...

    def add_owners(self, owners: Sequence[Owner]) -> Sequence[str]:
        """Create owners; gives the ids they got, in order."""
        ...

    def change(self, record_id: str, values: Mapping[str, RawValue]) -> None:
        """Change a record as a person would, at the very instant of the last change if possible."""
        ...

    def delete(self, record_id: str) -> None: ...

    def read(self, record_id: str) -> Mapping[str, RawValue] | None:
        """Read a record past the connector; None when it is gone. Empty is None."""
        ...

    def hide(self, name: str) -> None:
        """Make one of ``FIELDS`` invisible to the connector."""
        ...

    def break_down(self) -> None:
        """Make the CRM fail every read from now on, with record values in its own error if it can."""
        ...

    def stop(self) -> None:
        """Stop what was started for the harness."""
        ...
