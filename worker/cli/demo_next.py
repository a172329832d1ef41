"""What to type after the demonstration: the same by hand, in two terminals, ready to be pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from worker.cli.demo_scene import DATA, DATABASE, SYSTEM
from worker.cli.sandbox import PORT, exports
from worker.ports import RunningSandbox


def next_steps(
    folder: Path, twin: RunningSandbox, record_id: str | None, now: datetime | None
) -> Iterator[str]:
    """Say it line by line. ``now`` is the instant that was asked for; None: the clock goes on."""
    place = shlex.quote(str(folder))
    before = list(_before(now))
    yield "The account is kept. Serve it in one terminal:"
    yield from before
    yield f"  leadtriage sandbox {SYSTEM} --data {place}/{DATA} --database {place}/{DATABASE}"
    yield "and work on it in another:"
    yield from before
    yield f"  {exports(_by_hand(twin))}"
    yield f"  leadtriage sync --config {place}"
    if record_id is not None:
        yield f"  leadtriage explain {record_id} --config {place}"
    yield f"Then edit {place}/policies/patient.yaml, and see what that would change:"
    yield f"  leadtriage plan --config {place}"


def _by_hand(twin: RunningSandbox) -> dict[str, str]:
    """What a worker needs to be told when the twin is served where the command serves it."""
    url = f"http://127.0.0.1:{PORT}"
    return {name: value.replace(twin.url, url) for name, value in twin.variables.items()}


def _before(now: datetime | None) -> Iterator[str]:
    """What a new shell needs: this environment, and the instant the account stands at."""
    activate = Path(sys.prefix) / "bin" / "activate"
    if shutil.which("leadtriage") is None and activate.is_file():
        here = Path.cwd()
        shown = activate.relative_to(here) if activate.is_relative_to(here) else activate
        yield f"  source {shlex.quote(str(shown))}"
    if now is not None:
        yield f"  export LEADTRIAGE_NOW={now:%Y-%m-%dT%H:%M:%SZ}"
