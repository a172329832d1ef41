"""Checks of policies: criteria nobody reads, gates that are missing, thresholds that make a lead flap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.config.check_rules import check_rules, most_points
from worker.config.findings import Findings
from worker.config.implication import find_contradiction, follows
from worker.config.parts import Parts
from worker.config.policy_check import PolicyCheck, fitting
from worker.config.yaml_text import Sheet
from worker.core.conditions import ActivityTest, ReachableTest, criteria_read, walk
from worker.core.model import ContactChannel
from worker.core.policy import Criterion, Family, Policy


def check_policies(parts: Parts, sheets: Mapping[str, Sheet], findings: Findings) -> None:
    """Check every policy that could be built."""
    for file, policy in parts.policies.items():
        check = PolicyCheck(
            policy=policy,
            sheet=sheets[file],
            shared=sheets.get("shared.yaml"),
            words=parts.words,
            findings=findings,
        )
        _check_criteria(check)
        _check_contact_gate(check)
        _check_stops(check)
        check_rules(check)
        _check_keep(check)


def _check_criteria(check: PolicyCheck) -> None:
    used = set(_criteria_used(check.policy))
    asks_for_account = _asks_for_account(check.policy)
    for criterion in check.policy.criteria:
        is_account = criterion.family is Family.ACCOUNT
        counts = bool(criterion.points) and (asks_for_account or not is_account)
        if criterion.id not in used and not counts:
            message = f"no rule reads the criterion {criterion.id!r}."
            hint = "give it points, name it in a rule, gate or nurture_when, or take it out"
            if criterion.points:
                hint = (
                    "points of the account are no part of the total: ask for `account` in a score"
                )
            check.findings.error(check.spot_of(criterion.id), message, hint=hint)
        reason = _why_never(check, criterion)
        if reason is not None:
            message = f"the criterion {criterion.id!r} can never be met: {reason}."
            check.findings.error(check.spot_of_condition(criterion.id), message)


def _criteria_used(policy: Policy) -> Iterator[str]:
    yield from policy.disqualifiers
    yield from (*policy.exclusions, *policy.holds, *policy.nurture)
    yield from policy.keep.unless if policy.keep else ()
    yield from (gate.criterion for gate in policy.gates)
    for track in policy.tracks:
        yield from criteria_read(track.condition)
    for rule in policy.rules:
        yield from (*rule.all, *rule.any, *rule.none, *rule.some)
    for criterion in policy.criteria:
        yield from criteria_read(criterion.condition)


def _why_never(check: PolicyCheck, criterion: Criterion) -> str | None:
    conditions = check.conditions
    contradiction = find_contradiction(iter((criterion.condition,)), conditions)
    if contradiction is not None:
        return contradiction
    for part in walk(criterion.condition):
        if isinstance(part, ActivityTest):
            found = len(fitting(part, check.words))
            if found < part.distinct_kinds and check.words.activities is not None:
                return f"it asks for {part.distinct_kinds} kinds of activity and {found} fit"
    return None


def _asks_for_account(policy: Policy) -> bool:
    is_kept_on_it = policy.keep is not None and Family.ACCOUNT in policy.keep.families
    return is_kept_on_it or any(Family.ACCOUNT in rule.families for rule in policy.rules)


def _check_stops(check: PolicyCheck) -> None:
    """What stops a lead by being met must say why, and not stop it by not being met as well."""
    policy = check.policy
    codes = {criterion.id: criterion.reasons.met for criterion in policy.criteria}
    not_met = {*policy.disqualifiers, *(g.criterion for g in policy.gates if g.when_not_met)}
    for key, names in (("disqualify_when", policy.exclusions), ("hold_when", policy.holds)):
        for number, name in enumerate(names):
            spot = check.sheet.spot(key, number)
            if codes[name] is None:
                message = f"the criterion {name!r} has no reason for when it is met."
                hint = "add `reasons: {met: ...}`, or nobody would learn why the lead was stopped"
                check.findings.error(spot, message, hint=hint)
            if name in not_met:
                message = f"the criterion {name!r} stops a lead whether it is met or not."
                check.findings.error(spot, message, hint="take it out of one of the lists")


_MAY_BE_CONTACTED = ReachableTest(channels=frozenset(ContactChannel))


def _check_contact_gate(check: PolicyCheck) -> None:
    """The core holds a lead nobody may contact in any case; a policy has to say so, for its readers."""
    asking = {name for name, asked in check.conditions.items() if follows(asked, _MAY_BE_CONTACTED)}
    stopping = {gate.criterion for gate in check.policy.gates if gate.when_not_met is not None}
    if asking.isdisjoint(stopping | set(check.policy.disqualifiers)):
        check.findings.error(
            check.sheet.spot("gates"),
            "no gate asks whether the lead may be contacted.",
            hint="add a criterion with `when: {reachable: any}`, and a gate on it",
        )


def _check_keep(check: PolicyCheck) -> None:
    """A lead must enter on more than it stays on, and be able to stay at all."""
    keep, rules = check.policy.keep, check.policy.rules
    if keep is None:
        return
    _check_floor(check, "total", keep.total, [r.total for r in rules if r.total is not None])
    most = most_points(check.policy)
    for family, points in keep.families.items():
        entry = [rule.families[family] for rule in rules if family in rule.families]
        _check_floor(check, family.value, points, entry)
        highest = most.get(family, 0.0)
        if points > highest:
            check.findings.error(
                check.sheet.spot("keep_when", family.value),
                f"no lead is ever kept: it asks for {points:g} points of {family.value} and at "
                f"most {highest:g} can be had.",
            )


def _check_floor(check: PolicyCheck, key: str, points: float, entry: list[float]) -> None:
    if not entry or points < min(entry):
        return
    check.findings.error(
        check.sheet.spot("keep_when", key),
        f"to keep the stage takes {points:g} points, and to enter it {min(entry):g}; "
        "a lead would go back and forth.",
        allowed=f"less than {min(entry):g}",
    )
