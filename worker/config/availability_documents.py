"""The shape of availability.yaml."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from worker.config.scalars import Count, Document, Duration, Name, When, Words
from worker.core.availability import Period, WhenUnknown


class HoldEntry(Document):
    when_wait_longer_than: Duration
    resume_when: Duration | None = None


class SlowEntry(Document):
    when_wait_longer_than: Duration
    resume_when: Duration | None = None
    at_most: Annotated[Count, Field(ge=1)]
    per: Period


class AvailabilityRuleEntry(Document):
    id: Name
    pathway: Words = Field(default_factory=list)
    service_line: Words = Field(default_factory=list)
    site: Words = Field(default_factory=list)
    hold: HoldEntry | None = None
    slow: SlowEntry | None = None
    never_for: When | None = None
    unknown: WhenUnknown = WhenUnknown.PROCEED


class AvailabilityDocument(Document):
    """availability.yaml"""

    stale_after: Duration = timedelta(days=2)
    rules: list[AvailabilityRuleEntry] = Field(default_factory=list)
