"""Faults of the catalogue that concern writing to Salesforce, by their numbers, on scripted answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import command, described, field, opened, page
from tests.support.salesforce_pushing import (
    APPLIED,
    CONFLICT,
    MISSING,
    NOTE,
    ORG,
    REJECTED,
    UNCHANGED,
    UNKNOWN,
    bad,
    good,
    lead,
    many,
    moves,
    one,
    outcomes,
    push,
    sent,
    there,
)
from worker.errors import DailyLimitError, FixAccessError, LeadtriageError, RateLimitedError
from worker.ports import ObjectSource


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def test_f44_one_item_fails_inside_of_a_200_and_its_neighbours_land(stub: Stub) -> None:
    many(stub, [good(0), bad("INVALID_EMAIL_ADDRESS"), good(2)],
         there(0, **{NOTE: "new"}), there(2, **{NOTE: "new"}), count=3)  # fmt: skip
    found = push(stub, moves(3))
    assert found == [(APPLIED, None), (REJECTED, "INVALID_EMAIL_ADDRESS"), (APPLIED, None)]
    assert sent(stub)["allOrNone"] is False
    assert stub.asked[2].headers["sforce-auto-assign"] == "FALSE"


def test_f42_results_in_another_order_are_joined_by_id(stub: Stub) -> None:
    many(stub, [good(2), good(0)], there(0, **{NOTE: "new"}), there(2, **{NOTE: "new"}), count=3)
    assert outcomes(stub, moves(3)) == [APPLIED, UNKNOWN, APPLIED]


def test_f42_a_failure_without_id_among_others_out_of_place_is_laid_on_nobody(stub: Stub) -> None:
    many(stub, [good(1), bad("X_Y_Z"), good(0)],
         there(0, **{NOTE: "new"}), there(1, **{NOTE: "new"}), count=3)  # fmt: skip
    assert outcomes(stub, moves(3)) == [APPLIED, APPLIED, UNKNOWN]


@pytest.mark.parametrize("answer", [[], {}, [good(0)]])
def test_f43_what_is_not_told_of_is_unknown(stub: Stub, answer: object) -> None:
    many(stub, answer, there(0, **{NOTE: "new"}))
    found = outcomes(stub, moves(2))
    assert found[1] is UNKNOWN
    assert found[0] is (APPLIED if answer else UNKNOWN)


def test_f45_a_locked_row_is_left_for_later_and_its_next_command_waits(stub: Stub) -> None:
    many(stub, [good(0), bad("UNABLE_TO_LOCK_ROW")], there(0, **{NOTE: "new"}))
    after = command({NOTE: "later"}, name="after", record_id=lead(1))
    assert outcomes(stub, [*moves(2), after]) == [APPLIED, UNKNOWN, UNKNOWN]
    assert len([one for one in stub.asked if one.method == "PATCH"]) == 1


IN_TRIGGER = (
    "LeadTrigger: execution of AfterUpdate caused by: System.DmlException: Update failed. First "
    "exception on row 0; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access: []"
)


def test_f45_a_lock_that_a_trigger_met_is_a_lock(stub: Stub) -> None:
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    many(stub, [bad(code, IN_TRIGGER), bad(code, "LeadTrigger: null")])
    assert push(stub, moves(2)) == [(UNKNOWN, None), (REJECTED, code)]
    stub.say(page(there(0)))
    stub.say([{"errorCode": code, "message": IN_TRIGGER, "fields": []}], 400)
    stub.script.insert(0, Said(body=json.dumps(ORG).encode()))
    assert push(stub, moves(1)) == [(UNKNOWN, None)]


@pytest.mark.parametrize("code", ["ENTITY_IS_LOCKED", "PROCESSING_HALTED"])
def test_f45_a_record_in_approval_or_halted_for_another_is_left_for_later(
    stub: Stub, code: str
) -> None:
    many(stub, [good(0), bad(code)], there(0, **{NOTE: "new"}))
    assert outcomes(stub, moves(2)) == [APPLIED, UNKNOWN]


def test_f45_records_of_one_account_are_sent_side_by_side(stub: Stub) -> None:
    contact = described("Contact", field("AccountId", "reference"), field(NOTE))
    stub.say(contact)
    accounts = ["001B", "001A", "001B", "001A"]
    stub.say(page(*(there(n, AccountId=one) for n, one in enumerate(accounts))))
    stub.say([])
    connector = opened(
        stub,
        FakeTime(),
        retries=False,
        objects=[ObjectSource(object_type="Lead", id_field="Id", options={"reads": "Contact"})],
    )
    connector.push(moves(4))
    assert [one["id"] for one in sent(stub)["records"]] == [lead(1), lead(3), lead(0), lead(2)]


def test_f46_a_converted_lead_is_never_written(stub: Stub) -> None:
    found = one(stub, {NOTE: "x"}, IsConverted=True, ConvertedContactId="0035g00000AbCdEAAV")
    assert found == (REJECTED, "CANNOT_UPDATE_CONVERTED_LEAD")


def test_f46_a_lead_converted_since_we_looked_is_rejected_for_good(stub: Stub) -> None:
    many(stub, [bad("CANNOT_UPDATE_CONVERTED_LEAD"), good(1)], there(1, **{NOTE: "new"}))
    assert push(stub, moves(2))[0] == (REJECTED, "CANNOT_UPDATE_CONVERTED_LEAD")


def test_f48_an_answer_that_is_lost_is_unknown_and_nothing_more_is_sent(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0), there(1)))
    stub.script.append(Said(body=b"[" + b" " * 100, cut=True))
    twice = [*moves(2), command({NOTE: "later"}, name="again", record_id=lead(0))]
    assert outcomes(stub, twice) == [UNKNOWN] * 3
    assert len([one for one in stub.asked if one.method == "PATCH"]) == 1


class Slow(FakeTime):
    """A clock that goes on by eleven seconds with each look."""

    def __call__(self) -> datetime:
        self.sleep(11)
        return self.now


def test_f48_where_nothing_more_is_sent_nothing_more_is_looked_at(stub: Stub) -> None:
    stub.say(ORG)
    for _look in range(2):
        stub.say(page(*(there(n) for n in range(201))))
    stub.script.append(Said(body=b"[" + b" " * 100, cut=True))
    connector = opened(stub, Slow(), retries=False)
    found = {one.outcome for one in connector.push(moves(201))}
    assert (found, len(stub.asked)) == ({UNKNOWN}, 4)


def test_f50_a_batch_refused_as_a_whole_is_halved(stub: Stub) -> None:
    error = [{"errorCode": "JSON_PARSER_ERROR", "message": "x"}]
    many(stub, error, status=400)
    stub.say(error, 400)
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(there(1, **{NOTE: "new"})))
    assert push(stub, moves(2)) == [(REJECTED, "JSON_PARSER_ERROR"), (APPLIED, None)]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("status", "code"),
    [(302, ""), (500, "UNKNOWN_EXCEPTION"), (500, ""), (400, "UNABLE_TO_LOCK_ROW")],
)
def test_f48_what_may_have_landed_or_passes_is_unknown_and_not_halved(
    stub: Stub, status: int, code: str, count: int
) -> None:
    many(stub, [{"errorCode": code, "message": "x"}], status=status, count=count)
    assert push(stub, moves(count)) == [(UNKNOWN, None)] * count
    assert len([one for one in stub.asked if one.method == "PATCH"]) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, FixAccessError), (429, RateLimitedError)])
def test_f39_nothing_is_told_of_records_where_we_are_refused_before_the_first_write(
    stub: Stub, status: int, kind: type[LeadtriageError]
) -> None:
    many(stub, [], status=status)
    with pytest.raises(kind):
        push(stub, moves(2))


def test_f51_one_record_twice_goes_in_two_calls_in_order(stub: Stub) -> None:
    commands = [*moves(2), command({NOTE: "third"}, name="w3", record_id=lead(0)[:15])]
    many(stub, [good(0), good(1)], there(0, **{NOTE: "new"}), there(1, **{NOTE: "new"}))
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(there(0, **{NOTE: "third"})))
    assert outcomes(stub, commands) == [APPLIED] * 3
    bodies = [json.loads(one.body) for one in stub.asked if one.method == "PATCH"]
    assert [len(bodies[0]["records"]), bodies[1]] == [2, {NOTE: "third"}]
    assert stub.asked[1].query["q"][0].count(lead(0)) == 1


def test_f58_an_owner_who_left_is_refused_with_its_code(stub: Stub) -> None:
    other = {**good(1), "id": lead(1)[:15]}
    many(stub, [bad("INACTIVE_OWNER_OR_USER"), other], there(1, **{NOTE: "new"}))
    assert push(stub, moves(2))[0] == (REJECTED, "INACTIVE_OWNER_OR_USER")


def test_f49_a_value_that_another_record_has_is_refused_and_the_other_left_alone(
    stub: Stub,
) -> None:
    """Of the sentence the other's id is kept, and nothing is written there."""
    says = f"duplicate value found: Key__c duplicates value on record with id: {lead(7)[:15]}"
    many(stub, [bad("DUPLICATE_VALUE", says), good(1)], there(1, **{NOTE: "new"}))
    refused, landed = opened(stub, FakeTime(), retries=False).push(moves(2))
    assert (refused.outcome, refused.code, landed.outcome) == (REJECTED, "DUPLICATE_VALUE", APPLIED)
    assert [ref.id for ref in refused.matches] == [lead(7)]
    assert {one["id"] for one in sent(stub)["records"]} == {lead(0), lead(1)}


@pytest.mark.parametrize("told", [{"matchResults": [{"matchRecords": None}]}, "You may know them"])
def test_f60_the_orgs_own_duplicate_rule_stands_in_whatever_words(stub: Stub, told: object) -> None:
    many(stub, [bad("DUPLICATES_DETECTED"), good(1)])
    stub.say([{"errorCode": "DUPLICATES_DETECTED", "message": "?", "duplicateResult": told}], 400)
    stub.say(page(there(1, **{NOTE: "new"})))
    assert push(stub, moves(2)) == [(REJECTED, "DUPLICATES_DETECTED"), (APPLIED, None)]
    assert not [one for one in stub.asked if "sforce-duplicate-rule-header" in one.headers]


def test_f63_what_a_person_changed_meanwhile_is_a_conflict_and_not_sent(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0, **{NOTE: "theirs"})))
    found = push(stub, [command({NOTE: "ours"}, {NOTE: "before"}, record_id=lead(0))])
    assert found == [(CONFLICT, "WRITE_CONFLICT")]
    assert len(stub.asked) == 2


def test_f63_a_single_record_is_sent_on_the_condition_that_nobody_changed_it(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0)))
    stub.script.append(Said(status=412, body=b""))
    assert push(stub, moves(1)) == [(CONFLICT, "WRITE_CONFLICT")]
    assert stub.asked[-1].headers["if-unmodified-since"] == "Sun, 01 Mar 2026 10:00:00 GMT"


def test_what_stands_already_is_not_sent(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0, **{NOTE: "new"})))
    assert outcomes(stub, moves(1)) == [UNCHANGED]


def test_f32_what_is_gone_is_missing_whether_before_or_meanwhile(stub: Stub) -> None:
    many(stub, [good(0), bad("ENTITY_IS_DELETED")], there(0, **{NOTE: "new"}))
    gone = command({NOTE: "new"}, name="gone", record_id=lead(9))
    assert outcomes(stub, [*moves(2), gone]) == [APPLIED, MISSING, MISSING]


def test_f57_a_write_that_the_org_takes_in_part_is_read_and_decided_again(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0), there(1)))
    stub.say([good(0), good(1)])
    stub.say(page(there(0, **{NOTE: "new"})))  # and the other was deleted by a flow
    changes = {NOTE: "new", "Leadtriage_Score__c": "73"}
    both = [command(changes, name=f"w{n}", record_id=lead(n)) for n in range(2)]
    assert push(stub, both) == [(CONFLICT, "WRITE_NOT_TAKEN"), (MISSING, None)]


def test_f57_a_write_that_the_org_puts_back_is_no_success(stub: Stub) -> None:
    many(stub, [good(0), good(1)], there(0), there(1, **{NOTE: "a flow's"}))
    assert push(stub, moves(2)) == [
        (REJECTED, "WRITE_NOT_TAKEN"),
        (CONFLICT, "WRITE_NOT_TAKEN"),
    ]


def test_f39_a_limit_before_the_first_write_is_an_error_and_later_leaves_the_rest(
    stub: Stub,
) -> None:
    limit = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    many(stub, limit, status=403)
    with pytest.raises(DailyLimitError):
        push(stub, moves(2))
    stub.script.clear()
    again = [*moves(2), command({NOTE: "third"}, name="w3", record_id=lead(0))]
    many(stub, [good(0), good(1)], there(0, **{NOTE: "new"}), there(1, **{NOTE: "new"}))
    stub.say(limit, 403)
    assert outcomes(stub, again) == [APPLIED, APPLIED, UNKNOWN]


def test_a_permission_that_lacks_is_an_error_before_anything_was_written(stub: Stub) -> None:
    many(stub, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "x"}], status=403)
    with pytest.raises(FixAccessError, match="API_DISABLED_FOR_ORG"):
        push(stub, moves(2))


@pytest.mark.parametrize(
    "code",
    ["INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"],
)
def test_a_record_alone_that_we_may_not_write_stops_nobody_else(stub: Stub, code: str) -> None:
    """Refused over HTTP as we ourselves would be, where many say the same in their own results."""
    stub.say(ORG)
    stub.say(page(there(0)))
    stub.say([{"errorCode": code, "message": "x"}], 403)
    assert push(stub, moves(1)) == [(REJECTED, code)]


def test_f70_no_result_carries_a_value(stub: Stub) -> None:
    many(stub, [bad("zaphod@example.org"), bad("FIELD_CUSTOM_VALIDATION_EXCEPTION")])
    found = push(stub, moves(2))
    assert found == [(REJECTED, None), (REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")]


def test_another_object_is_only_read(stub: Stub) -> None:
    connector = opened(
        stub, FakeTime(), objects=[ObjectSource(object_type="Lead", id_field="Id",
                                                options={"reads": "Task"})]
    )  # fmt: skip
    [result] = connector.push(moves(1))
    assert (result.outcome, result.code, len(stub.asked)) == (REJECTED, "READ_ONLY", 0)
