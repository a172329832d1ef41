"""A sample that two CRMs hold: nobody is lost, and they disagree as such CRMs do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.core.sample_tables import UNTIL, read_table
from worker.sample import SplitSummary, split_sample, write_sample

CRMS = ("hubspot", "salesforce")
NAMES = ("contacts.csv", "activities.csv", "owners.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    folder: Path
    summary: SplitSummary

    def rows(self, crm: str, name: str = "contacts") -> list[dict[str, str]]:
        return read_table(self.folder / crm / f"{name}.csv")

    def pairs(self) -> list[tuple[dict[str, str], dict[str, str]]]:
        """Records of one person that name each other."""
        theirs = {row["contact_id"]: row for row in self.rows("salesforce")}
        by_hubspot = {row["hubspot_id"]: row for row in theirs.values() if row["hubspot_id"]}
        found = []
        for row in self.rows("hubspot"):
            named = row["salesforceleadid"] or row["salesforcecontactid"]
            other = theirs.get(named) or by_hubspot.get(row["contact_id"])
            if other is not None:
                found.append((row, other))
        return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("split")
    write_sample(folder, 2_000, 7, UNTIL)
    return Both(folder=folder, summary=split_sample(folder, 7))


def test_nobody_is_lost_and_most_are_in_hubspot(both: Both) -> None:
    hubspot, salesforce = (len(both.rows(crm)) for crm in CRMS)
    assert both.summary.records == {"hubspot": hubspot, "salesforce": salesforce}
    assert hubspot + salesforce - both.summary.in_both == 2_000
    assert hubspot > salesforce > both.summary.in_both > 400


def test_no_activity_is_lost_and_each_is_of_a_record_that_is_there(both: Both) -> None:
    whole = read_table(both.folder / "activities.csv")
    parts = {crm: both.rows(crm, "activities") for crm in CRMS}
    assert sorted(a["activity_id"] for acts in parts.values() for a in acts) == sorted(
        act["activity_id"] for act in whole
    )
    for crm, acts in parts.items():
        known = {row["contact_id"] for row in both.rows(crm)}
        assert {act["contact_id"] for act in acts} <= known
    assert {"inbound_call", "outbound_call", "meeting_held"} <= {
        act["type"] for act in parts["salesforce"]
    }


def test_most_records_of_one_person_name_each_other(both: Both) -> None:
    pairs = both.pairs()
    assert 0.8 < len(pairs) / both.summary.in_both < 1
    assert all(ours["last_name"] == theirs["last_name"] for ours, theirs in pairs)


def test_the_crms_disagree_about_stage_owner_and_opt_outs(both: Both) -> None:
    pairs = both.pairs()
    for column, least in {"lifecycle_stage": 40, "owner_id": 20, "opt_out_phone": 3}.items():
        assert sum(ours[column] != theirs[column] for ours, theirs in pairs) >= least


def test_some_owners_have_an_account_in_one_crm_alone(both: Both) -> None:
    known = {crm: {row["owner_id"] for row in both.rows(crm, "owners")} for crm in CRMS}
    assert known["hubspot"] ^ known["salesforce"] == {"own-132", "own-152"}
    for crm in CRMS:
        assert {row["owner_id"] for row in both.rows(crm)} - {""} <= known[crm]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    write_sample(tmp_path, 300, 7, UNTIL)
    files = [tmp_path / crm / name for crm in CRMS for name in NAMES]
    split_sample(tmp_path, 7)
    first = [path.read_bytes() for path in files]
    split_sample(tmp_path, 7)
    assert [path.read_bytes() for path in files] == first
