"""One whole run: recover, pull, decide, weigh the plan, push. Killed anywhere, the next one goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.guardrails import Breach
from worker.core.records import WriteOutcome
from worker.errors import NotFoundError, RunStatus, recovery_of
from worker.ledger.outbox import held_runs, outcome_counts, release
from worker.ledger.records import clear_seen
from worker.ledger.rows import Run
from worker.ledger.runs import abandon_running, end_run, start_run
from worker.log import get_logger
from worker.ports import Clock
from worker.report.revocations import RevocationCounts
from worker.steps.alarms import ALARMS, alarms_of
from worker.steps.choices import UNLISTED
from worker.steps.decide import decide_profiles
from worker.steps.pull import pull
from worker.steps.push import drain, recover, weigh_plan
from worker.steps.revocations import count_revocations, log_revocations
from worker.steps.work import Work

log = get_logger()
APART = frozenset({"writes", "reasons", ALARMS, UNLISTED})
"""Counted along the way, and reported beside the steps."""
NOT_HELD = (
    "No plan of this name is held. It was released before, or newer decisions took its place. "
    "`leadtriage sync` says which plans are held."
)
NONE_HELD = (
    "No plan is held, so there is nothing to release. `leadtriage sync` makes a new one, and sends what "
    "an interrupted run left over."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one run did. ``steps`` counts by step, ``writes`` by outcome.

    ``alarms`` counts, by queue and reason, the leads no member could take; ``unlisted`` the leads at
    a stage that a CRM's list lacks, by system, object type, field and stage.
    """

    run_id: str
    status: RunStatus
    steps: Mapping[str, Mapping[str, int]]
    writes: Mapping[str, int]
    breaches: tuple[Breach, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    revocations: RevocationCounts = field(default_factory=RevocationCounts)
    alarms: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unlisted: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        work: Work,
        status: RunStatus,
        *,
        writes: Mapping[str, int],
        breaches: tuple[Breach, ...],
        revocations: RevocationCounts,
    ) -> RunReport:
        """Sum up a run from what its work counted."""
        return cls(
            run_id=work.run_id,
            status=status,
            steps={name: counts for name, counts in work.counts.items() if name not in APART},
            writes=writes,
            breaches=breaches,
            reasons=work.counts.get("reasons", {}),
            revocations=revocations,
            alarms=alarms_of(work.counts),
            unlisted=work.counts.get(UNLISTED, {}),
        )


def sync(work: Work, clock: Clock, *, pushes: bool = True) -> RunReport:
    """Run all steps once and note the run in the ledger, however it ends.

    With ``pushes`` false the plan is stored and held for approval, and nothing is written.
    """
    _begin(work, clock, "sync" if pushes else "plan")
    try:
        recover(work)
        pull(work)
        decide_profiles(work)
        breaches = weigh_plan(work, is_approved=pushes)
        if pushes:
            _drain_all(work)
    except BaseException as error:
        _end(work, clock, recovery_of(error).run_status, ())
        raise
    status = RunStatus.SUCCEEDED if pushes and not breaches else RunStatus.HELD
    return _end(work, clock, status, breaches)


def apply(work: Work, clock: Clock, plan_id: str | None) -> RunReport:
    """Send a plan somebody approved: the one of this run id, or every plan that is held.

    The CRMs are read once more before it is sent: what a person changed since the plan was made,
    an opt-out above all, has that lead decided anew, and its part of the plan is withdrawn.

    Raises:
        NotFoundError: That plan is not held, or none is. Nothing is decided or written.
    """
    _begin(work, clock, "apply")
    try:
        recover(work)
        plans = _approved(work, plan_id)
        pull(work)
        decide_profiles(work)
        breaches = weigh_plan(work, is_approved=True, approved=plans)
        with work.begin() as tx:
            work.count("push", approved=sum(release(tx, plan) for plan in plans))
        _drain_all(work)
    except BaseException as error:
        _end(work, clock, recovery_of(error).run_status, ())
        raise
    return _end(work, clock, RunStatus.HELD if breaches else RunStatus.SUCCEEDED, breaches)


def _approved(work: Work, plan_id: str | None) -> list[str]:
    """Name the held plans that are approved; they stay held until the CRMs have been read again."""
    with work.ledger.read() as tx:
        held = list(held_runs(tx))
    if plan_id is None and held:
        return held
    if plan_id is None:
        raise NotFoundError(NONE_HELD)  # else what nobody looked at would be decided and written
    if plan_id not in held:
        raise NotFoundError(NOT_HELD)
    return [plan_id]


def rehearse(work: Work) -> RunReport:
    """Pull and decide on a ledger whose changes vanish, and weigh the plan that results."""
    pull(work)
    decide_profiles(work)
    breaches = weigh_plan(work, is_approved=False)
    with work.ledger.read() as tx:
        revocations = count_revocations(tx, work.ruleset, work.now)
    return RunReport.of(work, RunStatus.HELD, writes={}, breaches=breaches, revocations=revocations)


def _drain_all(work: Work) -> None:
    """Drain; then read again what remained uncertain, and send what had not landed, once."""
    drain(work)
    if work.counts.get("writes", {}).pop("unknown", 0):
        recover(work)
        drain(work)


def _begin(work: Work, clock: Clock, kind: str) -> None:
    at = clock()
    with work.begin() as tx:
        abandon_running(tx, at)
        clear_seen(tx)
        start_run(tx, Run(id=work.run_id, kind=kind, started_at=at, now=work.now))
    log.info("run_started", run_id=work.run_id, kind=kind)


def _end(work: Work, clock: Clock, status: RunStatus, breaches: tuple[Breach, ...]) -> RunReport:
    with work.ledger.begin() as tx:
        writes = outcome_counts(tx, work.run_id)
        if uncertain := work.counts.get("writes", {}).get(WriteOutcome.UNKNOWN, 0):
            writes[WriteOutcome.UNKNOWN.value] = uncertain
        revocations = count_revocations(tx, work.ruleset, work.now)
        report = RunReport.of(
            work, status, writes=writes, breaches=breaches, revocations=revocations
        )
        summary = {
            "steps": report.steps,
            "writes": writes,
            "breaches": [b.budget for b in breaches],
        }
        end_run(tx, work.run_id, status=status, ended_at=clock(), summary=summary)
    log_revocations(revocations)
    log.info("run_ended", run_id=work.run_id, status=status.value, writes=writes)
    return report
