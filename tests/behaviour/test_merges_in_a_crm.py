"""A merge in a CRM never revives consent or stage: what the lost record refused goes on holding."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.crm import FakeCrm
from tests.fakes.crm_store import START_AT
from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import NOW, QUALIFIED, Organisation, make_empty
from worker.core.records import WriteOutcome
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS

HOUR = timedelta(hours=1)
CONSENT, STAGE = "IDENTITY_MERGE_REVIVED_CONSENT", "IDENTITY_MERGE_REVIVED_STAGE"
OTHER = {**QUALIFIED, "email": "other@example.org", "first_name": "Oskar", "last_name": "Elm"}


class Merging:
    """An organisation whose fake CRM merges records, run after run."""

    def __init__(self, folder: Path) -> None:
        organisation = make_empty(folder)
        self.crm: FakeCrm = crm_of(folder)
        self.organisation: Organisation = move_to_fake(organisation, self.crm)
        self.now = NOW

    def add(self, name: str, **values: str) -> None:
        empty = dict.fromkeys(CONTACT_COLUMNS, "")
        self.crm.add("contacts", name, {**empty, **QUALIFIED, **values})
        request = {
            "contact_id": name,
            "type": "appointment_request",
            "occurred_at": "2026-11-01T12:00:00Z",
            "is_automated": "false",
        }
        nothing = dict.fromkeys(ACTIVITY_COLUMNS, "")
        self.crm.add("activities", f"act-{name}", {**nothing, **request})

    def merge(self, gone: str, into: str) -> None:
        self.crm.advance()
        self.crm.delete("contacts", gone, merged_into=into)

    def change(self, name: str, **values: str) -> None:
        self.crm.advance()
        self.crm.change("contacts", name, dict(values))

    def sync(self) -> None:
        self.now += HOUR
        self.organisation.sync(self.now)

    def written(self, name: str) -> str:
        return str((self.crm.read("contacts", name) or {}).get("reason_codes"))

    def profiles(self) -> int:
        return int(str(self.organisation.ask("SELECT count(*) FROM profiles")[0][0]))


@pytest.fixture
def merging(tmp_path: Path) -> Merging:
    return Merging(tmp_path / "organisation")


def merged_after_refusal(merging: Merging, **refusal: str) -> Merging:
    """``a`` refuses, then the CRM merges it into ``b``, who never did."""
    merging.add("a", **{**OTHER, **refusal})
    merging.add("b")
    merging.sync()
    merging.merge("a", into="b")
    merging.sync()
    return merging


def test_without_a_merge_the_other_record_is_reached(merging: Merging) -> None:
    merging.add("a", **{**OTHER, "opt_out_all": "true"})
    merging.add("b")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" not in codes(merging, "b")
    assert "CONSENT_NONE_REACHABLE" in codes(merging, "a")


def test_an_opt_out_holds_after_the_merge(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")


def test_the_revival_is_named(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    assert CONSENT in codes(merging, "b")


def test_a_refusal_holds_for_its_channel_alone(merging: Merging) -> None:
    merged_after_refusal(merging, consent_sms="false")
    assert "CONSENT_NONE_REACHABLE" not in merging.written("b")
    assert CONSENT in codes(merging, "b")


def test_it_holds_run_after_run_and_through_changes(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true").sync()
    merging.change("b", zip="02115")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")


def test_a_merge_of_records_that_were_one_person_already(merging: Merging) -> None:
    merged_after_refusal(
        merging,
        opt_out_all="true",
        email=QUALIFIED["email"],
        first_name="Quilla",
        last_name="Readywise",
    )
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")


@pytest.mark.parametrize("order", [("ab", "bc"), ("bc", "ab")])
def test_a_chain_of_merges_passes_the_refusal_on(merging: Merging, order: tuple[str, str]) -> None:
    merging.add("a", **{**OTHER, "opt_out_all": "true"})
    merging.add("b", email="third@example.org", first_name="Torben", last_name="Ash")
    merging.add("c")
    merging.sync()
    for gone, into in order:
        merging.merge(gone, into=into)
        merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("c")
    assert merging.profiles() == 1


def test_a_chain_holds_through_a_record_that_was_never_seen(merging: Merging) -> None:
    merging.add("a", **{**OTHER, "opt_out_all": "true"})
    merging.add("c")
    merging.sync()
    merging.add("b", email="third@example.org", first_name="Torben", last_name="Ash")
    merging.merge("a", into="b")
    merging.merge("b", into="c")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("c")


def test_a_merge_into_a_record_that_comes_later(merging: Merging) -> None:
    merging.add("a", **{**OTHER, "opt_out_all": "true"})
    merging.sync()
    merging.merge("a", into="b")
    merging.sync()
    merging.crm.advance()
    merging.add("b")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")


def test_a_merge_is_still_news_of_a_record_that_a_write_found_missing(merging: Merging) -> None:
    merging.add("a", **{**OTHER, "opt_out_all": "true"})
    merging.add("b")
    merging.crm.script("contacts", "a", WriteOutcome.MISSING)
    merging.sync()
    assert merging.organisation.ask("SELECT is_deleted FROM records WHERE id = 'a'") == [(1,)]
    merging.merge("a", into="b")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")
    assert CONSENT in codes(merging, "b")


def test_a_merge_is_news_once(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    decided = merging.organisation.ask("SELECT count(*) FROM decisions")
    merging.crm.advance()
    merging.crm.delete("contacts", "a", merged_into="b")
    merging.sync()
    assert merging.organisation.ask("SELECT count(*) FROM decisions") == decided


def test_consent_given_after_the_merge_settles_it(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    given_at = (START_AT + timedelta(days=1)).isoformat()
    merging.change("b", consent_at=given_at)
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" not in merging.written("b")
    assert CONSENT not in codes(merging, "b")


def test_an_older_consent_settles_nothing(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    merging.change("b", consent_email="true", updated_at="2026-11-03T00:00:00Z")
    merging.sync()
    assert "CONSENT_NONE_REACHABLE" in merging.written("b")


@pytest.mark.parametrize("stage", ["Disqualified", "Recycled", "Customer", "Sales Qualified"])
def test_a_stage_that_is_lost_in_a_merge_is_named(merging: Merging, stage: str) -> None:
    merged_after_refusal(merging, lifecycle_stage=stage, opt_out_all="true")  # so we leave it alone
    assert STAGE in codes(merging, "b")


def test_a_stage_that_the_merge_kept_is_no_finding(merging: Merging) -> None:
    merging.add("a", **{**OTHER, "lifecycle_stage": "Customer"})
    merging.add("b")
    merging.sync()
    merging.merge("a", into="b")
    merging.change("b", lifecycle_stage="Customer")
    merging.sync()
    assert STAGE not in codes(merging, "b")


def test_a_person_who_sets_the_stage_settles_it(merging: Merging) -> None:
    merged_after_refusal(merging, lifecycle_stage="Disqualified")
    merging.change("b", lifecycle_stage="Nurture")
    merging.sync()
    assert STAGE not in codes(merging, "b")


def test_a_merge_that_revives_nothing_has_no_finding(merging: Merging) -> None:
    merged_after_refusal(merging)
    assert "IDENTITY_MERGE" not in codes(merging, "b")


def test_nothing_personal_is_kept_of_the_lost_record(merging: Merging) -> None:
    merged_after_refusal(merging, opt_out_all="true")
    kept = merging.organisation.ask(
        "SELECT field_values, mapped, written FROM records WHERE id = 'a'"
    )[0]
    assert not any(word in str(kept).casefold() for word in ("other@", "oskar", "elm", "02114"))


def codes(merging: Merging, name: str) -> str:
    """Everything the latest decision of a record says, reasons and findings."""
    body = merging.organisation.ask(
        "SELECT d.body FROM decisions d JOIN records r ON r.profile_id = d.profile_id"
        " WHERE r.id = ? AND r.object_type = 'contacts' ORDER BY d.seq DESC LIMIT 1",
        name,
    )
    return str(body[0][0])
