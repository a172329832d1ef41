"""The ledger stays whole when a worker is killed, and when two workers write at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.ledger.child import BATCH, BATCHES
from tests.ledger.examples import record, ref
from worker.ledger.decisions import verify_chain
from worker.ledger.engine import Ledger
from worker.ledger.records import load_records, save_records


@pytest.fixture
def has_tables() -> bool:
    """Every ledger begins here."""
    return False


def start(url: str, role: str, name: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.child", url, role, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.mark.parametrize(("role", "expected"), [("die_inside", "r1"), ("die_after", "r2")])
def test_a_killed_worker_leaves_what_it_committed(
    opened: Callable[..., Ledger], url: str, role: str, expected: str
) -> None:
    ledger = opened()
    with ledger.begin() as tx:
        save_records(tx, [record("1", revision="r1")])
    with start(url, role, "r2") as child:
        child.kill()
    reopened = opened()
    with reopened.begin() as tx:
        assert load_records(tx, [ref("1")])[ref("1")].revision == expected
        save_records(tx, [record("1", revision="r3")])


def test_two_workers_build_one_chain(opened: Callable[..., Ledger], url: str) -> None:
    """Both start on a database that has no tables yet."""
    children = [start(url, "append", name) for name in ("a", "b")]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
        assert child.returncode == 0
    with opened().read() as tx:
        report = verify_chain(tx)
    assert (report.rows, report.problem) == (2 * BATCHES * BATCH, None)
