"""Managed values in the CRM's own form, and which texts say the same."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from worker.core.field_map import FieldWrite, Managed, WriteForm
from worker.core.written_form import Written, differs, is_same, split_words, write_out

CODES = "INTENT_DEMO;FIT_SIZE;CHANNEL_KNOWN"


def reasons(form: WriteForm | None = None, **options: int) -> FieldWrite:
    return FieldWrite(managed=Managed.REASONS, target="codes", form=form, **options)


def due(form: WriteForm | None = None) -> FieldWrite:
    zone = ZoneInfo("America/New_York")
    return FieldWrite(managed=Managed.NEXT_STEP_DUE, target="due", form=form, time_zone=zone)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (reasons(), "INTENT_DEMO;FIT_SIZE;CHANNEL_KNOWN"),
        (reasons(max_items=2), "INTENT_DEMO;FIT_SIZE"),
        (reasons(max_length=20), "INTENT_DEMO;FIT_SIZE"),
        (reasons(max_length=19), "INTENT_DEMO"),
        (reasons(max_length=5), ""),
        (reasons(WriteForm.JSON, max_items=2), '["INTENT_DEMO","FIT_SIZE"]'),
        (reasons(WriteForm.JSON, max_length=25), '["INTENT_DEMO"]'),
    ],
)
def test_a_list_is_cut_behind_a_code_and_never_in_one(write: FieldWrite, text: str) -> None:
    assert write_out(write, CODES) == Written(text)


def test_a_code_that_the_crm_does_not_list_is_left_out_and_named() -> None:
    options = frozenset({"INTENT_DEMO", "CHANNEL_KNOWN"})
    found = write_out(reasons(WriteForm.LIST), CODES, options)
    assert found == Written("INTENT_DEMO;CHANNEL_KNOWN", ("FIT_SIZE",))


def test_a_stage_that_the_crm_does_not_list_is_not_written() -> None:
    write = FieldWrite(managed=Managed.STAGE, target="stage", values={"mql": "Marketing"})
    assert write_out(write, "mql", frozenset({"Lead"})) == Written(None, ("Marketing",))


@pytest.mark.parametrize("options", [None, frozenset({"Marketing"})])
def test_a_stage_is_written_in_the_word_that_the_map_has_for_it(
    options: frozenset[str] | None,
) -> None:
    write = FieldWrite(managed=Managed.STAGE, target="stage", values={"mql": "Marketing"})
    assert write_out(write, "mql", options) == Written("Marketing")
    assert write_out(write, "lead", options) == Written(None)
    assert write_out(replace(write, max_length=9), "lead", options) == Written(None)


def test_a_text_is_cut_behind_a_word_where_there_is_no_room_for_it() -> None:
    write = FieldWrite(managed=Managed.SUMMARY, target="summary")
    assert write_out(write, "Asked for a visit") == Written("Asked for a visit")
    short = write_out(replace(write, max_length=12), "Asked for a visit").text
    assert short is not None
    assert "Asked for a visit".startswith(short.rstrip("…").rstrip())
    assert len(short) <= 12


def test_words_of_a_list_are_those_of_the_map_and_others_are_left_out() -> None:
    write = replace(reasons(WriteForm.JSON), values={"INTENT_DEMO": "Vorführung"})
    assert write_out(write, CODES) == Written('["Vorführung"]')
    assert write_out(replace(write, form=None), CODES) == Written("Vorführung")


@pytest.mark.parametrize("write", [reasons(), reasons(WriteForm.JSON), due()])
def test_nothing_empties_a_field(write: FieldWrite) -> None:
    assert write_out(write, "") == Written("")
    assert write_out(replace(reasons(WriteForm.JSON), max_length=3), CODES) == Written("")


def test_a_day_is_that_of_the_zone() -> None:
    """At 2 in the morning in London it is still the evening before in New York."""
    at = "2026-05-05T02:00:00+00:00"
    assert write_out(due(), at) == Written(at)
    assert write_out(due(WriteForm.DATE), at) == Written("2026-05-04")


@pytest.mark.parametrize(
    ("write", "one", "other", "same"),
    [
        (due(), "2026-05-05T02:00:00+00:00", "2026-05-05T02:00:00.000Z", True),
        (due(), "2026-05-05T02:00:00+00:00", "2026-05-04T22:00:00-04:00", True),
        (due(), "2026-05-05T02:00:00+00:00", "2026-05-05T03:00:00Z", False),
        (due(), "by hand", "2026-05-05T03:00:00Z", False),
        (due(), "by hand", "soon", False),
        (due(), "by hand", "by hand", True),
        (due(), "", None, True),
        (due(WriteForm.DATE), "2026-05-04", "2026-05-04T00:00:00Z", True),
        (reasons(), "A;B", "A; B", True),
        (reasons(), "A;B", "B;A", False),
        (reasons(WriteForm.LIST), "A;B", "B;A", True),
        (reasons(WriteForm.LIST), "A;B", "A", False),
        (reasons(WriteForm.JSON), '["A","B"]', '["A", "B"]', True),
        (reasons(WriteForm.JSON), '["A","B"]', "A and B", False),
        (FieldWrite(managed=Managed.SCORE_FIT, target="s"), "37", "37.0", True),
        (FieldWrite(managed=Managed.SCORE_FIT, target="s"), "37", "38", False),
        (
            FieldWrite(managed=Managed.OWNER, target="o"),
            "005Rt000001aBcD",
            "005Rt000001aBcDIAU",
            True,
        ),
        (
            FieldWrite(managed=Managed.OWNER, target="o"),
            "005Rt000001abcd",
            "005Rt000001aBcDIAU",
            False,
        ),
        (FieldWrite(managed=Managed.SUMMARY, target="s"), "a\nb", "a\r\nb ", True),
        (FieldWrite(managed=Managed.SUMMARY, target="s"), "a b", "a\nb", False),
        (FieldWrite(managed=Managed.SUMMARY, target="s"), "", None, True),
        (FieldWrite(managed=Managed.SUMMARY, target="s"), "", "a", False),
    ],
)
def test_another_form_is_no_difference(
    write: FieldWrite, one: str | None, other: str | None, same: bool
) -> None:
    assert is_same(write, one, other) is same
    assert is_same(write, other, one) is same
    assert differs(write, {write.target: one}, {write.target: other}) is not same
    assert not differs(write, {write.target: one}, {})
    assert not differs(write, {}, {write.target: other})


def test_a_list_is_taken_apart_as_its_crm_shows_it() -> None:
    assert split_words(reasons(), "A; ;B;") == ["A", "B"]
    assert split_words(replace(reasons(), separator=" "), "A B") == ["A", "B"]
    assert split_words(replace(reasons(), separator=", "), "A,B") == ["A", "B"]
    as_json = reasons(WriteForm.JSON)
    assert split_words(as_json, '["A", 1]') == ["A", "1"]
    assert split_words(as_json, "") == []
    assert split_words(as_json, '{"A": 1}') == ['{"A": 1}']
    assert split_words(as_json, "A and B") == ["A and B"]
