"""Faults of the catalogue that concern writing to HubSpot, through the real SDK against the twin."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec
import pytest
import urllib3

from connectors.sandbox.hubspot.definitions import Definition, Option
from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.hubspot.tokens import ALL_SCOPES, SANDBOX_TOKEN, Grant
from connectors.sandbox.script import Fault, FaultKind
from tests.support.hubspot_twin import Account, serving_account
from worker.core.records import RawValue, RecordRef, WriteCommand, WriteOutcome, WriteResult
from worker.core.stage_rules import Backward
from worker.errors import FixAccessError, RateLimitedError, UnavailableError
from worker.ports import Connector

UPDATE = "POST */batch/update"
READ = "POST */batch/read"
SECRET = "zaphod@example.org"
NOTHING: Mapping[str, RawValue] = {}
APPLIED, UNCHANGED, REJECTED = WriteOutcome.APPLIED, WriteOutcome.UNCHANGED, WriteOutcome.REJECTED
MISSING, UNKNOWN, CONFLICT = WriteOutcome.MISSING, WriteOutcome.UNKNOWN, WriteOutcome.CONFLICT


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        yield account


def people(crm: Account, amount: int) -> list[str]:
    return [crm.add("contacts", email=f"c{n}@example.org", city="old") for n in range(amount)]


def command(
    name: str,
    record_id: str,
    changes: Mapping[str, RawValue],
    expected: Mapping[str, RawValue] = NOTHING,
) -> WriteCommand:
    ref = RecordRef(system="hubspot", object_type="contacts", id=record_id)
    return WriteCommand(command_id=name, ref=ref, changes=changes, expected=expected)


def move(ids: Sequence[str], city: str = "new") -> list[WriteCommand]:
    return [command(f"w{n}", one, {"city": city}) for n, one in enumerate(ids)]


def push(connector: Connector, commands: Sequence[WriteCommand]) -> list[WriteResult]:
    results = {result.command_id: result for result in connector.push(commands)}
    assert len(results) == len(commands)
    return [results[one.command_id] for one in commands]


def outcomes(crm: Account, commands: Sequence[WriteCommand]) -> list[WriteOutcome]:
    return [result.outcome for result in push(crm.connect(), commands)]


def told(crm: Account, changes: Mapping[str, RawValue], **before: str) -> tuple[str, str | None]:
    """Write to one contact; give the outcome and the code."""
    record_id = crm.add("contacts", **before)
    [result] = push(crm.connect(), [command("w", record_id, changes)])
    return result.outcome.value, result.code


def value(crm: Account, record_id: str, name: str = "city") -> str:
    record = crm.twin.account.find("contacts", record_id)
    assert record is not None
    return record.properties.get(name, "")


def cities(crm: Account, ids: Sequence[str]) -> list[str]:
    return [value(crm, one) for one in ids]


def fault(crm: Account, kind: FaultKind, **more: object) -> None:
    rule = msgspec.convert({"kind": kind, "endpoint": UPDATE, **more}, Fault)
    crm.twin.script.add(rule)


def updates(crm: Account) -> int:
    return sum(n for key, n in crm.counts().items() if "batch/update" in str(key))


def define(crm: Account, name: str, type_: str, *options: str, field_type: str = "text") -> None:
    listed = tuple(Option(label=one, value=one) for one in options)
    made = Definition(name=name, label=name, type=type_, field_type=field_type, options=listed)
    crm.twin.account.definitions.put("contacts", [made])


def test_what_it_can_do(crm: Account) -> None:
    able = crm.connect().capabilities
    assert (able.can_write, able.write_batch, able.has_conditional_write, able.backward_stage) == (
        True, 100, True, Backward.CLEAR_FIRST,
    )  # fmt: skip


def test_f08_a_write_is_seen_at_once_although_the_search_lags_behind() -> None:
    with serving_account(index_lag=timedelta(hours=1)) as crm:
        [one] = people(crm, 1)
        connector = crm.connect()
        push(connector, move([one]))
        ref = RecordRef(system="hubspot", object_type="contacts", id=one)
        assert connector.fetch([ref], fields=["city"])[ref].values == {"city": "new"}
        assert [r.outcome for r in push(connector, move([one]))] == [UNCHANGED]


def test_f42_each_input_is_told_by_its_own_result(crm: Account) -> None:
    ids = people(crm, 4)
    commands = move(ids)
    commands[2] = command("bad", ids[2], {"email": "no address"})
    results = push(crm.connect(), commands)
    assert [r.outcome for r in results] == [APPLIED, APPLIED, REJECTED, APPLIED]
    assert results[2].code == "INVALID_EMAIL"
    assert cities(crm, ids) == ["new", "new", "old", "new"]


def test_f43_what_was_answered_as_complete_and_names_nothing_is_unknown(crm: Account) -> None:
    ids = people(crm, 3)
    fault(crm, FaultKind.EMPTY)
    assert outcomes(crm, move(ids)) == [UNKNOWN] * 3
    assert cities(crm, ids) == ["old"] * 3


def test_f42_an_input_that_failed_inside_hubspot_is_unknown_and_its_neighbours_land(
    crm: Account,
) -> None:
    ids = people(crm, 3)
    fault(crm, FaultKind.SPOIL, inputs=[1])
    assert outcomes(crm, move(ids)) == [APPLIED, UNKNOWN, APPLIED]


def test_f47_a_refused_write_is_sent_once(crm: Account) -> None:
    assert told(crm, {"email": "x"}) == ("rejected", "INVALID_EMAIL")
    assert updates(crm) == 1


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.CUT])
def test_f48_a_write_whose_answer_was_lost_is_unknown_and_not_sent_again(
    crm: Account, kind: FaultKind
) -> None:
    ids = people(crm, 2)
    fault(crm, kind)
    connector = crm.connect()
    assert [r.outcome for r in push(connector, move(ids))] == [UNKNOWN] * 2
    assert updates(crm) == 1
    assert cities(crm, ids) == ["new"] * 2
    assert [r.outcome for r in push(connector, move(ids))] == [UNCHANGED] * 2


def test_f48_after_a_500_nothing_more_of_the_push_is_sent(crm: Account) -> None:
    [one, two] = people(crm, 2)
    fault(crm, FaultKind.STATUS, status=500)
    commands = [*move([one, two]), command("again", one, {"city": "newer"})]
    assert outcomes(crm, commands) == [UNKNOWN] * 3
    assert updates(crm) == 1


def test_f45_a_record_that_is_locked_is_unknown_and_written_by_the_next_push(
    crm: Account,
) -> None:
    ids = people(crm, 2)
    fault(crm, FaultKind.STATUS, status=423)
    connector = crm.connect()
    assert [r.outcome for r in push(connector, move(ids))] == [UNKNOWN] * 2
    assert updates(crm) == 1
    assert [r.outcome for r in push(connector, move(ids))] == [APPLIED] * 2


def test_f49_an_address_that_another_contact_has_is_refused_and_the_other_left_alone(
    crm: Account,
) -> None:
    """Its id is kept for people to look at, in whichever of two ways HubSpot tells it."""
    key = Definition(
        name="key", label="key", type="string", field_type="text", has_unique_value=True
    )
    crm.twin.account.definitions.put("contacts", [key])
    other, mine = (
        crm.add("contacts", email="b@example.org", key="7"),
        crm.add("contacts", city="old"),
    )
    commands = [command("w1", mine, {"email": "b@example.org"}), command("w2", mine, {"key": "7"})]
    found = push(crm.connect(), commands)
    assert [one.code for one in found] == ["CONFLICT", "VALIDATION_ERROR"]
    same = RecordRef(system="hubspot", object_type="contacts", id=other)
    assert [(one.outcome, one.matches) for one in found] == [(REJECTED, (same,))] * 2
    assert value(crm, other, "email") == "b@example.org"


def test_f50_one_bad_row_of_a_hundred_is_isolated(crm: Account) -> None:
    ids = people(crm, 100)
    commands = move(ids)
    commands[37] = command("bad", ids[37], {"email": "x"})
    found = outcomes(crm, commands)
    assert (found.count(APPLIED), found[37]) == (99, REJECTED)


def test_f50_a_batch_that_is_refused_whole_is_halved(crm: Account) -> None:
    ids = people(crm, 8)
    fault(crm, FaultKind.STATUS, status=400)
    assert outcomes(crm, move(ids)) == [APPLIED] * 8
    assert updates(crm) == 3


def test_f50_the_input_for_which_every_batch_is_refused_is_found_by_halving(crm: Account) -> None:
    ids = people(crm, 4)
    # 4 refused, its first 2 refused, the first alone refused; all others pass
    fault(crm, FaultKind.STATUS, status=400, times=3)
    assert outcomes(crm, move(ids)) == [REJECTED, APPLIED, APPLIED, APPLIED]


def test_f51_one_contact_twice_goes_in_two_batches_and_in_order(crm: Account) -> None:
    [one, two] = people(crm, 2)
    commands = [*move([one, two]), command("last", one, {"city": "newest"})]
    assert outcomes(crm, commands) == [APPLIED] * 3
    assert cities(crm, [one, two]) == ["newest", "new"]
    assert updates(crm) == 2


def test_f53_a_value_is_taken_by_its_internal_name_alone(crm: Account) -> None:
    define(crm, "season", "enumeration", "spring", "autumn", field_type="select")
    assert told(crm, {"season": "autumn"}) == ("applied", None)
    assert told(crm, {"season": "winter"}) == ("rejected", "INVALID_OPTION")


def test_f54_several_values_are_joined_by_semicolons(crm: Account) -> None:
    define(crm, "wishes", "enumeration", "x", "y", field_type="checkbox")
    assert told(crm, {"wishes": "x;y"}) == ("applied", None)


def test_f55_a_date_is_a_day_and_an_instant_is_iso(crm: Account) -> None:
    define(crm, "day", "date")
    define(crm, "at", "datetime")
    assert told(crm, {"day": "2026-03-31", "at": "2026-03-31T16:00:00-07:00"}) == ("applied", None)
    assert told(crm, {"day": "2026-03-31T23:00:00Z"}) == ("rejected", "INVALID_DATE")


def test_f56_none_clears_and_what_is_not_named_stays(crm: Account) -> None:
    one = crm.add("contacts", city="old", state="AZ")
    assert outcomes(crm, [command("w", one, {"city": None})]) == [APPLIED]
    assert (value(crm, one), value(crm, one, "state")) == ("", "AZ")


def test_f57_a_stage_that_hubspot_does_not_take_back_is_no_success(crm: Account) -> None:
    assert told(crm, {"lifecyclestage": "lead"}, lifecyclestage="opportunity") == (
        "rejected",
        "WRITE_NOT_TAKEN",
    )


def test_f57_where_another_value_landed_the_record_is_decided_again(crm: Account) -> None:
    changes = {"lifecyclestage": "lead", "city": "new"}
    assert told(crm, changes, lifecyclestage="opportunity") == ("conflict", "WRITE_NOT_TAKEN")


def test_f57_a_cleared_stage_can_be_set_lower_by_the_next_write(crm: Account) -> None:
    one = crm.add("contacts", lifecyclestage="opportunity")
    steps = [
        command("clear", one, {"lifecyclestage": None}),
        command("set", one, {"lifecyclestage": "lead"}),
    ]
    assert outcomes(crm, steps) == [APPLIED, APPLIED]
    assert value(crm, one, "lifecyclestage") == "lead"


def test_f58_an_owner_who_left_is_refused(crm: Account) -> None:
    gone = Owner(id="77", email="gone@example.org", type="PERSON", archived=True)
    put_owner(crm.twin.account.store, gone)
    assert told(crm, {"hubspot_owner_id": "77"}) == ("rejected", "INVALID_OWNER_ID")


def test_f14_a_merged_or_archived_contact_is_missing_and_the_survivor_untouched(
    crm: Account,
) -> None:
    one, two, three = people(crm, 3)
    crm.archive("contacts", three)
    answer = urllib3.request(
        "POST",
        f"{crm.url}/crm/v3/objects/contacts/merge",
        json={"primaryObjectId": one, "objectIdToMerge": two},
        headers={"authorization": f"Bearer {SANDBOX_TOKEN}"},
    )
    survivor = str(answer.json()["id"])
    assert outcomes(crm, move([one, two, three])) == [MISSING] * 3
    assert value(crm, survivor) == "old"


@pytest.mark.parametrize("name", ["hs_email_optout", "hs_email_optout_12", "subscriptions.3"])
def test_f69_consent_is_never_written(crm: Account, name: str) -> None:
    assert told(crm, {name: "false"}) == ("rejected", "READ_ONLY")
    assert updates(crm) == 0


def test_f70_what_failed_tells_no_value(crm: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    [one] = people(crm, 1)
    results = push(crm.connect(), [command("w", one, {"email": f"{SECRET} {SECRET}"})])
    assert results[0].outcome is REJECTED
    assert SECRET not in repr(results) + caplog.text
    assert SANDBOX_TOKEN not in caplog.text


def test_a_limit_that_is_reached_is_told_before_anything_is_written(crm: Account) -> None:
    ids = people(crm, 2)
    fault(crm, FaultKind.STATUS, status=429)
    with pytest.raises(RateLimitedError):
        crm.connect().push(move(ids))
    assert (updates(crm), cities(crm, ids)) == (1, ["old", "old"])


def test_a_limit_in_the_middle_loses_no_result(crm: Account) -> None:
    [one] = people(crm, 1)
    fault(crm, FaultKind.STATUS, status=429, skip=1)
    commands = [*move([one]), command("later", one, {"city": "newer"})]
    assert outcomes(crm, commands) == [APPLIED, UNKNOWN]


def test_a_token_that_may_not_write_is_a_matter_of_access(crm: Account) -> None:
    [one] = people(crm, 1)
    crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {"crm.objects.contacts.write"})
    with pytest.raises(FixAccessError, match=r"crm\.objects\.contacts\.write"):
        crm.connect(access_token="narrow").push(move([one]))


def test_nothing_is_written_when_the_records_cannot_be_read(crm: Account) -> None:
    [one] = people(crm, 1)
    fault(crm, FaultKind.STATUS, status=503, endpoint=READ)
    with pytest.raises(UnavailableError):
        crm.connect().push(move([one]))
    assert value(crm, one) == "old"


def test_an_activity_is_only_read(crm: Account) -> None:
    ref = RecordRef(system="hubspot", object_type="calls", id="1")
    [result] = crm.connect().push([WriteCommand(command_id="w", ref=ref, changes={"a": "b"})])
    assert (result.outcome, result.code) == (REJECTED, "READ_ONLY")


def test_f51_after_an_unsure_write_the_next_of_that_contact_waits(crm: Account) -> None:
    [one, two] = people(crm, 2)
    fault(crm, FaultKind.SPOIL, inputs=[0])
    commands = [
        *move([one, two]),
        command("next", one, {"city": "newest"}),
        command("other", two, {"city": "newest"}),
    ]
    assert outcomes(crm, commands) == [UNKNOWN, APPLIED, UNKNOWN, APPLIED]
    assert cities(crm, [one, two]) == ["old", "newest"]


def test_f57_a_stage_that_could_not_be_cleared_is_not_set(crm: Account) -> None:
    one = crm.add("contacts", lifecyclestage="opportunity")
    fault(crm, FaultKind.STATUS, status=400)
    steps = [
        command("clear", one, {"lifecyclestage": None}, {"lifecyclestage": "opportunity"}),
        command("set", one, {"lifecyclestage": "lead"}, {"lifecyclestage": None}),
    ]
    assert outcomes(crm, steps) == [REJECTED, CONFLICT]
    assert (updates(crm), value(crm, one, "lifecyclestage")) == (1, "opportunity")


def test_f63_the_look_before_a_write_costs_one_call_a_batch(crm: Account) -> None:
    ids = people(crm, 150)
    crm.change("contacts", ids[7], city="by hand")
    commands = [
        command(f"w{n}", one, {"city": "new"}, {"city": "old"}) for n, one in enumerate(ids)
    ]
    connector = crm.connect()
    crm.counts()
    told = [result.outcome for result in push(connector, commands)]
    assert (told[7], told.count(APPLIED), value(crm, ids[7])) == (CONFLICT, 149, "by hand")
    assert sum(crm.counts().values()) == 4
