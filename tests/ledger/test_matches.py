"""What a CRM named as the same when it refused is kept for review until it is settled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ledger.examples import HOUR, NOW, intent, record, ref, settlement
from worker.core.records import RecordRef, WriteOutcome
from worker.ledger import matches, outbox, records
from worker.ledger.engine import Ledger
from worker.ledger.rows import IntentState, MatchedWrite
from worker.ledger.transaction import Transaction

NEVER_READ = RecordRef(system="hubspot", object_type="Contact", id="003")
SAME = (ref("2"), NEVER_READ)
CODE = "DUPLICATES_DETECTED"
REFUSED = MatchedWrite(ref=ref("1"), matches=SAME, code=CODE, at=NOW)


def settle(
    tx: Transaction, intent_id: str, *named: RecordRef, hours: int = 0, is_taken: bool = False
) -> None:
    """Write record 1, and have it taken, or refused with these named."""
    outbox.add_intents(tx, [intent(intent_id, state=IntentState.SENDING)])
    plain = settlement(intent_id, at=NOW + hours * HOUR, matches=named)
    refused = replace(plain, outcome=WriteOutcome.REJECTED, code=CODE)
    outbox.settle(tx, [plain if is_taken else refused])


def test_the_last_refusal_that_names_any_is_told(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        settle(tx, "i1", ref("9"), hours=-2)
        settle(tx, "i2", *SAME)
        settle(tx, "i3", hours=2)
        assert matches.matched_writes(tx) == [REFUSED]
        assert matches.count_matched(tx, "run1") == 2
        writes = outbox.latest_writes(tx, ["p1"])[ref("1")]
        assert {write.matches for write in writes} == {(ref("9"),), SAME, ()}


@pytest.mark.parametrize(("hours", "told"), [(-1, [REFUSED]), (1, [])])
def test_it_is_settled_by_a_write_that_is_taken_later(
    ledger: Ledger, hours: int, told: list[MatchedWrite]
) -> None:
    with ledger.begin() as tx:
        settle(tx, "i1", *SAME)
        settle(tx, "i2", hours=hours, is_taken=True)
        assert matches.matched_writes(tx) == told


@pytest.mark.parametrize(
    ("gone", "told"), [("1", []), ("2", [replace(REFUSED, matches=(NEVER_READ,))])]
)
def test_a_record_that_was_merged_away_is_told_no_more(
    ledger: Ledger, gone: str, told: list[MatchedWrite]
) -> None:
    with ledger.begin() as tx:
        settle(tx, "i1", *SAME)
        records.save_records(tx, [record(one, is_deleted=one == gone) for one in ("1", "2")])
        assert matches.matched_writes(tx) == told
