"""``audit verify`` names the row that is wrong, and compares a head that was kept elsewhere."""

from __future__ import annotations

import pytest

from tests.support.command import Ended, run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

UNLOCK = ("DROP TRIGGER decisions_no_update", "DROP TRIGGER decisions_no_delete")


def verified(organisation: Organisation, *more: str) -> Ended:
    return run("audit", "verify", *more, config=organisation.folder, now=None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            "UPDATE decisions SET verdict = 'x' WHERE seq = 2",
            "Row 2 (decision {0}) is not the one that was written.",
            id="altered",
        ),
        pytest.param("DELETE FROM decisions WHERE seq = 2", "Row 2 was removed.", id="removed"),
        pytest.param(
            "DELETE FROM decisions WHERE seq >= 2",
            "Row 2 was removed. So were the next, up to 3.",
            id="cut off",
        ),
        pytest.param(
            "UPDATE decision_inputs SET inputs = '{{}}' WHERE decision_id = '{0}'",
            "Row 2 (decision {0}): the inputs kept for it are not the ones it was decided on.",
            id="inputs altered",
        ),
    ],
)
def test_the_row_that_is_wrong_is_named(synced: Organisation, change: str, says: str) -> None:
    ((decision,),) = synced.ask("SELECT id FROM decisions WHERE seq = 2")

    synced.tell(*UNLOCK, change.format(decision))

    assert says.format(decision) in verified(synced).stdout


def test_a_row_that_was_moved_is_named(synced: Organisation) -> None:
    ((decision,),) = synced.ask("SELECT id FROM decisions WHERE seq = 3")
    synced.tell(
        *UNLOCK,
        "UPDATE decisions SET seq = 9 WHERE seq = 2",
        "UPDATE decisions SET seq = 2 WHERE seq = 3",
        "UPDATE decisions SET seq = 3 WHERE seq = 9",
    )

    says = f"Row 2 (decision {decision}) was moved. It was written as 3."
    assert says in verified(synced).stdout


def test_a_head_kept_elsewhere_is_found_again(synced: Organisation) -> None:
    ((head,),) = synced.ask("SELECT hash FROM decisions WHERE seq = 2")

    ended = verified(synced, "--expect-head", str(head))

    assert ended.exit_code == ExitCode.OK
    assert "It holds the head expected, at row 2." in ended.stdout


def test_a_chain_without_the_head_expected_ends_with_code_1(synced: Organisation) -> None:
    assert verified(synced, "--expect-head", "f" * 64).exit_code == ExitCode.FOUND_PROBLEMS


def test_the_head_expected_is_told_to_programs(synced: Organisation) -> None:
    expected = verified(synced, "--expect-head", "f" * 64, "--json").json["expected_head"]

    assert expected == {"hash": "f" * 64, "seq": None, "is_in_chain": False}


def test_whoever_verifies_is_told_to_keep_the_head(synced: Organisation) -> None:
    assert "Keep the head outside of the ledger" in verified(synced).stdout
