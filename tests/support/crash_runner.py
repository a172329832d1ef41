"""Kills syncs: ``python -m tests.support.crash_runner`` reads one job a line and answers each.

It imports everything and reads the configuration once, and gives every sync a process of its own by
forking, so that a killed one takes nothing with it. A job names a folder and either no point, to
list the points that a sync passes there, or the points at which one sync after the other is to be
killed, before two whole ones. Jobs and answers are JSON.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from connectors.files.connector import open_connector
from tests.support.crash_points import CrashPoints
from tests.support.fake_organisation import connect, crm_of
from tests.support.interposed import Interposed
from tests.support.twin_connectors import opening
from worker import app
from worker.config.loader import load_configuration
from worker.log import configure_logging
from worker.ports import Connector, ConnectorContext, OpenConnector

FAILED = 70
Wrap: TypeAlias = Callable[[Connector], Connector]


def run_sync(job: dict[str, Any], points: CrashPoints) -> dict[str, int]:
    """One ``sync`` as the command runs it; gives the counts of its writes by outcome."""
    folder = Path(job["folder"])

    def wrap(inner: Connector) -> Connector:
        return Interposed(
            inner=inner,
            before=lambda call: points.pass_(f"before {call}"),
            after=lambda call: points.pass_(f"after {call}"),
        )

    def open_files(context: ConnectorContext) -> Connector:
        return wrap(open_connector(context))

    connectors: dict[str, OpenConnector] = {"files": open_files}
    if (folder / "crm.sqlite").exists():
        crm = crm_of(folder, on_write=lambda _command: points.pass_("after one write"))
        connectors = dict(connect(crm, wrap))
    now = datetime.fromisoformat(job["now"])
    with ExitStack() as stack:
        if "twins" in job:
            opened = stack.enter_context(_on_twins(folder, now, job["twins"], wrap))
        else:
            opened = stack.enter_context(app.open_app(folder, now=now, connectors=connectors))
        return dict(opened.sync().writes)


def _on_twins(
    folder: Path, now: datetime, options: Mapping[str, Mapping[str, str]], wrap: Wrap
) -> AbstractContextManager[app.App]:
    """Open the worker on served twins. Its clock stands still, but for what it waits."""
    waited = [0.0]
    known = opening(options, waited.append)
    connectors = {name: partial(_wrapped, wrap, open_) for name, open_ in known.items()}
    return app.open_app(
        folder, clock=lambda: now + timedelta(seconds=sum(waited)), connectors=connectors
    )


def _wrapped(wrap: Wrap, open_: OpenConnector, context: ConnectorContext) -> Connector:
    return wrap(open_(context))


def in_child(answer: Path, act: Callable[[], object]) -> int:
    """Run in a forked process and keep the result in a file; gives the wait status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = FAILED
    try:
        answer.write_text(json.dumps(act()), encoding="utf-8")
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it was, the child must not go on as the parent
        traceback.print_exc()
    finally:
        os._exit(code)


def count(job: dict[str, str]) -> object:
    points = CrashPoints(folder=Path(job["folder"]))
    points.install()
    run_sync(job, points)
    return points.passed


def crash(job: dict[str, str], point: int) -> object:
    points = CrashPoints(folder=Path(job["folder"]), die_at=point)
    points.install()
    return run_sync(job, points)


def whole(job: dict[str, str]) -> object:
    return run_sync(job, CrashPoints(folder=Path(job["folder"]), die_at=sys.maxsize))


def do(job: dict[str, str], points: list[int]) -> object:
    """Kill a sync at each point, then run two whole ones; says how many were killed."""
    answer = Path(job["folder"]).with_suffix(".answer")
    statuses = [in_child(answer, partial(crash, job, point)) for point in points]
    killed = sum(os.WIFSIGNALED(s) and os.WTERMSIG(s) == signal.SIGKILL for s in statuses)
    writes = []
    for _ in range(2):
        if in_child(answer, partial(whole, job)) != 0:
            return {"killed": killed, "failed": True}
        writes.append(json.loads(answer.read_text(encoding="utf-8")))
    return {"killed": killed, "writes": writes}


def read_once(folder: Path) -> None:
    """Read the configuration in the parent, as most of a small sync would go into reading it."""
    configuration = load_configuration(folder)
    app.load_configuration = lambda _folder: configuration


def warm_up(job: Mapping[str, Any]) -> None:
    """Sync a copy in the parent, once: what it compiles and looks up then, no child does again."""
    with TemporaryDirectory() as place:
        folder = shutil.copytree(job["folder"], Path(place) / "organisation")
        whole({**job, "folder": str(folder)})
    app.spare_collector()
    gc.freeze()


def main() -> None:
    configure_logging("error", as_json=True)
    is_cold = True
    for line in sys.stdin:
        job = json.loads(line)
        read_once(Path(job["folder"]))
        if is_cold and "twins" not in job:
            warm_up(job)
            is_cold = False
        points = job.pop("points", None)
        if points is None:
            answer = Path(job["folder"]).with_suffix(".answer")
            status = in_child(answer, partial(count, job))
            assert status == 0
            result = json.loads(answer.read_text(encoding="utf-8"))
        else:
            result = do(job, points)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
