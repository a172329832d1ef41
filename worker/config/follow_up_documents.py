"""The shape of ``follow_up`` in routing.yaml."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from worker.config.scalars import Count, Document, Duration, Name, Text, Words, WorkingTime
from worker.core.follow_up import AfterRejection, Doer


class ReminderEntry(Document):
    before_due: WorkingTime | None = None
    after_due: WorkingTime | None = None


class ReassignEntry(Document):
    after_due: WorkingTime
    at_most: Annotated[Count, Field(ge=1, le=20)] = 1


class EscalateEntry(Document):
    after_due: WorkingTime
    to: Text | None = None


class FollowUpEntry(Document):
    counts: Words = Field(min_length=1)
    by: Doer = Doer.OWNER
    remind: ReminderEntry | None = None
    reassign: ReassignEntry | None = None
    escalate: EscalateEntry | None = None


class FollowUpSection(Document):
    policies: dict[Name, FollowUpEntry] = Field(default_factory=dict)
    cool_down: Duration = timedelta(days=30)
    rejections: dict[Text, AfterRejection] = Field(default_factory=dict)
