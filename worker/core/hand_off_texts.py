"""The hand-off of one lead as each CRM's field would hold it: what ``explain`` shows before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from worker.core.decide import Decision
from worker.core.field_map import Managed
from worker.core.hand_off import summarise
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffText:
    """One text, and the field it is for; ``max_length`` None where the map sets no limit."""

    system: str
    object_type: str
    field: str
    text: str
    max_length: int | None


def hand_off_texts(
    ruleset: Ruleset, decision: Decision, records: Collection[RecordRef]
) -> Iterator[HandOffText]:
    """Write the hand-off for each field that takes it, of the kinds of records that the lead has.

    Nothing where no lead is handed off.
    """
    if decision.hand_off is None:
        return
    kinds = {(ref.system, ref.object_type) for ref in records}
    for system in ruleset.configuration.systems.values():
        for item in system.objects:
            is_theirs = (system.system, item.object_type) in kinds
            for write in item.writes if is_theirs else ():
                if write.managed is Managed.SUMMARY:
                    limit = write.max_length
                    yield HandOffText(
                        system=system.system,
                        object_type=item.object_type,
                        field=write.target,
                        text=summarise(ruleset, decision, limit, write.line_break),
                        max_length=limit,
                    )
