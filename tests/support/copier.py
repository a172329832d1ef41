"""Something that copies fields between two CRMs behind the worker's back, and takes its time.

As HubSpot's own integration with Salesforce does: what changes on one side is written on the other a
while later, in the other's words, as an automation. It does not copy what it wrote itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from tests.support.two_crms import OWNER, STAGE, Side, TwoCrms
from worker.core.records import Editor

OPT_OUTS = ("opt_out_email", "opt_out_phone", "opt_out_sms")


class Copy(NamedTuple):
    due_at: datetime
    side: str
    person: str
    column: str
    text: str


@dataclass(slots=True, kw_only=True)
class Copier:
    """Copies ``columns``. What has changed on the other side since is newer, and stands there."""

    two: TwoCrms
    delay: timedelta
    columns: tuple[str, ...] = (STAGE, OWNER, *OPT_OUTS)
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)
    changed_at: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    queue: list[Copy] = field(default_factory=list)
    made: int = 0

    def look(self) -> None:
        """See what has changed since the last look, and note what is to be copied."""
        for name, side in self.two.sides.items():
            other = next(one for one in self.two.sides if one != name)
            for person, shown in side.table(self.columns).items():
                for column, text in shown.items():
                    self._note((name, person, column), text, other)

    def _note(self, place: tuple[str, str, str], text: str, other: str) -> None:
        if self.known.get(place, text) != text:
            _side, person, column = place
            self.queue.append(Copy(self.two.now + self.delay, other, person, column, text))
            self.changed_at[place] = self.two.now
        self.known[place] = text

    def copy(self) -> None:
        """Write what is due; a later change of the same field takes the place of an earlier one."""
        due = [one for one in self.queue if one.due_at <= self.two.now]
        self.queue = [one for one in self.queue if one.due_at > self.two.now]
        for one in sorted(due, key=attrgetter("due_at")):
            self._copy(one, self.two.sides)

    def _copy(self, one: Copy, sides: Mapping[str, Side]) -> None:
        there = sides[one.side]
        place = (one.side, one.person, one.column)
        if one.person not in there.people():
            return
        shown = there.show(one.person, one.column)
        noted_at = one.due_at - self.delay
        is_newer = place in self.changed_at and self.changed_at[place] >= noted_at
        if shown == one.text or is_newer or shown != self.known.get(place, shown):
            return
        there.tell(one.person, {one.column: one.text}, Editor.SYNC)
        self.known[place] = there.show(one.person, one.column)
        self.made += 1
