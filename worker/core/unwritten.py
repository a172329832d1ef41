"""What stands in the way of a write, as far as it is the same for every field.

Pure; what is particular to stages, owners and consent is beside where each of them is compared.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.core.field_map import Managed
from worker.core.testimony import Cause, Court, Person, Testimony, Witness


def why_closed(person: Person, one: Witness, managed: Managed, *, is_hidden: bool) -> Cause | None:
    """Say what stands in the way of any write to a field; None: nothing."""
    if not person.is_linked:
        return Cause.NOT_LINKED
    if is_hidden:
        return Cause.HIDDEN
    return Cause.NOT_WRITTEN if one.target(managed) is None else None


def testify_of_writes(
    court: Court, one: Witness, target: str | None, shown: str | None
) -> Testimony | None:
    """Say what became of the latest write to a field, where that is why it shows something else."""
    for write in one.writes:
        if target not in write.fields:
            continue
        cause = _CAUSES.get(write.outcome or write.state)
        if cause is None:
            return None
        if write.state == _HELD and write.run_id == court.rehearsed:
            cause = Cause.WAITING
        plan = write.run_id if cause is Cause.HELD_PLAN else None
        return Testimony(
            ref=one.ref, shows=shown, cause=cause, code=write.code, at=write.at, plan=plan
        )
    return None


_HELD = "held"
_CAUSES: Mapping[str, Cause] = {
    _HELD: Cause.HELD_PLAN,
    "planned": Cause.WAITING,
    "ready": Cause.WAITING,
    "sending": Cause.WAITING,
    "rejected": Cause.REJECTED,
    "conflict": Cause.CONFLICT,
}
