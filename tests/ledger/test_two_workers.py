"""Two workers decide two halves of one base at the same time: every cap holds, and every share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.many_leads import TIGHT, WIDE, add_leads, with_members
from tests.support.organisation import NOW, Organisation, make_empty
from tests.support.recount import given_of, rows_of, wrong_counts
from worker.ledger.decisions import verify_chain
from worker.ledger.engine import Ledger
from worker.steps.pull import pull

LEADS = 90
HALVES = ((0, 32_767), (32_768, 65_535))


@contextmanager
def deciding(folder: Path, low: int, high: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.ledger.deciding", str(folder), NOW.isoformat()]
    with subprocess.Popen(
        [*command, str(low), str(high)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as child:
        yield child
        child.communicate()
        assert child.returncode == 0


def wait_for(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"


def go_on(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


@pytest.fixture
def organisation(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """Leads that all qualify, and a ledger wherever the test wants it."""
    monkeypatch.setenv("LEADTRIAGE_LEDGER__URL", url)
    monkeypatch.setenv("LEADTRIAGE_RUN__BATCH", "3")
    made = make_empty(tmp_path / "organisation")
    add_leads(made, LEADS)
    return made


def decide_in_two(organisation: Organisation) -> None:
    """Pull here; then have two processes decide, each of them at work before either is done."""
    with organisation.open() as app:
        pull(app.looking())
    with ExitStack() as stack:
        children = [stack.enter_context(deciding(organisation.folder, *half)) for half in HALVES]
        for _beginning_then_all in range(2):
            for child in children:
                wait_for(child)
            for child in children:
                go_on(child)


def owners_of(ledger: Ledger) -> Counter[str]:
    query = "SELECT owner FROM profiles WHERE stage = 'mql'"
    return Counter(row.owner for row in rows_of(ledger, query))


def test_two_workers_fill_every_list_and_exceed_none(
    organisation: Organisation, opened: Callable[..., Ledger]
) -> None:
    decide_in_two(with_members(organisation, TIGHT))
    ledger = opened("example-health")
    assert owners_of(ledger) == {"sched-1": 17, "sched-2": 11, "sched-3": 7, "intake": 55}
    assert wrong_counts(ledger) == []
    with ledger.read() as tx:
        assert verify_chain(tx).problem is None


def test_two_workers_share_one_rotation(
    organisation: Organisation, opened: Callable[..., Ledger]
) -> None:
    decide_in_two(with_members(organisation, WIDE))
    ledger = opened("example-health")
    found = owners_of(ledger)
    assert sum(found.values()) == LEADS
    shares = {"sched-1": 36, "sched-2": 36, "sched-3": 18}
    assert all(abs(found[name] - share) <= 1 for name, share in shares.items()), found
    assert Counter(one.owner for one in given_of(ledger)) == found
    assert wrong_counts(ledger) == []
