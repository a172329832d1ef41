"""F14: what was merged, archived or deleted for privacy in HubSpot is told, through the twin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import urllib3

from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from tests.support.hubspot_twin import Account, end_of, pull, records_of, serving_account


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        yield account


def post(crm: Account, path: str, body: dict[str, str]) -> dict[str, object]:
    answer = urllib3.request(
        "POST",
        f"{crm.url}/crm/v3/objects/contacts/{path}",
        json=body,
        headers={"authorization": f"Bearer {SANDBOX_TOKEN}"},
        retries=False,
    )
    assert answer.status in (200, 204)
    return answer.json() if answer.data else {}


def merge(crm: Account, primary: str, other: str) -> str:
    return str(post(crm, "merge", {"primaryObjectId": primary, "objectIdToMerge": other})["id"])


def test_f14_a_merge_tells_where_both_went(crm: Account) -> None:
    one, two = crm.add("contacts", email="a@example.org"), crm.add("contacts")
    connector = crm.connect()
    since = end_of(pull(connector, "contacts", ["email"]))
    new = merge(crm, one, two)
    found = records_of(pull(connector, "contacts", ["email"], since))
    assert {key: record.merged_into for key, record in found.items()} == {
        one: new,
        two: new,
        new: None,
    }
    assert found[one].is_deleted
    assert found[new].values == {"email": "a@example.org"}


def test_f14_a_chain_of_merges_ends_at_the_last(crm: Account) -> None:
    one, two, three = (crm.add("contacts", email=f"c{n}@example.org") for n in range(3))
    middle = merge(crm, one, two)
    last = merge(crm, middle, three)
    found = records_of(pull(crm.connect(), "contacts", ["email"]))
    assert {key: found[key].merged_into for key in (one, two, three, middle)} == dict.fromkeys(
        (one, two, three, middle), last
    )


def test_f14_an_id_that_is_named_as_merged_and_still_lives_is_left_alone(crm: Account) -> None:
    alive, swallowing = crm.add("contacts", email="a@example.org"), crm.add("contacts")
    account = crm.twin.account
    record = account.find("contacts", swallowing)
    assert record is not None
    record.properties["hs_calculated_merged_vids"] = f"{alive}:1713702782727"
    account.store.put([record])
    found = records_of(pull(crm.connect(), "contacts", ["email"]))
    assert (found[alive].is_deleted, found[alive].values) == (False, {"email": "a@example.org"})


def test_f14_fetching_an_id_that_was_merged_away_gives_nobody(crm: Account) -> None:
    one, two = crm.add("contacts"), crm.add("contacts")
    connector = crm.connect()
    refs = [record.ref for record in records_of(pull(connector, "contacts", [])).values()]
    merge(crm, one, two)
    assert not connector.fetch(refs, fields=["email"])


def test_an_archived_contact_is_told_once_it_is_in_the_recycle_bin(crm: Account) -> None:
    gone, stays = crm.add("contacts"), crm.add("contacts")
    connector = crm.connect()
    since = end_of(pull(connector, "contacts", ["email"]))
    crm.wait(minutes=10)
    crm.archive("contacts", gone)
    crm.wait(minutes=10)
    found = records_of(pull(connector, "contacts", ["email"], since))
    assert found[gone].is_deleted
    assert (found[gone].values, found[stays].is_deleted) == ({}, False)


def test_a_contact_deleted_for_privacy_is_found_missing_by_a_sweep(crm: Account) -> None:
    forgotten, stays = crm.add("contacts"), crm.add("contacts")
    connector = crm.connect(sweep_days="7")
    since = end_of(pull(connector, "contacts", []))
    post(crm, "gdpr-delete", {"objectId": forgotten})
    crm.wait(days=6)
    before = pull(connector, "contacts", [], since)
    assert not before[-1].is_complete
    crm.wait(days=2)
    swept = pull(connector, "contacts", [], end_of(before))
    assert (swept[-1].is_complete, list(records_of(swept))) == (True, [stays])


def test_a_change_that_the_index_shows_late_is_not_lost() -> None:
    with serving_account(index_lag=timedelta(seconds=40)) as crm:
        one = crm.add("contacts", email="a@example.org")
        crm.wait(minutes=5)
        connector = crm.connect()
        since = end_of(pull(connector, "contacts", ["email"]))
        crm.wait(minutes=5)
        crm.change("contacts", one, email="b@example.org")
        crm.wait(seconds=20)
        early = pull(connector, "contacts", ["email"], since)
        crm.wait(minutes=15)
        late = records_of(pull(connector, "contacts", ["email"], end_of(early)))
        assert late[one].values == {"email": "b@example.org"}


def test_a_pull_of_everything_costs_a_call_per_hundred_contacts(crm: Account) -> None:
    for n in range(250):
        crm.add("contacts", email=f"c{n}@example.org")
    connector = crm.connect()
    since = end_of(pull(connector, "contacts", ["email"]))
    assert sum(crm.counts().values()) == 3
    crm.wait(minutes=30)
    pull(connector, "contacts", ["email"], since)
    assert sum(crm.counts().values()) <= 4  # one or two pages, their end, and the recycle bin


def swallow(crm: Account, swallowing: str, old: str) -> None:
    """Let a contact name an id that was merged into it."""
    account = crm.twin.account
    record = account.find("contacts", swallowing)
    assert record is not None
    record.properties["hs_merged_object_ids"] = old
    account.store.put([record])


def test_ids_that_were_merged_away_are_looked_up_a_hundred_at_a_time(crm: Account) -> None:
    ids = [crm.add("contacts") for _ in range(450)]
    for n, one in enumerate(ids[::3]):
        swallow(crm, one, f"9{n:03}")
    crm.counts()
    pages = pull(crm.connect(), "contacts", [])
    assert sum(crm.counts().values()) == 5 + 2
    gone = {key for key, record in records_of(pages).items() if record.merged_into}
    assert gone == {f"9{n:03}" for n in range(150)}
    assert pages[-1].is_complete


def test_no_bookmark_passes_a_merge_that_is_not_told(crm: Account) -> None:
    ids = [crm.add("contacts") for _ in range(450)]
    for n, one in enumerate(ids[::3]):
        swallow(crm, one, f"9{n:03}")
    connector = crm.connect()
    pages = pull(connector, "contacts", [])
    everything = set(records_of(pages))
    for at, page in enumerate(pages):
        if page.bookmark is not None:
            rest = pull(connector, "contacts", [], page.bookmark)
            assert set(records_of(pages[: at + 1])) | set(records_of(rest)) == everything
    assert sum(page.bookmark is None for page in pages) == 3
