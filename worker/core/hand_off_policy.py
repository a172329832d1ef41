"""How a hand-off is to be written: the lines of each pathway, and which facts they may tell.

A fact is told only if the policy lists it for the hand-off, and only if its value is of a kind that
cannot hold what somebody typed, unless the policy allows it by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from worker.core.field_map import FieldRead, Transform
from worker.core.hand_off_words import HandOffWords
from worker.core.model import FactKind, FactSpec
from worker.core.policy import Policy
from worker.core.templates import Template, parse_template

PERMISSION_SLOTS = ("allowed_channels", "allowed_topics", "never")
"""What every hand-off says in lines that are never left out."""

BOUNDED_SLOTS = frozenset((*PERMISSION_SLOTS, "pathway"))
"""Slots whose longest text follows from the configuration: all that a required line may have."""

SLOTS: Mapping[str, str] = {
    "allowed_channels": "the channels that may be used, in words",
    "allowed_topics": "what the first outreach may be about",
    "never": "what no outreach is about, from `words`",
    "pathway": "the title of the pathway",
    "qualified_by": "the sentence of the rule that qualified the lead",
    "reasons": "the three most important reasons, as sentences",
    "score": "the total score",
    "colleagues": "how many colleagues are active, where the policy asks",
    "last_action": "the last thing the lead did, in words",
    "last_action_on": "the day of it",
    "missing": "what is still to collect: required facts first, then documents, then the rest",
    "documents_missing": "the required documents that are not there",
    "nurture_track": "the suggested track",
    "team": "the team or queue that has the lead",
    "next_step": "the next step, in words",
    "due_at": "when it is due, in the time zone of its calendar",
}
"""Every slot that is no fact, with what it says."""

STEP_SLOTS = frozenset({"allowed_channels", "documents_missing", "missing", "due_at"})
"""Slots of a next step, beside facts: nothing in it may change by time alone, as it leads to a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffLine:
    """One line. ``otherwise`` is said where ``text`` cannot be; the highest ``priority`` goes first.

    A line that ``is_required`` is never left out and never cut.
    """

    text: Template
    otherwise: Template | None = None
    is_required: bool = False
    priority: int = 1


def _line(text: str, otherwise: str | None = None, *, required: bool = False) -> HandOffLine:
    return HandOffLine(
        text=parse_template(text),
        otherwise=parse_template(otherwise) if otherwise else None,
        is_required=required,
    )


PLAIN_LINES: tuple[HandOffLine, ...] = (
    _line(
        "Contact by {allowed_channels} about {allowed_topics} only. {never}.",
        "No topic is allowed yet for a contact by {allowed_channels}. {never}.",
        required=True,
    ),
    _line("Next step: {next_step}. Due {due_at}."),
    _line("Last action: {last_action}, {last_action_on}."),
    _line("Why: {reasons}."),
    _line("Still to collect: {missing}."),
)
"""The lines of an organisation that writes none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffPolicy:
    """The words, the lines of each pathway, and those of all others."""

    words: HandOffWords = field(default_factory=HandOffWords)
    pathways: Mapping[str, tuple[HandOffLine, ...]] = field(default_factory=dict)
    default: tuple[HandOffLine, ...] = PLAIN_LINES

    def lines_of(self, pathway: str) -> tuple[HandOffLine, ...]:
        return self.pathways.get(pathway, self.default)


def reads_by_fact(reads: Iterable[FieldRead]) -> Mapping[str, list[FieldRead]]:
    """Collect every way in which each fact is read."""
    found: dict[str, list[FieldRead]] = {}
    for read in reads:
        found.setdefault(read.fact, []).append(read)
    return found


def told_facts(
    policy: Policy, facts: Mapping[str, FactSpec], reads: Mapping[str, Iterable[FieldRead]]
) -> frozenset[str]:
    """Name the facts of a policy's hand-off whose values may stand in the text."""
    return frozenset(
        fact
        for fact in policy.hand_off_facts
        if fact in policy.hand_off_allowed
        or (fact in facts and why_untold(facts[fact], reads.get(fact, ())) is None)
    )


_TYPED = frozenset(
    {FactKind.TEXT, FactKind.NAME, FactKind.EMAIL, FactKind.PHONE, FactKind.ID, FactKind.TIMEFRAME}
)
_WORDS = frozenset({Transform.CHOICE, Transform.CHOICES})


def why_untold(spec: FactSpec, reads: Iterable[FieldRead]) -> str | None:
    """Say why the values of a fact are never told; None when they may be."""
    if spec.is_personal:
        return "it is personal"
    if spec.kind in _TYPED:
        return f"a {spec.kind.value} fact may hold whatever somebody typed"
    for read in reads:
        if read.justification is not None:
            return f"its field {read.source!r} is allowed only as a sensitive one"
        if read.transform in _WORDS and not read.is_closed:
            return f"its field {read.source!r} has no list, so anybody may have typed anything"
    return None
