"""The shape of identity.yaml."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from worker.config.scalars import Document, Duration, Id, Name, Number
from worker.core.similarity import Likeness, SimilarityPolicy
from worker.core.traits import Trait

_USUAL = SimilarityPolicy()


class ProposalsEntry(Document):
    threshold: Annotated[Number, Field(gt=0)] = _USUAL.threshold
    largest_block: Annotated[int, Field(strict=True, ge=2)] = _USUAL.largest_block
    weights: dict[Trait, dict[Likeness, Number]] = Field(default_factory=dict)


class SurvivorshipEntry(Document):
    oldest: list[Name] = Field(default_factory=list)
    prefer: dict[Name, list[Id]] = Field(default_factory=dict)


class CopiedEntry(Document):
    between: Annotated[list[Id], Field(min_length=2)]
    within: Duration = timedelta(days=1)


class IdentityDocument(Document):
    """identity.yaml"""

    proposals: ProposalsEntry = Field(default_factory=ProposalsEntry)
    survivorship: SurvivorshipEntry = Field(default_factory=SurvivorshipEntry)
    copied: CopiedEntry | None = None
