"""Something else copies fields between the CRMs: what comes round is nobody's edit, and no loop begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.copier import Copier
from tests.support.two_crms import OWNER, STAGE, TwoCrms, fake_sides, opened
from tests.support.two_crms_config import write_two_crms
from worker.core.records import Editor

COPIED = "copied: {between: [hubspot, salesforce], within: 1 day}\n"
SIDES = ("hubspot", "salesforce")
TOLD = [(), ("hubspot",), SIDES]


@contextmanager
def organisation(folder: Path, told: tuple[str, ...] = ()) -> Iterator[TwoCrms]:
    """An organisation whose CRMs, but for those ``told``, do not say who changed a field."""
    write_two_crms(folder / "config")
    with (folder / "config" / "identity.yaml").open("a", encoding="utf-8") as file:
        file.write(COPIED)
    with opened(folder, fake_sides(folder, tells_edits=dict.fromkeys(told, True))) as found:
        yield found


def set_by_people(two: TwoCrms) -> set[str]:
    """The systems whose record the ledger holds for edited by a person."""
    assert two.app is not None
    with two.app.ledger.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT system FROM records WHERE stage_set_by_person_at IS NOT NULL"
            " OR owner_set_by_person_at IS NOT NULL"
        )
        return {system for (system,) in rows}


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("hours", [0, 2])
def test_our_own_write_that_comes_round_is_nobodys_edit(
    tmp_path: Path, told: tuple[str, ...], hours: int
) -> None:
    with organisation(tmp_path, told) as two:
        copier = Copier(two=two, delay=timedelta(hours=hours))
        two.add("p")
        two.settle()
        copier.look()
        two.hubspot.act("p", "appointment_request", two.now - timedelta(hours=1), "")
        two.run()
        for _hour in range(5):
            copier.look()
            copier.copy()
            two.wait(hours=1)
            two.run()
        assert two.stages("p") == ("mql", "mql")
        assert set_by_people(two) == set()
        assert two.run().writes == {}
        assert two.written_twice() == []


@pytest.mark.parametrize("side", SIDES)
def test_a_copy_that_comes_before_our_own_write_is_nobodys_edit(tmp_path: Path, side: str) -> None:
    with organisation(tmp_path) as two:
        two.add_ready("p")
        two.settle()
        other = next(name for name in SIDES if name != side)
        two.sides[side].tell("p", {STAGE: "nurture"}, Editor.PERSON)
        two.sides[other].tell("p", {STAGE: "nurture"}, Editor.SYNC)
        two.settle()
        assert two.stages("p") == ("nurture", "nurture")


@pytest.mark.parametrize("column", [STAGE, OWNER])
@pytest.mark.parametrize("side", SIDES)
def test_an_outdated_copy_is_put_right_and_holds_nothing(
    tmp_path: Path, column: str, side: str
) -> None:
    """The copier brings to one side, late, what a person has changed on the other since."""
    with organisation(tmp_path) as two:
        two.add_ready("p")
        two.settle()
        source = next(name for name in SIDES if name != side)
        old = two.sides[source].show("p", column)
        new = "nurture" if column == STAGE else next(n for n in ("101", "102") if n != old)
        two.sides[source].tell("p", {column: new}, Editor.PERSON)
        two.settle()
        assert set(two.shown("p", column).values()) == {new}
        two.wait(hours=1)
        two.sides[side].tell("p", {column: old}, Editor.SYNC)
        two.settle()
        assert set(two.shown("p", column).values()) == {new}
        assert two.run().writes == {}


def test_what_comes_later_than_a_copy_can_take_is_a_persons_edit(tmp_path: Path) -> None:
    with organisation(tmp_path) as two:
        two.add_ready("p")
        two.settle()
        two.hubspot.tell("p", {STAGE: "nurture"}, Editor.PERSON)
        two.settle()
        two.wait(days=2)
        two.run()
        two.salesforce.tell("p", {STAGE: "mql"}, Editor.PERSON)
        two.settle()
        assert two.stages("p") == ("mql", "mql")


def test_a_person_of_whom_the_crm_tells_is_believed_against_a_copy(tmp_path: Path) -> None:
    with organisation(tmp_path, SIDES) as two:
        two.add_ready("p")
        two.settle()
        two.hubspot.tell("p", {STAGE: "nurture"}, Editor.PERSON)
        two.settle()
        two.wait(hours=1)
        two.salesforce.tell("p", {STAGE: "mql"}, Editor.PERSON)
        two.settle()
        assert two.stages("p") == ("mql", "mql")


@pytest.mark.parametrize("told", TOLD)
def test_a_copier_that_copies_all_there_is_comes_to_rest(
    tmp_path: Path, told: tuple[str, ...]
) -> None:
    with organisation(tmp_path, told) as two:
        copier = Copier(two=two, delay=timedelta())
        for number in range(4):
            two.add_ready(f"p{number}")
        copier.look()
        for hour in range(12):
            if hour == 2:
                two.salesforce.tell("p1", {STAGE: "recycled"}, Editor.PERSON)
                two.hubspot.tell("p2", {"opt_out_email": "true"}, Editor.PERSON)
            if hour == 4:
                two.hubspot.tell("p3", {OWNER: "111"}, Editor.PERSON)
            copier.look()
            copier.copy()
            two.run()
            two.wait(hours=1)
        assert copier.made > 0
        assert two.stages("p1") == ("recycled", "recycled")
        assert set(two.shown("p2", "opt_out_email").values()) == {"true"}
        assert two.owners("p3") == ("111", "111")
        copier.look()
        copier.copy()
        assert two.run().writes == {}
        assert two.written_twice() == []
