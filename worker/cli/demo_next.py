"""What to type after the demonstration: the same by hand, in terminals, ready to be pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from worker.cli.demo_scene import Scene, database_of
from worker.cli.sandbox import PORTS, exports
from worker.ports import RunningSandbox


def next_steps(scene: Scene, record_id: str | None, now: datetime | None) -> Iterator[str]:
    """Say it line by line. ``now`` is the instant that was asked for; None: the clock goes on."""
    place = shlex.quote(str(scene.wish.folder))
    before = list(_before(now))
    yield "The CRMs are kept. Serve each in a terminal of its own:"
    yield from before
    for system in scene.twins:
        data = shlex.quote(str(scene.wish.data_of(system)))
        kept = f"--database {place}/{database_of(system)}"
        package = scene.wish.package_of(system)
        goes_on = " \\" if package.exists() else ""
        yield f"  leadtriage sandbox {system} --data {data} {kept}{goes_on}"
        if goes_on:
            yield f"    --metadata {shlex.quote(str(package))}"
    yield "and work on them in another:"
    yield from before
    for system, twin in scene.twins.items():
        for name, value in _by_hand(system, twin).items():
            yield f"  {exports({name: value})}"
    yield f"  leadtriage sync --config {place}"
    if record_id is not None:
        yield f"  leadtriage explain {record_id} --config {place}"
    if len(scene.twins) > 1:
        yield f"  leadtriage truth --config {place} --limit 10"
    yield f"Then edit {place}/policies/patient.yaml, and see what that would change:"
    yield f"  leadtriage plan --config {place}"


def _by_hand(system: str, twin: RunningSandbox) -> dict[str, str]:
    """What a worker needs to be told when the twin is served where the command serves it."""
    url = f"http://127.0.0.1:{PORTS[system]}"
    return {name: value.replace(twin.url, url) for name, value in twin.variables.items()}


def _before(now: datetime | None) -> Iterator[str]:
    """What a new shell needs: this environment, and the instant the CRMs stand at."""
    activate = Path(sys.prefix) / "bin" / "activate"
    if shutil.which("leadtriage") is None and activate.is_file():
        here = Path.cwd()
        shown = activate.relative_to(here) if activate.is_relative_to(here) else activate
        yield f"  source {shlex.quote(str(shown))}"
    if now is not None:
        yield f"  export LEADTRIAGE_NOW={now:%Y-%m-%dT%H:%M:%SZ}"
