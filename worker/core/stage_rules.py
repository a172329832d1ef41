"""What one CRM makes of the stages: which it has, which moves it is spared, and the way back.

The lifecycle decides for the person; this decides what of it is written to a record, from where that
record stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.core.model import Stage


class Backward(StrEnum):
    """How the stage of a record may be lowered in a CRM."""

    ALLOWED = "allowed"
    CLEAR_FIRST = "clear_first"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStages:
    """The stages of one CRM. ``stages`` None: all; ``backward`` None: as its connector can.

    ``refused`` are moves of the table that are not written to this CRM; ``unlisted`` are stages, by
    object type, whose word the CRM's own list does not have at present.
    """

    stages: frozenset[Stage] | None = None
    backward: Backward | None = None
    refused: frozenset[tuple[Stage | None, Stage]] = frozenset()
    unlisted: frozenset[tuple[str, Stage]] = frozenset()


PLAIN = SystemStages()
_ORDER: Mapping[Stage | None, int] = {
    stage: place
    for place, stage in enumerate(Stage)
    if stage not in (Stage.RECYCLED, Stage.DISQUALIFIED)
}
"""Recycled and disqualified stand outside the order: wherever a lead goes from there is no step back."""
_AFTER_ALL = len(_ORDER)


def is_backward(source: Stage | None, target: Stage) -> bool:
    """Tell whether a move leads to an earlier stage."""
    return source in _ORDER and _ORDER.get(target, _AFTER_ALL) < _ORDER[source]


def is_outside(stage: Stage | None) -> bool:
    """Tell whether a stage stands outside the order, so that no move from it is a step forward."""
    return stage is not None and stage not in _ORDER


def way_to(
    rules: SystemStages, object_type: str, source: Stage | None, target: Stage
) -> Backward | None:
    """Say how a record gets from one stage to another in a CRM: plainly, cleared first, or never.

    None: the CRM has no such stage, or is spared the move.
    """
    if (object_type, target) in rules.unlisted:
        return None
    if rules.stages is not None and target not in rules.stages:
        return None
    if (source, target) in rules.refused:
        return None
    is_unsure = rules.backward is Backward.CLEAR_FIRST and _is_outside(source, target)
    if is_unsure or is_backward(source, target):
        return rules.backward or Backward.ALLOWED
    return Backward.ALLOWED


def _is_outside(source: Stage | None, target: Stage) -> bool:
    """Tell whether a move touches a stage outside the order.

    A CRM whose stages only go forward has a place for those as well, of its administrator's choice:
    such a move may be a step back there, and to clear first does no harm where it is none.
    """
    return source is not None and not {source, target} <= _ORDER.keys()
