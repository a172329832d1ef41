"""The shape of a policy file, ``policies/<pathway>.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from worker.config.hand_off_documents import PolicyHandOff, PolicyHandOffEntry
from worker.config.scalars import Document, Duration, Name, Number, Text, When, plain
from worker.core.model import Strength
from worker.core.policy import Family

Points = Annotated[Number, Field(ge=0, le=1_000_000)]
LineWeight = Annotated[Number, Field(ge=0, le=100)]
GateAnswer = Literal["hold", "nurture", "not_ready", "disqualified", "continue"]


class CriterionReasonsEntry(Document):
    met: Text | None = None
    not_met: Text | None = None
    unknown: Text | None = None


class CriterionEntry(Document):
    family: Family
    sentence: Text
    when: When
    reasons: CriterionReasonsEntry = CriterionReasonsEntry()
    points: Points = 0.0
    half_life: Duration | None = None
    repeat: Annotated[Number, Field(ge=0, le=1)] = 0.0
    own_line: LineWeight = 1.0
    related_line: LineWeight = 1.0
    other_line: LineWeight = 1.0
    cap: Points | None = None
    after_outcome: Text | None = None


class GateEntry(Document):
    criterion: Text
    not_met: GateAnswer
    unknown: GateAnswer


class FamilyFloors(Document):
    """The least that each family must give."""

    fit: Points | None = None
    intent: Points | None = None
    timing: Points | None = None
    nurture: Points | None = None
    channel: Points | None = None
    data: Points | None = None
    consent: Points | None = None
    account: Points | None = None

    def by_family(self) -> dict[Family, float]:
        """The floors that are set."""
        floors = ((family, getattr(self, family.value)) for family in Family)
        return {family: points for family, points in floors if points is not None}


class ScoreEntry(FamilyFloors):
    total: Points | None = None


class EvidenceCountEntry(Document):
    kinds: Annotated[int, Field(strict=True, ge=1)]
    within: Duration
    strength: list[Strength] = Field(default_factory=list)


class CountEntry(Document):
    count: Annotated[int, Field(strict=True, ge=1)]
    of: list[Text] = Field(min_length=1)


class QualifyingRuleEntry(Document):
    id: Name
    sentence: Text
    all: list[Text] = Field(default_factory=list)
    any: list[Text] = Field(default_factory=list)
    none: list[Text] = Field(default_factory=list)
    at_least: CountEntry | None = None
    score: ScoreEntry | None = None
    evidence: EvidenceCountEntry | None = None


class KeepEntry(FamilyFloors):
    total: Points
    unless: list[Text] = Field(default_factory=list)


class TrackEntry(Document):
    id: Name
    sentence: Text
    when: When


class FamilyEntry(Document):
    """How much the points of a family weigh, and the most they can add."""

    weight: Annotated[Number, Field(gt=0, le=100)] = 1.0
    cap: Points | None = None


def _as_family(value: object) -> object:
    """Let a number alone stand for the cap."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"cap": value}
    if isinstance(value, (dict, FamilyEntry)):
        return value
    raise plain("must be the most points, or `{weight: 1.5, cap: 60}`.")


FamilySpec = Annotated[
    FamilyEntry, BeforeValidator(_as_family, json_schema_input_type=Points | FamilyEntry)
]


class PolicyDocument(Document):
    """policies/<pathway>.yaml"""

    pathway: Name
    title: Text
    version: Text
    purpose: Text
    use: list[Text] = Field(default_factory=list)
    criteria: dict[Name, CriterionEntry] = Field(min_length=1)
    families: dict[Family, FamilySpec] = Field(default_factory=dict)
    disqualify_when_not_met: list[Text] = Field(default_factory=list)
    disqualify_when: list[Text] = Field(default_factory=list)
    gates: list[GateEntry] = Field(default_factory=list)
    hold_when: list[Text] = Field(default_factory=list)
    qualify_when: list[QualifyingRuleEntry] = Field(min_length=1)
    keep_when: KeepEntry | None = None
    nurture_when: list[Text] = Field(default_factory=list)
    tracks: list[TrackEntry] = Field(default_factory=list)
    required_documents: list[Text] = Field(default_factory=list)
    hand_off: PolicyHandOff = PolicyHandOffEntry()
