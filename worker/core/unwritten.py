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


_MAY_BE_SENT = frozenset({Cause.NOT_DECIDED, Cause.ON_ITS_WAY, Cause.NEVER_WRITTEN})
"""Nothing stands in the way by these; what became of a write says more."""


def testify_of_writes(
    court: Court,
    person: Person,
    one: Witness,
    target: str | None,
    shown: str | None,
    otherwise: Cause,
) -> Testimony | None:
    """Say what became of the latest write to a field, where that is why it shows something else.

    ``otherwise`` is the cause if it is not. A write that is over says nothing where something else stands in
    the way by now, nor does one that the next decision withdraws.
    """
    is_free = otherwise in _MAY_BE_SENT
    for write in one.writes:
        if target not in write.fields:
            continue
        is_withdrawn = write.outcome is not None or person.is_due or not person.is_linked
        if is_withdrawn and not is_free:
            return None
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
