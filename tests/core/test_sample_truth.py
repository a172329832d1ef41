"""What the truth about the sample promises: it is in the rows, and outcomes follow from it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.core.sample_tables import CONTACTS, Sample, luhn_holds, make_sample
from worker.sample.draft import SECOND_RECORDS

SUCCESSES = {
    "appointment_kept",
    "appointment_scheduled",
    "referral_intake_completed",
    "opportunity",
    "meaningful_conversation",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


# The truth


def test_truth_has_one_line_for_each_contact(sample: Sample) -> None:
    assert list(sample.truth) == [row["contact_id"] for row in sample.contacts]


def test_no_contact_id_is_used_twice(sample: Sample) -> None:
    assert len({row["contact_id"] for row in sample.contacts}) == CONTACTS


def test_no_activity_id_is_used_twice(sample: Sample) -> None:
    ids = [row["activity_id"] for row in sample.activities]
    assert len(set(ids)) == len(ids) == sample.summary.activities


def test_every_activity_belongs_to_a_contact(sample: Sample) -> None:
    assert {row["contact_id"] for row in sample.activities} <= set(sample.truth)


def test_ids_are_damaged_exactly_where_the_truth_says_so(sample: Sample) -> None:
    damaged = {row["contact_id"] for row in sample.contacts if not row["contact_id"].isdigit()}
    assert damaged == {row["contact_id"] for row in sample.with_defect("id_damaged")}


CLAIMS = [
    ("email_malformed", lambda row: not re.fullmatch(r"[^@\s,]+@[^@\s,]+", row["email"])),
    ("email_missing", lambda row: not row["email"]),
    ("email_typo_domain", lambda row: row["email"].rpartition("@")[2].startswith(tuple("gyho"))),
    ("phone_missing", lambda row: not row["phone"]),
    ("phone_invalid", lambda row: len(re.sub(r"\D", "", row["phone"])) != 10
                                  or row["phone"].startswith("000")),
    ("name_missing", lambda row: not row["first_name"] and not row["last_name"]),
    ("zip_zero_lost", lambda row: len(row["zip"]) == 4),
    ("zip_missing", lambda row: not row["zip"]),
    ("created_in_future", lambda row: row["created_at"] > "2026-06-01"),
    ("stale", lambda row: row["updated_at"] < "2024-06-01"),
    ("not_now", lambda row: row["not_now"] == "true"),
    ("test_record", lambda row: row["is_test"] == "true"),
    ("opted_out_all", lambda row: row["opt_out_all"] == "true"),
    ("opted_out_email", lambda row: row["opt_out_email"] == "true"),
    ("email_bounced", lambda row: row["email_bounced"] == "true"),
    ("import_without_consent", lambda row: row["channel"] == "list_import"
                                           and not row["consent_email"]),
    ("consent_missing", lambda row: not (row["consent_email"] or row["consent_phone"])),
    ("npi_invalid", lambda row: not luhn_holds(row["npi"]) or len(row["npi"]) != 10),
    ("vocabulary_unknown", lambda row: row["service_line"]
                                       in {"GTXPro", "Aesthetics", "Dental", "Sleep lab"}),
    ("owner_inactive", lambda row: row["owner_id"] in {"own-141", "own-142"}),
    ("wanted_date_past", lambda row: row["wanted_date"] < "2026-06-01"),
    ("lead_type_missing", lambda row: row["lead_type"] in {"", "Select", "N/A", "n/a", "NULL", "-"}),
]  # fmt: skip


@pytest.mark.parametrize(("defect", "holds"), CLAIMS, ids=[name for name, _ in CLAIMS])
def test_a_planted_defect_is_in_the_row(sample: Sample, defect: str, holds: Any) -> None:
    planted = sample.with_defect(defect)
    assert planted
    assert all(holds(row) for row in planted)


def test_second_records_name_a_person_who_has_another(sample: Sample) -> None:
    people = Counter(truth["person_id"] for truth in sample.truth.values())
    second = [t for t in sample.truth.values() if not SECOND_RECORDS.isdisjoint(t["defects"])]
    assert second
    assert all(people[truth["person_id"]] == 2 for truth in second)
    assert sample.summary.people == len(people)


def test_second_records_by_email_differ_in_case_or_blanks_only(sample: Sample) -> None:
    emails = defaultdict(set)
    for row in sample.contacts:
        emails[sample.truth[row["contact_id"]]["person_id"]].add(row["email"].strip().casefold())
    for row in sample.with_defect("duplicate_same_email"):
        assert len(emails[sample.truth[row["contact_id"]]["person_id"]]) == 1


def test_no_two_people_share_both_a_number_and_a_whole_name(sample: Sample) -> None:
    named: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in sample.contacts:
        digits = re.sub(r"\D", "", row["phone"].partition("x")[0])[-10:]
        truth = sample.truth[row["contact_id"]]
        if len(digits) == 10 and not {"name_placeholder", "test_record"} & {*truth["defects"]}:
            named[digits, row["first_name"], row["last_name"]].add(truth["person_id"])
    assert max(len(people) for (*_, name), people in named.items() if name) == 1


def test_whoever_shares_a_number_belongs_to_a_household(sample: Sample) -> None:
    sharing = sample.with_defect("shared_phone")
    assert sharing
    assert all(sample.truth[row["contact_id"]]["household_id"] for row in sharing)


# The shape of the population


def test_pathways_have_their_shares(sample: Sample) -> None:
    shares = {name: count / CONTACTS for name, count in sample.summary.pathways.items()}
    expected = {"patient": 0.70, "referral": 0.15, "b2b": 0.13, "unclear": 0.02}
    assert shares == pytest.approx(expected, abs=0.03)


def test_between_a_seventh_and_a_fifth_took_a_strong_step_lately(sample: Sample) -> None:
    assert 0.14 <= sample.summary.strong_recent / CONTACTS <= 0.21


def test_no_contact_has_more_than_25_activities(sample: Sample) -> None:
    counts = Counter(row["contact_id"] for row in sample.activities)
    assert max(counts.values()) <= 25


def test_all_activities_lie_before_the_end(sample: Sample) -> None:
    assert max(row["occurred_at"] for row in sample.activities) < "2026-06-01"


def test_most_leads_are_early_and_unowned(sample: Sample) -> None:
    early = [r for r in sample.contacts if r["lifecycle_stage"] in {"", "Subscriber", "Lead"}]
    unowned = [r for r in sample.contacts if r["owner_id"] in {"", "own-000"}]
    assert len(early) > 0.8 * CONTACTS
    assert len(unowned) > 0.6 * CONTACTS


def test_stages_of_people_have_an_owner(sample: Sample) -> None:
    stages = {"Sales Qualified", "Opportunity", "Customer", "Recycled"}
    worked = [row for row in sample.contacts if row["lifecycle_stage"] in stages]
    assert worked
    assert all(row["owner_id"] for row in worked)


def test_outcomes_belong_to_stories_of_the_past(sample: Sample) -> None:
    recorded = [row["outcome_at"] for row in sample.contacts if row["outcome"]]
    assert recorded
    assert max(recorded) < "2026-06-01"


def test_outcomes_follow_readiness(sample: Sample) -> None:
    past = [row for row in sample.contacts if "2025-06" < row["received_at"] < "2026-04-15"]
    ready = [r for r in past if sample.truth[r["contact_id"]]["readiness"] > 0.6]
    other = [r for r in past if sample.truth[r["contact_id"]]["readiness"] < 0.3]
    assert success_rate(ready) > 5 * success_rate(other)


def test_a_request_says_more_than_a_guide_download(sample: Sample) -> None:
    past = [row for row in sample.contacts if "2025-06" < row["received_at"] < "2026-04-15"]
    kinds = defaultdict(set)
    for activity in sample.activities:
        kinds[activity["contact_id"]].add(activity["type"])
    asked = [row for row in past if "appointment_request" in kinds[row["contact_id"]]]
    read = [row for row in past if "guide_download" in kinds[row["contact_id"]]]
    assert success_rate(asked) > 2 * success_rate(past)
    assert success_rate(read) < 1.4 * success_rate(past)


def success_rate(rows: list[dict[str, str]]) -> float:
    return sum(row["outcome"] in SUCCESSES for row in rows) / len(rows)
