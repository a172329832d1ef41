"""Every error of leadtriage, named by what the caller should do about it.

    LeadtriageError
    ├── FixConfigurationError      an admin edits a file or a setting
    ├── FixAccessError             an admin renews a credential or grants a permission
    ├── FixDataError               somebody repairs or replaces the source
    ├── TryLaterError              the same call may succeed by itself
    │   ├── UnavailableError           the CRM or the ledger does not answer
    │   ├── RateLimitedError           the CRM asks us to slow down
    │   ├── DailyLimitError            the CRM's quota is used up until its reset
    │   └── SourceChangedError         the source changed while it was read
    ├── ApprovalNeededError        a person looks at the plan and releases it
    ├── WorkerBusyError            another worker holds the lease
    ├── LeaseLostError             our own lease ended; stop without writing
    ├── StoppedError               asked to stop; finished cleanly
    ├── NotFoundError              the reference names nothing
    └── IntegrityError             the ledger is not what was written

No message carries a header, body, token or contact value. ``RECOVERY`` says for each class whether it is
retried, how the run ends, how loudly it is logged, and the exit code of the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; the higher ones follow sysexits.h."""

    OK = 0
    FOUND_PROBLEMS = 1
    USAGE = 2
    PLAN_HELD = 3
    SOME_WRITES_FAILED = 4
    DATA = 65
    NOT_FOUND = 66
    UNAVAILABLE = 69
    BUG = 70
    TRY_LATER = 75
    NO_PERMISSION = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


class LeadtriageError(Exception):
    """Something went wrong that leadtriage knows how to name."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake in a configuration: where, what, what is allowed, and a hint.

    ``line`` is 0 for what has no lines: the environment, or a folder.
    """

    file: str
    line: int
    key: str
    message: str
    allowed: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        parts = [f"{where}  {self.key}", f"    {self.message}"]
        if self.allowed:
            parts.append(f"    allowed: {self.allowed}")
        if self.hint:
            parts.append(f"    hint: {self.hint}")
        return "\n".join(parts)


class FixConfigurationError(LeadtriageError):
    """The configuration cannot be used. Run `leadtriage check` and mend what it lists."""

    def __init__(self, message: str | None = None, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(sorted(problems))
        if message is None and self.problems:
            count = len(self.problems)
            noun = "problem" if count == 1 else "problems"
            message = "\n".join([*map(str, self.problems), f"{count} {noun} in the configuration."])
        super().__init__(message)


class FixAccessError(LeadtriageError):
    """The CRM refused our credentials or a permission. Renew the credential or grant the permission."""


class FixDataError(LeadtriageError):
    """A source cannot be read as a whole. Repair or replace it; nothing was changed."""


class TryLaterError(LeadtriageError):
    """The call may succeed later. Nothing was lost; the next run continues."""

    def __init__(self, message: str | None = None, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        self.is_spent = False
        super().__init__(message)


class UnavailableError(TryLaterError):
    """The CRM or the ledger does not answer. Nothing was lost; the next run continues."""


class RateLimitedError(TryLaterError):
    """The CRM asks us to slow down. Nothing was lost; the next run continues."""


class DailyLimitError(TryLaterError):
    """The CRM's quota is used up. The work continues after its reset."""


class SourceChangedError(TryLaterError):
    """The source changed while it was being read. It is read again."""


class ApprovalNeededError(LeadtriageError):
    """The plan is larger than its guardrails allow. Look at it, then release it with `leadtriage apply`."""


class WorkerBusyError(LeadtriageError):
    """Another worker holds the lease of this account. Wait for it, or let its lease run out."""


class LeaseLostError(LeadtriageError):
    """Our lease ended before the work did, so another worker may be at it. Nothing more is written."""


class StoppedError(LeadtriageError):
    """Stopped on request after finishing the batch in hand. The next run continues."""


class NotFoundError(LeadtriageError):
    """The reference names nothing in the ledger. Check it, or run `leadtriage sync` first."""


class IntegrityError(LeadtriageError):
    """The ledger's decisions are not the ones that were written. Keep the file and call compliance."""


class RunStatus(StrEnum):
    """How a run ended, or that it has not."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What happens after an error of one class."""

    is_retried: bool
    run_status: RunStatus
    log_level: str
    exit_code: ExitCode


def _recovery(status: RunStatus, level: str, code: ExitCode, *, retried: bool = False) -> Recovery:
    return Recovery(is_retried=retried, run_status=status, log_level=level, exit_code=code)


RECOVERY: dict[type[LeadtriageError], Recovery] = {
    FixConfigurationError: _recovery(RunStatus.FAILED, "error", ExitCode.CONFIGURATION),
    FixAccessError: _recovery(RunStatus.FAILED, "error", ExitCode.NO_PERMISSION),
    FixDataError: _recovery(RunStatus.FAILED, "error", ExitCode.DATA),
    TryLaterError: _recovery(RunStatus.FAILED, "warning", ExitCode.TRY_LATER, retried=True),
    UnavailableError: _recovery(RunStatus.FAILED, "warning", ExitCode.UNAVAILABLE, retried=True),
    RateLimitedError: _recovery(RunStatus.FAILED, "warning", ExitCode.TRY_LATER, retried=True),
    DailyLimitError: _recovery(RunStatus.STOPPED, "warning", ExitCode.TRY_LATER),
    SourceChangedError: _recovery(RunStatus.FAILED, "warning", ExitCode.TRY_LATER, retried=True),
    ApprovalNeededError: _recovery(RunStatus.HELD, "warning", ExitCode.PLAN_HELD),
    WorkerBusyError: _recovery(RunStatus.FAILED, "warning", ExitCode.TRY_LATER),
    LeaseLostError: _recovery(RunStatus.ABANDONED, "error", ExitCode.TRY_LATER),
    StoppedError: _recovery(RunStatus.STOPPED, "info", ExitCode.OK),
    NotFoundError: _recovery(RunStatus.FAILED, "error", ExitCode.NOT_FOUND),
    IntegrityError: _recovery(RunStatus.FAILED, "critical", ExitCode.FOUND_PROBLEMS),
}
"""Looked up by the exact class; an exception that is not listed is a bug: no retry, exit 70."""

BUG = Recovery(
    is_retried=False, run_status=RunStatus.FAILED, log_level="critical", exit_code=ExitCode.BUG
)


def recovery_of(error: BaseException) -> Recovery:
    """Look up what to do after ``error``; an unknown class is treated as a bug."""
    for cls in type(error).__mro__:
        if cls in RECOVERY:
            return RECOVERY[cls]
    return BUG
