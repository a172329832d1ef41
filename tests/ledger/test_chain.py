"""The chain of decisions shows every way of changing it afterwards, and names the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update

from tests.ledger.examples import decision
from worker.errors import IntegrityError, LeadtriageError
from worker.ledger import chain, decisions, tables
from worker.ledger.chain import ChainProblem, ChainReport, ProblemKind, hash_row
from worker.ledger.codec import EncryptingCodec, new_key
from worker.ledger.engine import Ledger
from worker.ledger.transaction import Transaction

ROWS = 6
Tamper = Callable[[Transaction], None]


@pytest.fixture
def chained(ledger: Ledger) -> Ledger:
    """A chain of six decisions, d1 to d6, of two transactions."""
    with ledger.begin() as tx:
        decisions.append_decisions(tx, [decision(f"d{n}") for n in (1, 2, 3)])
    with ledger.begin() as tx:
        decisions.append_decisions(tx, [decision(f"d{n}") for n in (4, 5, 6)])
    return ledger


def run_sql(tx: Transaction, *statements: str) -> None:
    for statement in statements:
        tx.connection.execute(text(statement))


def drop_triggers(tx: Transaction) -> None:
    if tx.dialect == "sqlite":
        run_sql(tx, "DROP TRIGGER decisions_no_update", "DROP TRIGGER decisions_no_delete")
    else:
        run_sql(tx, "DROP TRIGGER decisions_append_only ON decisions")


def verify(ledger: Ledger) -> ChainReport:
    with ledger.read() as tx:
        return decisions.verify_chain(tx)


def tampered(ledger: Ledger, *statements: str) -> ChainProblem:
    """Change the chain behind the triggers' back; returns what the check then says."""
    with ledger.begin() as tx:
        drop_triggers(tx)
        run_sql(tx, *statements)
    problem = verify(ledger).problem
    assert problem is not None
    return problem


def named(problem: ChainProblem) -> tuple[ProblemKind, int, str | None]:
    return problem.kind, problem.seq, problem.decision_id


def row_at(tx: Transaction, seq: int) -> dict[str, Any]:
    query = tables.decisions.select().where(tables.decisions.c.seq == seq)
    return dict(tx.connection.execute(query).mappings().one())


def write_row(tx: Transaction, seq: int, row: dict[str, Any]) -> None:
    tx.connection.execute(
        update(tables.decisions).where(tables.decisions.c.seq == seq).values(**row)
    )


def test_an_untouched_chain_passes(chained: Ledger) -> None:
    report = verify(chained)
    assert report.problem is None
    assert (report.rows, report.inputs, report.erased) == (ROWS, ROWS, 0)


def test_an_empty_chain_passes(ledger: Ledger) -> None:
    assert verify(ledger) == ChainReport(rows=0, inputs=0, erased=0, head=chain.GENESIS)


def test_a_chain_longer_than_a_page_passes(ledger: Ledger) -> None:
    total = 2 * chain.PAGE + 1
    with ledger.begin() as tx:
        decisions.append_decisions(tx, [decision(f"d{n}") for n in range(total)])
    assert verify(ledger).rows == total


@pytest.mark.parametrize(
    "column", [c.name for c in tables.decisions.c if c.name not in {"account", "seq", "decided_at"}]
)
@pytest.mark.parametrize("seq", [1, 4, ROWS])
def test_an_altered_column_names_its_row(chained: Ledger, column: str, seq: int) -> None:
    problem = tampered(chained, f"UPDATE decisions SET {column} = 'x' WHERE seq = {seq}")
    expected_id = "x" if column == "id" else f"d{seq}"
    assert named(problem) == (ProblemKind.ALTERED, seq, expected_id)


@pytest.mark.parametrize("column", ["pathway", "stage", "owner"])
def test_a_column_that_was_emptied_names_its_row(chained: Ledger, column: str) -> None:
    problem = tampered(chained, f"UPDATE decisions SET {column} = NULL WHERE seq = 2")
    assert named(problem) == (ProblemKind.ALTERED, 2, "d2")


def test_an_altered_instant_names_its_row(chained: Ledger) -> None:
    problem = tampered(chained, "UPDATE decisions SET decided_at = decided_at + 1 WHERE seq = 2")
    assert named(problem) == (ProblemKind.ALTERED, 2, "d2")


@pytest.mark.parametrize("change", ["account = 'other'", "seq = 99"])
def test_a_row_that_was_taken_elsewhere_is_missed(chained: Ledger, change: str) -> None:
    problem = tampered(chained, f"UPDATE decisions SET {change} WHERE seq = 2")
    assert named(problem) == (ProblemKind.REMOVED, 2, None)


@pytest.mark.parametrize("seq", [1, 3, ROWS])
def test_a_removed_row_is_missed(chained: Ledger, seq: int) -> None:
    problem = tampered(chained, f"DELETE FROM decisions WHERE seq = {seq}")
    assert named(problem) == (ProblemKind.REMOVED, seq, None)


def test_a_removed_end_is_missed_from_its_first_row(chained: Ledger) -> None:
    problem = tampered(chained, "DELETE FROM decisions WHERE seq >= 4")
    assert named(problem) == (ProblemKind.REMOVED, 4, None)
    assert "up to 6" in problem.message


def test_a_removed_chain_is_missed(chained: Ledger) -> None:
    problem = tampered(chained, "DELETE FROM decisions")
    assert named(problem) == (ProblemKind.REMOVED, 1, None)


def test_a_gap_that_was_closed_up_names_the_row_that_moved(chained: Ledger) -> None:
    problem = tampered(
        chained,
        "DELETE FROM decisions WHERE seq = 3",
        *(f"UPDATE decisions SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)),
        "UPDATE chain_heads SET seq = 5",
    )
    assert named(problem) == (ProblemKind.MOVED, 3, "d4")


def test_two_rows_that_changed_places_name_the_first(chained: Ledger) -> None:
    problem = tampered(
        chained,
        "UPDATE decisions SET seq = 99 WHERE seq = 2",
        "UPDATE decisions SET seq = 2 WHERE seq = 5",
        "UPDATE decisions SET seq = 5 WHERE seq = 99",
    )
    assert named(problem) == (ProblemKind.MOVED, 2, "d5")
    assert problem.message == "Row 2 (decision d5) was moved. It was written as 5."


def test_neighbours_that_changed_places_name_the_first(chained: Ledger) -> None:
    problem = tampered(
        chained,
        "UPDATE decisions SET seq = 99 WHERE seq = 5",
        "UPDATE decisions SET seq = 5 WHERE seq = 6",
        "UPDATE decisions SET seq = 6 WHERE seq = 99",
    )
    assert named(problem) == (ProblemKind.MOVED, 5, "d6")


def test_a_row_altered_and_sealed_again_is_named(chained: Ledger) -> None:
    with chained.begin() as tx:
        drop_triggers(tx)
        row = {**row_at(tx, 3), "verdict": "x"}
        row.pop("hash")
        write_row(tx, 3, {**row, "hash": hash_row(row)})
    problem = verify(chained).problem
    assert problem is not None
    assert named(problem) == (ProblemKind.ALTERED, 3, "d3")


def test_the_last_row_altered_and_sealed_again_is_named(chained: Ledger) -> None:
    with chained.begin() as tx:
        drop_triggers(tx)
        row = {**row_at(tx, ROWS), "verdict": "x"}
        row.pop("hash")
        write_row(tx, ROWS, {**row, "hash": hash_row(row)})
    problem = verify(chained).problem
    assert problem is not None
    assert named(problem) == (ProblemKind.ALTERED, ROWS, "d6")


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_row_slipped_in_is_named(chained: Ledger, is_sealed: bool) -> None:
    """Rows four to six make room; the new fourth continues the third, with or without a hash."""
    with chained.begin() as tx:
        drop_triggers(tx)
        run_sql(tx, *(f"UPDATE decisions SET seq = {n + 1} WHERE seq = {n}" for n in (6, 5, 4)))
        run_sql(tx, "UPDATE chain_heads SET seq = 7")
        row = {**row_at(tx, 3), "seq": 4, "id": "forged", "prev_hash": row_at(tx, 3)["hash"]}
        row.pop("hash")
        sealed = hash_row(row) if is_sealed else "0" * 64
        tx.connection.execute(tables.decisions.insert(), {**row, "hash": sealed})
    problem = verify(chained).problem
    assert problem is not None
    assert named(problem) == (ProblemKind.INSERTED, 4, "forged")


@pytest.mark.parametrize("seq", [0, ROWS + 1])
def test_a_row_put_before_or_after_the_chain_is_named(chained: Ledger, seq: int) -> None:
    with chained.begin() as tx:
        last = row_at(tx, ROWS)
        row = {**last, "seq": seq, "id": "forged", "prev_hash": last["hash"]}
        row.pop("hash")
        tx.connection.execute(tables.decisions.insert(), {**row, "hash": hash_row(row)})
    problem = verify(chained).problem
    assert problem is not None
    assert named(problem) == (ProblemKind.INSERTED, seq, "forged")


def test_a_lost_end_mark_is_noticed(chained: Ledger) -> None:
    problem = tampered(chained, "DELETE FROM chain_heads")
    assert named(problem) == (ProblemKind.ALTERED, ROWS, "d6")


@pytest.mark.parametrize("column", ["salt", "inputs"])
def test_altered_inputs_name_their_decision(chained: Ledger, column: str) -> None:
    problem = tampered(
        chained, f"UPDATE decision_inputs SET {column} = 'x' WHERE decision_id = 'd2'"
    )
    assert named(problem) == (ProblemKind.INPUTS_ALTERED, 2, "d2")


def test_altered_inputs_are_found_in_an_encrypted_ledger(opened: Callable[..., Ledger]) -> None:
    ledger = opened(codec=EncryptingCodec(new_key()))
    with ledger.begin() as tx:
        decisions.append_decisions(tx, [decision("d1"), decision("d2")])
    problem = tampered(ledger, "UPDATE decision_inputs SET inputs = 'x' WHERE decision_id = 'd2'")
    assert named(problem) == (ProblemKind.INPUTS_ALTERED, 2, "d2")


def test_erased_inputs_leave_the_chain_whole(chained: Ledger) -> None:
    with chained.begin() as tx:
        decisions.append_decisions(tx, [decision("d7", profile_id="p2")])
        assert decisions.erase_inputs(tx, ["p1"]) == ROWS
        erased = decisions.load_decision(tx, "d1")
    report = verify(chained)
    assert erased is not None
    assert erased.inputs is None
    assert (report.problem, report.inputs, report.erased) == (None, 1, ROWS)


def test_equal_inputs_have_different_digests(chained: Ledger) -> None:
    with chained.read() as tx:
        digests = {row.inputs_digest for row in decisions.history(tx, "p1")}
    assert len(digests) == ROWS


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions SET verdict = 'x' WHERE seq = 2", "DELETE FROM decisions"]
)
def test_the_database_refuses_to_change_decisions(chained: Ledger, statement: str) -> None:
    with pytest.raises(IntegrityError, match="refused"), chained.begin() as tx:
        run_sql(tx, statement)
    assert verify(chained).problem is None


def test_the_hash_can_be_recomputed_by_anyone() -> None:
    """The recipe is part of the audit's interface: a fixed row has a fixed hash."""
    row = {"account": "acme", "decided_at": 0, "seq": 1, "body": json.dumps({"a": "ä"})}
    expected = "2c084a8fd5dcf001887a02e50f6166cc0b4bd6897e1df4925d8c152826519cca"
    assert hash_row(row) == expected


def test_a_failing_statement_shows_no_value(ledger: Ledger) -> None:
    statement = text("INSERT INTO decisions (id) VALUES ('ann@example.org')")
    with pytest.raises(LeadtriageError) as caught, ledger.begin() as tx:
        tx.connection.execute(statement)
    assert "ann" not in repr(caught.value)
    assert caught.value.__suppress_context__
