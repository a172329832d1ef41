"""A rehearsal sees everything, may change everything, and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.examples import decision, record, ref
from worker.errors import IntegrityError
from worker.ledger import decisions, records
from worker.ledger.engine import Ledger, open_ledger


def test_changes_of_a_rehearsal_vanish(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        records.save_records(tx, [record("1")])
    with ledger.rehearsal() as rehearsed:
        with rehearsed.begin() as tx:
            records.save_records(tx, [record("1", revision="r2"), record("2")])
            decisions.append_decisions(tx, [decision("d1")])
        with rehearsed.read() as tx:
            assert records.load_records(tx, [ref("1")])[ref("1")].revision == "r2"
            assert decisions.verify_chain(tx).rows == 1
    with ledger.read() as tx:
        assert records.load_records(tx, [ref("1"), ref("2")]) == {ref("1"): record("1")}
        assert decisions.verify_chain(tx).rows == 0


def test_a_failed_transaction_of_a_rehearsal_is_undone_alone(ledger: Ledger) -> None:
    with ledger.rehearsal() as rehearsed:
        with rehearsed.begin() as tx:
            decisions.append_decisions(tx, [decision("d1")])
        with pytest.raises(IntegrityError), rehearsed.begin() as tx:
            decisions.append_decisions(tx, [decision("d2"), decision("d1")])
        with rehearsed.read() as tx:
            report = decisions.verify_chain(tx)
    assert (report.rows, report.problem) == (1, None)


def test_a_rehearsal_does_not_stop_others_from_writing(opened: Callable[..., Ledger]) -> None:
    with opened().rehearsal() as rehearsed:
        with rehearsed.begin() as tx:
            records.save_records(tx, [record("1")])
        with opened(lock_wait=timedelta(0)).begin() as tx:
            records.save_records(tx, [record("2")])


def test_a_rehearsal_leaves_no_file(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", "acme")
    before = {path.name for path in tmp_path.iterdir()}
    with ledger.rehearsal() as rehearsed, rehearsed.begin() as tx:
        records.save_records(tx, [record("1")])
        assert {path.name for path in tmp_path.iterdir()} == before
    ledger.close()
