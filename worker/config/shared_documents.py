"""The shape of ``shared.yaml``: fragments that policies and rules use by name."""

from __future__ import annotations

from pydantic import Field

from worker.config.policy_documents import CriterionEntry
from worker.config.scalars import Document, Name, When


class SharedDocument(Document):
    """shared.yaml"""

    conditions: dict[Name, When] = Field(default_factory=dict)
    criteria: dict[Name, CriterionEntry] = Field(default_factory=dict)
