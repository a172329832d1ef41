"""The shape of ``lifecycle.yaml``."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import Field

from worker.config.scalars import Document, Duration, Flag, Name, When
from worker.core.lifecycle import Mover
from worker.core.model import Stage
from worker.core.records import Editor
from worker.core.stage_rules import Backward

Source: TypeAlias = Literal["none"] | Stage


class WayEntry(Document):
    from_: Source = Field(alias="from")
    to: list[Stage] = Field(min_length=1)


class TransitionEntry(WayEntry):
    id: Name | None = None
    by: Mover = Mover.BOTH
    when: When | None = None


NoPerson: TypeAlias = Literal[Editor.AUTOMATION, Editor.IMPORT]
"""Who is no person, and may yet be respected like one."""
NO_PEOPLE: Final[tuple[NoPerson, ...]] = (Editor.AUTOMATION, Editor.IMPORT)


class PersonChange(Document):
    cool_down: Duration
    strong_action_ends_it: Flag = True
    also: list[NoPerson] = Field(default_factory=lambda: [*NO_PEOPLE])


class StagesEntry(Document):
    stages: list[Stage] = Field(default_factory=list)
    backward: Backward | None = None
    without: list[WayEntry] = Field(default_factory=list)


class LifecycleDocument(Document):
    """lifecycle.yaml"""

    people_own: list[Stage]
    mirror: list[Stage] = Field(default_factory=list)
    transitions: list[TransitionEntry] = Field(min_length=1)
    dwell: Duration
    person_change: PersonChange
    rejection_cool_down: Duration
    systems: dict[Name, StagesEntry] = Field(default_factory=dict)
