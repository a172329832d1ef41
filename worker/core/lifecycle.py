"""The lifecycle: which stage a verdict leads to, and which moves the worker may make.

Stages that belong to people are never touched, a stage a person set is respected, and no move
happens that the table of transitions does not list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.model import Stage
from worker.core.policy import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The worker may move a lead from ``source`` to ``target``. None as source: no stage yet."""

    source: Stage | None
    target: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePolicy:
    """``dwell`` is how long a stage the worker set must stand before the worker lowers it.

    ``person_cool_down`` is how long a person's change is respected; a strong action of the lead
    after that change ends the respect early when ``strong_action_ends_cool_down``.
    """

    transitions: frozenset[Transition]
    people_own: frozenset[Stage]
    dwell: timedelta
    person_cool_down: timedelta
    strong_action_ends_cool_down: bool = True
    rejection_cool_down: timedelta = timedelta(days=90)
