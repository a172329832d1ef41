"""Builds the rules of follow-up: what counts as one, what happens without, what a rejection leads to."""

from __future__ import annotations

from dataclasses import dataclass

from worker.config.findings import Findings
from worker.config.follow_up_documents import FollowUpEntry, ReminderEntry
from worker.config.routing_documents import RoutingDocument
from worker.config.vocabulary import Vocabulary, check_fact, check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.follow_up import Doer, FollowUpPolicy, FollowUpRules, Reminder

REASON_FACT = "verdict_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpReader:
    """Builds ``follow_up`` of routing.yaml; every mistake is added to the findings."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary

    def build(self, document: RoutingDocument) -> FollowUpRules:
        """Build the rules; those with mistakes are among the findings."""
        section = document.follow_up
        places = frozenset(document.teams) | frozenset(document.queues)
        for name, entry in section.policies.items():
            path: KeyPath = ("follow_up", "policies", name)
            self._check_kinds(entry, path)
            self._check_doer(entry, path)
            self._check_reminder(entry.remind, (*path, "remind"))
            self._check_order(entry, path)
            if entry.escalate is not None and entry.escalate.to is not None:
                spot = self.sheet.spot(*path, "escalate", "to")
                check_name(self.findings, spot, "team or queue", entry.escalate.to, places)
        self._check_steps(document)
        self._check_rejections(document)
        return FollowUpRules(
            policies={name: _build(name, entry) for name, entry in section.policies.items()},
            cool_down=section.cool_down,
            rejections=dict(section.rejections),
        )

    def _check_kinds(self, entry: FollowUpEntry, path: KeyPath) -> None:
        """A follow-up is something we do, and that some system can tell us of."""
        kinds, mapped = self.words.activities, self.words.mapped
        for number, kind in enumerate(entry.counts):
            spot = self.sheet.spot(*path, "counts", number)
            if kinds is None:
                continue
            ours = [name for name, known in kinds.items() if not known.is_by_lead]
            if kind not in kinds:
                self.findings.unknown(spot, "activity", kind, ours)
                continue
            if kinds[kind].is_by_lead:
                message = f"{kind!r} is something the lead does; a follow-up is done by us."
                self.findings.error(spot, message, allowed=", ".join(ours))
            elif not kinds[kind].is_enabled:
                message = f"the activity {kind!r} is not enabled, so it is never seen."
                hint = "set `enabled: true` in activities.yaml, or leave it out here"
                self.findings.error(spot, message, hint=hint)
            elif mapped is not None and kind not in mapped.activities:
                message = f"no system maps the activity {kind!r}, so it never happens."
                hint = "map it in systems/, or leave it out here"
                self.findings.error(spot, message, hint=hint)

    def _check_order(self, entry: FollowUpEntry, path: KeyPath) -> None:
        """Warn of a lead that is escalated before anybody else on the team has had it."""
        if entry.reassign is None or entry.escalate is None:
            return
        if entry.escalate.to is not None and entry.escalate.after_due <= entry.reassign.after_due:
            message = "the lead is escalated before it would be given to somebody else of the team."
            hint = "let `escalate` come later, or leave `reassign` out"
            self.findings.warning(self.sheet.spot(*path, "reassign"), message, hint=hint)

    def _check_doer(self, entry: FollowUpEntry, path: KeyPath) -> None:
        mapped = self.words.mapped
        if entry.by is Doer.ANYONE or mapped is None or mapped.tells_doers:
            return
        message = "no system tells who did an activity, so no follow-up would ever be seen."
        hint = "map `owner` of the activities in systems/, or write `by: anyone`"
        self.findings.error(self.sheet.spot(*path, "by"), message, hint=hint)

    def _check_reminder(self, entry: ReminderEntry | None, path: KeyPath) -> None:
        if entry is not None and (entry.before_due is None) == (entry.after_due is None):
            message = "a reminder needs one of 'before_due' and 'after_due', and not both."
            self.findings.error(self.sheet.spot(*path), message)

    def _check_steps(self, document: RoutingDocument) -> None:
        policies = document.follow_up.policies
        for name, step in document.next_steps.items():
            if step.follow_up is None:
                continue
            spot = self.sheet.spot("next_steps", name, "follow_up")
            if not check_name(
                self.findings, spot, "follow-up policy", step.follow_up, frozenset(policies)
            ):
                continue
            remind = policies[step.follow_up].remind
            if remind and remind.before_due is not None and remind.before_due >= step.within:
                message = (
                    f"the reminder of {step.follow_up!r} would come at once: its 'before_due' "
                    f"is not shorter than 'within'."
                )
                self.findings.error(spot, message)

    def _check_rejections(self, document: RoutingDocument) -> None:
        reasons = document.follow_up.rejections
        path: KeyPath = ("follow_up", "rejections")
        if not reasons or not check_fact(
            self.findings, self.sheet.spot(*path), REASON_FACT, self.words
        ):
            return
        possible = self.words.mapped.values_of(REASON_FACT) if self.words.mapped else None
        for reason in reasons:
            spot = self.sheet.spot(*path, reason)
            check_name(self.findings, spot, "reason", reason, possible)


def _build(name: str, entry: FollowUpEntry) -> FollowUpPolicy:
    return FollowUpPolicy(
        id=name,
        kinds=frozenset(entry.counts),
        by=entry.by,
        remind=_reminder(entry.remind),
        reassign_after=entry.reassign.after_due if entry.reassign else None,
        reassign_at_most=entry.reassign.at_most if entry.reassign else 0,
        escalate_after=entry.escalate.after_due if entry.escalate else None,
        escalate_to=entry.escalate.to if entry.escalate else None,
    )


def _reminder(entry: ReminderEntry | None) -> Reminder | None:
    if entry is None:
        return None
    if entry.before_due is not None:
        return Reminder(entry.before_due, is_before=True)
    return Reminder(entry.after_due, is_before=False) if entry.after_due is not None else None
