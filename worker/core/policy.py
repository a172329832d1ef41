"""The policy of one pathway: criteria, gates, disqualifiers, qualifying rules and scores, as data.

Built from YAML by ``worker.config``; evaluated by ``worker.core.qualification``. A policy is
identified by its ``digest``, so that a decision can always name the exact text it was made under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from worker.core.conditions import ActivityTest, Condition, RelatedLines
from worker.core.model import Strength


class Family(StrEnum):
    """The families of criteria of the written method, and of their weights."""

    FIT = "fit"
    INTENT = "intent"
    TIMING = "timing"
    NURTURE = "nurture"
    CHANNEL = "channel"
    DATA = "data"
    CONSENT = "consent"
    ACCOUNT = "account"
    """What colleagues of the same organisation did. Its points raise the account, not the person: they
    are no part of the total, and count only where a rule asks for them by name."""


class Verdict(StrEnum):
    """What the policy says of a lead."""

    QUALIFIED = "qualified"
    NURTURE = "nurture"
    NOT_READY = "not_ready"
    HOLD = "hold"
    DISQUALIFIED = "disqualified"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionReasons:
    """The codes a criterion gives for each truth; None says nothing."""

    met: str | None = None
    not_met: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One written criterion.

    ``points`` count when it is met. For a criterion on activities each action adds its points,
    halved every ``half_life``, each further one multiplied by ``repeat`` (0: only the best one
    counts), times ``own_line``, ``related_line`` or ``other_line`` when both service lines are
    known; all together at most ``cap``. ``related_lines`` says which lines are related.
    """

    id: str
    family: Family
    sentence: str
    condition: Condition
    reasons: CriterionReasons
    points: float = 0.0
    half_life: timedelta | None = None
    repeat: float = 0.0
    own_line: float = 1.0
    related_line: float = 1.0
    other_line: float = 1.0
    related_lines: RelatedLines = frozenset()
    cap: float | None = None

    @property
    def weighs_lines(self) -> bool:
        """Tell whether the service lines of actions matter to the points."""
        return (self.own_line, self.related_line, self.other_line) != (1.0, 1.0, 1.0)

    @property
    def counts_actions(self) -> bool:
        """Tell whether each action adds points, so that they fade; silence is no action."""
        return isinstance(self.condition, ActivityTest) and self.condition.silent_for is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A criterion that must hold before any point is counted; None lets the lead continue."""

    criterion: str
    when_not_met: Verdict | None
    when_unknown: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Different kinds of observed action within a time."""

    kinds: int
    within: timedelta
    strengths: frozenset[Strength] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyingRule:
    """One way to qualify: all of these, any of those, and the score and evidence asked for.

    ``none`` must not be met; one that is unknown does not stand in the way. Of ``some`` as many as
    ``least`` must be met.
    """

    id: str
    sentence: str
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    least: int = 0
    total: float | None = None
    families: Mapping[Family, float] = field(default_factory=dict)
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """When a lead that is already qualified stays so, though no rule carries it today.

    ``families`` are minima beside the total: without one, fit alone, which never fades, might reach
    the total, and no lead would ever leave the stage.
    """

    total: float
    families: Mapping[Family, float] = field(default_factory=dict)
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What to nurture a lead with, suggested to those for whom its condition holds."""

    id: str
    sentence: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that is written about one pathway. ``criteria`` stand in an order fit for evaluation.

    ``disqualifiers`` must hold, ``exclusions`` must not, ``holds`` keep the lead waiting while met.
    A family's points are multiplied by its weight before its cap is applied. Of ``hand_off_facts`` those
    required are asked for first; those allowed are told though their kind is not, for a written reason.
    """

    pathway: str
    title: str
    version: str
    digest: str
    purpose: str
    criteria: tuple[Criterion, ...]
    gates: tuple[Gate, ...] = ()
    disqualifiers: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    rules: tuple[QualifyingRule, ...] = ()
    nurture: tuple[str, ...] = ()
    family_caps: Mapping[Family, float] = field(default_factory=dict)
    family_weights: Mapping[Family, float] = field(default_factory=dict)
    keep: Keep | None = None
    tracks: tuple[Track, ...] = ()
    required_documents: tuple[str, ...] = ()
    hand_off_facts: tuple[str, ...] = ()
    hand_off_required: frozenset[str] = frozenset()
    hand_off_allowed: frozenset[str] = frozenset()

    def asked(self) -> tuple[Condition, ...]:
        """List the conditions of all criteria and tracks."""
        criteria = tuple(criterion.condition for criterion in self.criteria)
        return (*criteria, *(track.condition for track in self.tracks))


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayRule:
    """Puts a lead on a pathway when its condition holds; the first such rule wins."""

    pathway: str
    condition: Condition
