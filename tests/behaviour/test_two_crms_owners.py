"""Owners of two CRMs: matched by e-mail or by table, and what is written where somebody has no account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.two_crms import (
    OWNER,
    STAGE,
    FakeSide,
    TwoCrms,
    fake_sides,
    opened,
)
from tests.support.two_crms_config import SALESFORCE, write_two_crms
from worker.config.findings import Findings
from worker.config.folder import read_sheets
from worker.core.records import Editor, Owner
from worker.core.ruleset import owner_writers
from worker.core.testimony import About
from worker.steps.live_twins import look_at_twins
from worker.steps.truth import Tally, tell_truth

BY_EMAIL = "match_owners_by: email\n"
TWO = "005Rt0000101zz, twice"
STAND_IN = SALESFORCE.owner("900")
NO_SALESFORCE_IDS = {
    f", salesforce: '{SALESFORCE.owner(number)}'}}": "}" for number in ("101", "102", "103")
}


@contextmanager
def organisation(folder: Path, *more: str) -> Iterator[TwoCrms]:
    """The schedulers are named by their ids in HubSpot alone; ``more`` is added to routing.yaml."""
    write_two_crms(folder / "config")
    routing = folder / "config" / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    for old, new in NO_SALESFORCE_IDS.items():
        assert old in text
        text = text.replace(old, new)
    routing.write_text(text + "".join(more), encoding="utf-8")
    with opened(folder, fake_sides(folder, tells_edits={"hubspot": True})) as found:
        yield found


def set_owner(two: TwoCrms, number: str, **changed: object) -> None:
    side = two.salesforce
    assert isinstance(side, FakeSide)
    values: dict[str, object] = {
        "id": side.words.owner(number),
        "email": f"{number}@clinic.example",
    }
    side.crm.add_owner(Owner(**{**values, **changed}))  # type: ignore[arg-type]  # of Owner


def test_the_account_with_the_same_address_is_written(tmp_path: Path) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        two.add_ready("p")
        two.settle()
        one, other = two.owners("p")
        assert one == other in ("101", "102", "103")
        assert two.run().writes == {}


def test_a_person_who_chooses_a_matched_owner_is_understood(tmp_path: Path) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        two.add_ready("p")
        two.settle()
        chosen = next(n for n in ("101", "102", "103") if n not in two.owners("p"))
        two.salesforce.tell("p", {OWNER: chosen}, Editor.PERSON)
        two.settle()
        assert two.owners("p") == (chosen, chosen)


def test_who_stands_in_is_written_where_the_owner_has_no_account(tmp_path: Path) -> None:
    with organisation(tmp_path, f"without_account: {{salesforce: {STAND_IN}}}\n") as two:
        two.add_ready("p")
        two.settle()
        owner, stand_in = two.owners("p")
        assert owner in ("101", "102", "103")
        assert stand_in == "900"
        assert "ROUTE_OWNER_NOT_IN_CRM" in two.hubspot.show("p", "reason_codes")
        two.wait(days=2)
        two.settle()
        assert two.written_twice() == []


def test_nothing_is_written_where_that_is_said(tmp_path: Path) -> None:
    with organisation(tmp_path, "without_account: {salesforce: nothing}\n") as two:
        two.add_ready("p")
        two.settle()
        assert two.salesforce.show("p", OWNER) == ""
        assert "ROUTE_OWNER_NOT_IN_CRM" in two.salesforce.show("p", "reason_codes")


@pytest.mark.parametrize("more", ["nothing", STAND_IN])
def test_a_person_who_takes_the_place_of_who_stands_in_has_the_lead(
    tmp_path: Path, more: str
) -> None:
    with organisation(tmp_path, f"without_account: {{salesforce: {more}}}\n") as two:
        two.add_ready("p")
        two.settle()
        two.salesforce.tell("p", {OWNER: "111"}, Editor.PERSON)
        two.settle()
        assert two.owners("p") == ("111", "111")


def test_a_member_who_gains_an_account_is_written_there(tmp_path: Path) -> None:
    with organisation(tmp_path, BY_EMAIL, "without_account: {salesforce: nothing}\n") as two:
        for number in ("101", "102", "103"):
            set_owner(two, number, email=None)
        two.add_ready("p")
        two.settle()
        owner, nobody = two.owners("p")
        assert nobody == ""
        set_owner(two, owner)
        two.settle()
        assert two.owners("p") == (owner, owner)


def test_the_live_check_says_nothing_of_owners_in_a_crm_that_was_not_reached(
    tmp_path: Path,
) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        assert told(two, without="hubspot").warnings == []
        assert told(two, without="hubspot").errors == []


@pytest.mark.parametrize("left", [("salesforce",), ("hubspot", "salesforce")])
def test_who_left_is_no_disagreement_of_the_crms(tmp_path: Path, left: tuple[str, ...]) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        two.add_ready("p")
        two.settle()
        owner = two.owners("p")[0]
        two.hubspot.tell("p", {STAGE: "customer"}, Editor.PERSON)  # it is nobody's to hand on
        two.settle()
        for side in (two.hubspot, two.salesforce):
            assert isinstance(side, FakeSide)
            if side.name in left:
                gone = Owner(
                    id=side.words.owner(owner), email=f"{owner}@clinic.example", is_active=False
                )
                side.crm.add_owner(gone)
        two.settle()
        assert two.owners("p") == (owner, owner)
        assert two.app is not None
        with two.app.ledger.read() as tx:
            assert not list(tell_truth(two.app.looking(), tx, frozenset(About), Tally()))


def told(two: TwoCrms, without: str = "") -> Findings:
    assert two.app is not None
    configuration = two.app.ruleset.configuration
    connectors = two.app.connectors.items()
    listed = {name: connector.owners() for name, connector in connectors if name != without}
    findings = Findings()
    sheet = read_sheets(two.folder)["routing.yaml"]
    writers = owner_writers(configuration)
    look_at_twins(configuration.routing, listed, writers, sheet, findings)
    return findings


Change = Callable[[TwoCrms], None]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda two: set_owner(two, "101", email=None),
            "Salesforce has no active account with the e-mail of hubspot:7700101, the member 'sched-1'.",
        ),
        (
            lambda two: set_owner(two, "101", id="twice"),
            f"The member 'sched-1' has several accounts of the same e-mail in salesforce: {TWO}.",
        ),
    ],
)
def test_the_live_check_names_who_is_missing_and_who_is_there_twice(
    tmp_path: Path, change: Change, says: str
) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        assert told(two).errors == []
        change(two)
        (problem,) = told(two).errors
        assert problem.message == says
        assert problem.file == "routing.yaml"
        assert "clinic.example" not in str(problem)


def test_the_live_check_warns_of_ids_of_two_people(tmp_path: Path) -> None:
    with organisation(tmp_path, BY_EMAIL) as two:
        set_owner(two, "111", email="somebody@clinic.example")
        (warning,) = told(two).warnings
        assert "have different e-mails" in warning.message
