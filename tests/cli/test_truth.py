"""``truth`` lists everybody on whom the CRMs disagree, why, and what settles it, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Ended, run
from tests.support.organisation import Organisation, without_waiting
from tests.support.two_crms import STAGE, FakeSide, TwoCrms, two_crms
from worker.core.records import Editor, WriteOutcome
from worker.errors import ExitCode
from worker.steps.sync import sync

PEOPLE = ("agrees", "owned", "shown", "word", "refused", "held")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two CRMs that agree on one person, and disagree on each of the others for another reason.

    What the command reads names connectors that nobody gave a secret.
    """
    place = tmp_path_factory.mktemp("truth")
    with two_crms(place) as two:
        for person in PEOPLE:
            two.add_ready(person)
        two.add("new", email="")
        script_refusal(two, "refused")
        two.run()
        two.hubspot.tell("owned", {STAGE: "sql"}, Editor.PERSON)
        two.salesforce.tell("owned", {STAGE: "customer"}, Editor.PERSON)
        two.hubspot.tell("shown", {STAGE: "sql"}, Editor.PERSON)
        two.salesforce.tell("word", {STAGE: "Somewhere"}, Editor.PERSON)
        two.salesforce.tell("held", {"opt_out_email": "true"}, Editor.PERSON)
        assert two.app is not None
        with two.app._leased() as work:
            sync(without_waiting(work), two.app.clock, pushes=False)
    return place / "config"


def script_refusal(two: TwoCrms, person: str) -> None:
    side = two.salesforce
    assert isinstance(side, FakeSide)
    refusal = (WriteOutcome.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    side.crm.script(side.words.contacts, side.id_of(person), *refusal)


def truth(folder: Path, *words: str) -> Ended:
    return run("truth", *words, config=folder)


def of(listed: Sequence[Any], person: str, about: str) -> Any:
    found = [
        one
        for one in listed
        if one["about"] == about and any(r["record"].endswith(person) for r in one["records"])
    ]
    assert len(found) == 1
    return found[0]


def test_everybody_is_listed_with_the_cause(folder: Path) -> None:
    ended = truth(folder, "--json")
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    listed = ended.json["listed"]
    causes = {
        (person, about): [r["cause"] for r in of(listed, person, about)["records"] if r["cause"]]
        for person, about in (
            ("owned", "stage"),
            ("shown", "stage"),
            ("word", "stage"),
            ("refused", "stage"),
            ("refused", "owner"),
            ("held", "consent"),
        )
    }
    assert causes == {
        ("owned", "stage"): ["owned_by_people"],
        ("shown", "stage"): ["held_plan"],
        ("word", "stage"): ["stage_word_unknown"],
        ("refused", "stage"): ["write_rejected"],
        ("refused", "owner"): ["write_rejected"],
        ("held", "consent"): ["waiting_to_be_sent"],
    }
    assert not [one for one in listed if "agrees" in str(one)]


def test_a_refusal_has_its_code_and_a_held_plan_its_name(folder: Path) -> None:
    listed = truth(folder, "--json").json["listed"]
    refused = of(listed, "refused", "stage")["records"][1]
    assert refused["code"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    held = of(listed, "shown", "stage")
    plan = held["records"][1]["plan"]
    assert plan
    assert held["to_settle"] == [
        f"salesforce:leads:s-shown: stage mql → sql; release the plan: leadtriage apply {plan}"
    ]


def test_each_crm_is_counted_as_it_counts_itself(folder: Path) -> None:
    told = truth(folder, "--json").json
    funnel = {line["stage"]: line for line in told["funnel"]}
    assert told["people"] == 7
    assert told["in_several_crms"] == 7
    assert funnel["mql"]["records"] == {"hubspot": 4, "salesforce": 3}
    assert funnel["mql"]["agreed"] == 2
    assert funnel["mql"]["disputed"] == 3
    assert funnel["sql"]["records"] == {"hubspot": 2, "salesforce": 0}
    assert funnel["?"]["records"] == {"hubspot": 0, "salesforce": 1}


def test_only_what_is_asked_for_is_listed(folder: Path) -> None:
    told = truth(folder, "--json", "--about", "consent").json
    assert {one["about"] for one in told["listed"]} == {"consent"}
    assert set(told["about"]) == {"consent"}
    both = truth(folder, "--json", "--about", "stage", "--about", "owner").json
    assert set(both["about"]) == {"stage", "owner"}


def test_the_list_can_be_cut_and_the_counts_are_whole(folder: Path) -> None:
    whole, cut = truth(folder, "--json").json, truth(folder, "--json", "--limit", "2").json
    assert cut["listed"] == whole["listed"][:2]
    assert cut["disagreeing"] == whole["disagreeing"] == 5


def test_people_see_the_counts_first_and_no_name(folder: Path) -> None:
    ended = truth(folder)
    lines = ended.stdout.splitlines()
    assert "2026-11-02" in lines[0]
    assert "7 people" in lines[1]
    assert "One funnel" in ended.stdout
    assert "write_rejected" in ended.stdout
    assert "mend there what refuses it" in ended.stdout
    for value in ("Quilla", "Readywise", "@example.org"):
        assert value not in ended.stdout
        assert value not in truth(folder, "--json").stdout


def test_it_ends_well_where_all_agree(synced: Organisation) -> None:
    ended = truth(synced.folder, "--json")
    assert ended.exit_code == ExitCode.OK
    assert ended.json["listed"] == []


def test_without_a_ledger_it_says_so(organisation: Organisation) -> None:
    assert truth(organisation.folder).exit_code == ExitCode.NOT_FOUND
