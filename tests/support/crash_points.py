"""Where a run can be killed: every statement, commit, file operation and call of a connector.

Installed from outside through SQLAlchemy's events, an audit hook and a connector in between, in a
process that is thrown away. The code under test knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sqlalchemy import Engine, Pool, event

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PHASES = {
    ("rewrite.py", "replace_table"): "rewrite",
    ("migrate.py", "migrate"): "migrate",
    ("lease.py", "_take"): "lease",
    ("lease.py", "hold_lease"): "release",
    ("push.py", "weigh_plan"): "weigh",
    ("push.py", "store_results"): "settle",
    ("push.py", "drain"): "push",
    ("push.py", "recover"): "recover",
    ("decide.py", "decide_profiles"): "decide",
    ("pull.py", "pull"): "pull",
    ("sync.py", "_begin"): "begin",
    ("sync.py", "_end"): "end",
}
"""Which part of a run a point belongs to, by the innermost of these functions on the stack."""


def phase_of(frame: FrameType | None) -> str:
    while frame is not None:
        place = (Path(frame.f_code.co_filename).name, frame.f_code.co_name)
        if place in PHASES:
            return PHASES[place]
        frame = frame.f_back
    return "open"


@dataclass(slots=True, kw_only=True)
class CrashPoints:
    """Counts the points a run passes, and dies at the one it was told to."""

    folder: Path
    die_at: int | None = None
    passed: list[tuple[str, str]] = field(default_factory=list)

    def pass_(self, what: str) -> None:
        """Pass one point; with the right number, do not come back."""
        if self.die_at is None:
            self.passed.append((phase_of(sys._getframe(1)), what))
            return
        self.die_at -= 1
        if self.die_at < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._statement("before"))
        event.listen(Engine, "after_cursor_execute", self._statement("after"))
        event.listen(Engine, "commit", lambda _connection: self.pass_("before commit"))
        event.listen(Pool, "checkin", lambda *_: self.pass_("after transaction"))
        sys.addaudithook(self._audit)

    def _statement(self, when: str) -> Callable[..., None]:
        def hook(_c: object, _cur: object, statement: str, *_: object) -> None:
            self.pass_(f"{when} {' '.join(statement.split()[:3])}")

        return hook

    def _audit(self, name: str, args: tuple[object, ...]) -> None:
        if name == "open":
            path, _mode, flags = args
            is_ours = isinstance(path, str) and path.startswith(str(self.folder))
            is_telling = isinstance(flags, int) and flags & (WRITING | os.O_DIRECTORY)
            if is_ours and is_telling:
                self.pass_(f"open {Path(str(path)).name}")
        elif name in {"os.rename", "os.remove"}:
            self.pass_(name)
