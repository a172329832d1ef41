"""What every connector promises about reading, run against every harness.

Clauses follow the connector contract in the design; those on writing are in
``test_contract_writing.py``.
"""

from __future__ import annotations

import pytest

from tests.contract.asking import bookmark_of, fetched, live, named, pages_of, ref_of, seeded
from tests.contract.harness import EMAIL, FIELDS, NOTE, STAGE, DeletionNews, Harness
from worker.core.records import Owner, OwnerKind, RecordRef

# Reading.


def test_a_first_pull_gives_every_record(crm: Harness) -> None:
    ids = seeded(crm)
    assert sorted(live(pages_of(crm, crm.open()))) == sorted(ids)


def test_records_of_one_instant_are_not_lost_at_the_edge_of_a_page(crm: Harness) -> None:
    ids = seeded(crm, crm.traits.many)
    pages = pages_of(crm, crm.open())
    assert len(pages) > 1
    assert sorted(live(pages)) == sorted(ids)


def test_resuming_from_any_bookmark_gives_all_that_came_after_its_page(crm: Harness) -> None:
    ids = set(seeded(crm, crm.traits.many))
    pages = pages_of(crm, crm.open())
    for at, page in enumerate(pages):
        if page.bookmark is not None:
            again = live(pages_of(crm, crm.open(), since=page.bookmark))
            assert ids <= set(live(pages[: at + 1])) | set(again)


def test_a_pull_gives_a_bookmark_by_its_end(crm: Harness) -> None:
    seeded(crm)
    assert pages_of(crm, crm.open())[-1].bookmark


def test_a_change_in_the_instant_of_the_bookmark_is_seen(crm: Harness) -> None:
    ids = seeded(crm)
    since = bookmark_of(pages_of(crm, crm.open()))
    crm.change(ids[1], named(crm, {STAGE: "mql"}))
    again = live(pages_of(crm, crm.open(), since=since))
    assert again[ids[1]].values[crm.field(STAGE)] == "mql"


def test_a_record_added_after_the_bookmark_is_seen(crm: Harness) -> None:
    seeded(crm)
    since = bookmark_of(pages_of(crm, crm.open()))
    [new] = crm.add({"2000": named(crm, {EMAIL: "new@example.org", STAGE: "lead"})})
    assert new in live(pages_of(crm, crm.open(), since=since))


def test_a_pull_given_up_early_costs_nothing(crm: Harness) -> None:
    ids = seeded(crm, crm.traits.many)
    connector = crm.open()
    next(connector.pull(crm.object_type, fields=[crm.field(EMAIL)], since=None))
    assert sorted(live(pages_of(crm, connector))) == sorted(ids)


def test_an_unknown_bookmark_of_another_time_never_loses_a_change(crm: Harness) -> None:
    ids = seeded(crm)
    old = bookmark_of(pages_of(crm, crm.open()))
    for stage in ("nurture", "mql"):
        crm.change(ids[0], named(crm, {STAGE: stage}))
        list(pages_of(crm, crm.open()))
    assert live(pages_of(crm, crm.open(), since=old))[ids[0]].values[crm.field(STAGE)] == "mql"


def test_only_requested_fields_are_read(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    pages = pages_of(crm, crm.open(), fields=[STAGE])
    assert live(pages)[one].values == named(crm, {STAGE: "lead"})


def test_an_empty_field_is_none(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    assert live(pages_of(crm, crm.open()))[one].values[crm.field(NOTE)] is None


def test_a_field_that_cannot_be_seen_is_absent_and_not_empty(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    crm.hide(NOTE)
    record = live(pages_of(crm, crm.open()))[one]
    assert set(record.values) == {crm.field(EMAIL), crm.field(STAGE)}


def test_ids_are_exact_text(crm: Harness) -> None:
    if not crm.traits.keeps_given_ids:
        pytest.skip("this CRM assigns its own ids")
    ids = ["007", "446642248919", "12345678901234567890", "00Q5g00000AbCdE", "00Q5g00000aBcDe"]
    crm.add({one: named(crm, {EMAIL: "x@example.org"}) for one in ids})
    assert sorted(live(pages_of(crm, crm.open()))) == sorted(ids)


@pytest.mark.parametrize(
    "text", ["+1 555 0100", "=1+1", 'a "b", c', "two\nlines", "Łódź 🏥", "Null"]
)
def test_values_are_exact_text(crm: Harness, text: str) -> None:
    [one] = crm.add({"1": named(crm, {NOTE: text, EMAIL: "x@example.org"})})
    assert live(pages_of(crm, crm.open()))[one].values[crm.field(NOTE)] == text


def test_records_name_their_system_and_object_type(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    assert live(pages_of(crm, connector))[one].ref == ref_of(crm, connector, one)


# Deletions.


def test_a_deletion_is_told_by_a_tombstone_or_a_complete_pull(crm: Harness) -> None:
    ids = seeded(crm)
    since = bookmark_of(pages_of(crm, crm.open()))
    crm.delete(ids[0])
    pages = pages_of(crm, crm.open(), since=since)
    match crm.traits.deletions:
        case DeletionNews.TOMBSTONE:
            assert ids[0] in {r.ref.id for page in pages for r in page.records if r.is_deleted}
        case DeletionNews.SNAPSHOT:
            assert (pages[-1].is_complete, sorted(live(pages))) == (True, sorted(ids[1:]))
        case DeletionNews.SWEEP_ONLY:
            pages = pages_of(crm, crm.open())
            assert (pages[-1].is_complete, sorted(live(pages))) == (True, sorted(ids[1:]))


def test_a_pull_that_claims_to_be_complete_has_every_live_record(crm: Harness) -> None:
    ids = seeded(crm)
    since = bookmark_of(pages_of(crm, crm.open()))
    for pages in (pages_of(crm, crm.open()), pages_of(crm, crm.open(), since=since)):
        assert not pages[-1].is_complete or sorted(live(pages)) == sorted(ids)


def test_only_the_last_page_claims_to_be_complete(crm: Harness) -> None:
    seeded(crm, crm.traits.many)
    assert not any(page.is_complete for page in pages_of(crm, crm.open())[:-1])


def test_a_deleted_record_is_not_given_as_live(crm: Harness) -> None:
    ids = seeded(crm)
    crm.delete(ids[0])
    assert sorted(live(pages_of(crm, crm.open()))) == sorted(ids[1:])


# Fetching.


def test_fetch_gives_the_record_as_it_is_now(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    list(pages_of(crm, connector))
    crm.change(ids[0], named(crm, {STAGE: "mql"}))
    record = fetched(crm, connector, ids[0], [STAGE])
    assert record is not None
    assert record.values == named(crm, {STAGE: "mql"})


def test_fetch_leaves_out_what_does_not_exist(crm: Harness) -> None:
    ids = seeded(crm)
    crm.delete(ids[0])
    connector = crm.open()
    refs = [ref_of(crm, connector, one) for one in (*ids, "999999999")]
    found = connector.fetch(refs, fields=[crm.field(STAGE)])
    assert sorted(ref.id for ref in found) == sorted(ids[1:])


def test_fetch_leaves_out_records_of_another_system(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    ref = RecordRef(system="elsewhere", object_type=crm.object_type, id=one)
    assert not crm.open().fetch([ref], fields=[crm.field(STAGE)])


def test_fetching_nothing_gives_nothing(crm: Harness) -> None:
    seeded(crm)
    assert not crm.open().fetch([], fields=[crm.field(STAGE)])


def test_fetch_and_pull_agree_on_record_and_revision(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    assert fetched(crm, connector, one) == live(pages_of(crm, connector))[one]


def test_the_revision_changes_with_the_content(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    before = fetched(crm, connector, one)
    crm.change(one, named(crm, {STAGE: "mql"}))
    after = fetched(crm, connector, one)
    assert before is not None
    assert after is not None
    assert before.revision != after.revision


def test_the_revision_stays_when_another_record_changes(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    before = fetched(crm, connector, ids[0])
    crm.change(ids[1], named(crm, {STAGE: "mql"}))
    assert fetched(crm, connector, ids[0]) == before


# What the CRM has.


def test_describe_lists_the_fields(crm: Harness) -> None:
    seeded(crm)
    described = crm.open().describe(crm.object_type)
    assert {crm.field(name) for name in FIELDS} <= {field.name for field in described.fields}


def test_describe_leaves_out_what_cannot_be_seen(crm: Harness) -> None:
    seeded(crm)
    crm.hide(NOTE)
    described = crm.open().describe(crm.object_type)
    assert crm.field(NOTE) not in {field.name for field in described.fields}


def test_owners_include_the_inactive_and_the_queues(crm: Harness) -> None:
    owners = [
        Owner(id="70", email="kim@example.org"),
        Owner(id="71", email="gone@example.org", is_active=False),
        Owner(id="72", kind=OwnerKind.QUEUE),
    ]
    crm.add_owners(owners)
    found = {(o.email, o.is_active, o.kind) for o in crm.open().owners()}
    assert {(o.email, o.is_active, o.kind) for o in owners} <= found


def test_check_finds_nothing_wrong_with_a_sound_crm(crm: Harness) -> None:
    seeded(crm)
    assert not crm.open().check()


def test_check_changes_nothing(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    before = fetched(crm, connector, one)
    connector.check()
    assert fetched(crm, connector, one) == before


def test_closing_twice_is_harmless(crm: Harness) -> None:
    connector = crm.open()
    connector.close()
    connector.close()
