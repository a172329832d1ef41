"""The order of a qualification's reason codes: what decided, what spoke for the lead, what is missing.

The order depends on the policy and on which criteria hold, never on how far points have faded:
else a lead's reasons would change from day to day, and be written again, though nothing happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from worker.core.case import YES, Truth
from worker.core.policy import Criterion, Family, Policy, Verdict

KEPT = "keep"
"""Named as the carrier of a verdict when a qualified lead merely stays so."""

_Codes: TypeAlias = tuple[str | None, ...]

_FAMILY_ORDER = {
    Family.INTENT: 0,
    Family.TIMING: 1,
    Family.FIT: 2,
    Family.NURTURE: 3,
    Family.CHANNEL: 4,
    Family.ACCOUNT: 5,
    Family.CONSENT: 6,
    Family.DATA: 7,
}
STOPPED = frozenset({Verdict.HOLD, Verdict.DISQUALIFIED})
"""What else holds of such a lead decides nothing, and would only be rewritten as windows close."""
_TOLD_FIRST = frozenset(
    {
        "INTENT_ONLY_INFORMATIONAL",
        "TIMING_NOT_NOW",
        "NURTURE_SILENT",
        "NURTURE_UNSUBSCRIBED",
        "NURTURE_ADDRESS_BOUNCED",
    }
)
"""Why a lead is not, or no longer, qualified, whatever else it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonOrder:
    """A policy's codes in the order in which they are given.

    ``speaking`` are the codes of criteria that hold, by place; ``required`` and ``optional`` those
    of criteria that do not (by the value of ``Truth``), as some rule names the criterion or none.
    ``blocking`` are the codes of criteria that hold, though a rule asks that they do not.
    ``falls_short`` is given where no required criterion says what a lead lacks.
    """

    speaking: tuple[tuple[int, str], ...]
    required: tuple[tuple[int, _Codes], ...]
    optional: tuple[tuple[int, _Codes], ...]
    blocking: tuple[tuple[int, str], ...]
    stops: dict[str, tuple[int, _Codes]]
    scored_rules: frozenset[str]
    falls_short: str


def order_reasons(policy: Policy) -> ReasonOrder:
    """Work out the order of a policy's codes, once."""
    placed = tuple(enumerate(policy.criteria))
    named = {name for rule in policy.rules for name in (*rule.all, *rule.any, *rule.some)}
    unwanted = {name for rule in policy.rules for name in rule.none}
    most = sorted(placed, key=lambda p: (_FAMILY_ORDER[p[1].family], -p[1].points, p[0]))
    told = [(place, c) for place, c in placed if c.reasons.not_met or c.reasons.unknown]
    scored = frozenset(rule.id for rule in policy.rules if rule.total is not None)
    return ReasonOrder(
        speaking=tuple((place, c.reasons.met) for place, c in most if c.reasons.met),
        required=tuple((place, _codes(c)) for place, c in told if c.id in named),
        optional=tuple((place, _codes(c)) for place, c in told if c.id not in named),
        blocking=tuple(
            (place, c.reasons.met) for place, c in placed if c.id in unwanted and c.reasons.met
        ),
        stops={c.id: (place, _all_codes(c)) for place, c in placed},
        scored_rules=scored,
        falls_short="NURTURE_SCORE_BELOW_THRESHOLD" if scored else "NURTURE_CRITERIA_MISSING",
    )


def _codes(criterion: Criterion) -> _Codes:
    """The codes of a criterion that does not hold, by the value of ``Truth``."""
    return (criterion.reasons.not_met, None, criterion.reasons.unknown)


def _all_codes(criterion: Criterion) -> _Codes:
    """The codes of a criterion, by the value of ``Truth``: one may stop a lead by holding."""
    return (criterion.reasons.not_met, criterion.reasons.met, criterion.reasons.unknown)


Reasoner: TypeAlias = Callable[[Sequence[Truth], Verdict, str | None, str | None], tuple[str, ...]]
"""Truths of all criteria, verdict, what carried it, what stopped the lead → the codes."""


def compile_reasons(policy: Policy) -> Reasoner:
    """Build the function that gives the codes of one qualification; it remembers the latest answers.

    Of the leads of a base, and of one lead at several instants, most have been answered before: in
    the sample base seven of ten. Truths are kept as bytes, which are hashed far quicker.
    """
    order = order_reasons(policy)

    @lru_cache(maxsize=8192)
    def answer(
        truths: bytes, verdict: Verdict, carried_by: str | None, stopped_by: str | None
    ) -> tuple[str, ...]:
        return give_reasons(order, truths, verdict, carried_by=carried_by, stopped_by=stopped_by)

    return lambda truths, verdict, carried_by, stopped_by: answer(
        bytes(truths), verdict, carried_by, stopped_by
    )


def give_reasons(
    order: ReasonOrder,
    truths: Sequence[int],
    verdict: Verdict,
    *,
    carried_by: str | None,
    stopped_by: str | None,
) -> tuple[str, ...]:
    """List the codes of one qualification, the most important first, each once."""
    lead: list[str | None] = []
    if stopped_by is not None:
        place, codes = order.stops[stopped_by]
        lead.append(codes[truths[place]])
    if carried_by == KEPT:
        lead.append("NURTURE_STAGE_KEPT")
    elif carried_by in order.scored_rules:
        lead.append("SCORE_THRESHOLD_REACHED")
    if verdict in STOPPED and any(lead):
        return tuple(code for code in lead if code is not None)
    found = [code for place, code in order.speaking if truths[place] == YES]
    required = [codes[truths[place]] for place, codes in order.required]
    optional = [codes[truths[place]] for place, codes in order.optional]
    if verdict is Verdict.QUALIFIED:
        given = [*lead, *found, *required, *optional]
    else:
        told = [code for code in found if code in _TOLD_FIRST]
        missing: list[str | None] = [c for place, c in order.blocking if truths[place] == YES]
        missing += required
        if not any(missing) and stopped_by is None:
            missing = [order.falls_short]
        given = [*lead, *told, *missing, *found, *optional]
    once = dict.fromkeys(given)
    once.pop(None, None)
    return tuple(once)  # type: ignore[arg-type]  # None has just been taken out
