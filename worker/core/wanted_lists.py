"""Names the lists that people work from, and all that a package has to serve; pure.

A list needs the fields it shows and picks by: where the map does not write one of them, there is no list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.core.configuration import Configuration
from worker.core.field_map import FieldWrite, Managed, ObjectMap, SystemMap
from worker.core.follow_up import FollowUpState
from worker.core.model import Stage
from worker.core.setup_records import ListRule, ListTest, PackageOrder, WantedList
from worker.core.wanted_fields import PREFIX, wanted_fields

_OPEN = (FollowUpState.WAITING, FollowUpState.REMINDED, FollowUpState.OVERDUE)
_FULL = "ROUTE_TEAM_AT_CAPACITY"
_STAGES = (Managed.STAGE, Managed.OWN_STAGE)
"""Either tells where a lead stands; the first that is written counts."""
_SHOWN = (*_STAGES, Managed.NEXT_STEP, Managed.NEXT_STEP_DUE, Managed.FOLLOW_UP_STATE)


def order_package(configuration: Configuration, system: SystemMap) -> PackageOrder:
    """Collect what the map of one system writes and reads, with the lists for its people."""
    return PackageOrder(
        system=system.system,
        fields=wanted_fields(configuration, system),
        lists=tuple(one for item in system.objects for one in _lists(item)),
        reads={item.object_type: tuple(sorted(item.read_fields())) for item in system.objects},
        objects={item.object_type: item.options for item in system.objects},
        options=system.options,
    )


def _lists(item: ObjectMap) -> Iterator[WantedList]:
    writes = {write.managed: write for write in item.writes}
    columns = tuple(writes[one].target for one in _SHOWN if one in writes)
    for name, label, is_of_reader, rules in _wanted(writes):
        if rules:
            yield WantedList(
                object_type=item.object_type,
                name=f"{PREFIX}_{name}",
                label=label,
                columns=columns,
                rules=rules,
                is_of_reader=is_of_reader,
            )


def _wanted(
    writes: Mapping[Managed, FieldWrite],
) -> Iterator[tuple[str, str, bool, tuple[ListRule, ...]]]:
    stage = next((one for one in _STAGES if one in writes), Managed.STAGE)
    is_open = _rule(writes, Managed.FOLLOW_UP_STATE, *_OPEN)
    due = writes.get(Managed.NEXT_STEP_DUE)
    is_due = (ListRule(due.target, ListTest.BY_TODAY),) if due else ()
    yield "Ready", "Ready leads", False, _rule(writes, stage, Stage.MQL)
    yield "My_Due", "My hand-offs due", True, (*is_open, *is_due) if is_open and is_due else ()
    yield "Waiting", "Waiting for capacity", False, _has(writes, Managed.REASONS, _FULL)
    late = _rule(writes, Managed.FOLLOW_UP_STATE, FollowUpState.OVERDUE)
    yield "Overdue", "Follow-up overdue", False, late


def _rule(
    writes: Mapping[Managed, FieldWrite], managed: Managed, *words: str
) -> tuple[ListRule, ...]:
    """Ask for our words as the map writes them; nothing where one has no word there."""
    write = writes.get(managed)
    if write is None:
        return ()
    theirs = [write.values.get(word, "") if write.values else str(word) for word in words]
    return (ListRule(write.target, ListTest.IS, tuple(theirs)),) if all(theirs) else ()


def _has(writes: Mapping[Managed, FieldWrite], managed: Managed, word: str) -> tuple[ListRule, ...]:
    write = writes.get(managed)
    return (ListRule(write.target, ListTest.HAS, (word,)),) if write else ()
