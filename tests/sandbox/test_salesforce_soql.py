"""What a query finds is what plain Python finds, and what cannot be asked is refused by its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.salesforce.columns import custom
from connectors.sandbox.salesforce.fields import stamp_of
from connectors.sandbox.salesforce.ids import full_id, read_id
from connectors.sandbox.salesforce.soql_periods import is_period, span_of
from tests.support.salesforce_asking import NOW, Asking

Row: TypeAlias = dict[str, Any]
Holds: TypeAlias = Callable[[Row], bool]
CITIES = [None, "Boston", "boston", "Lund", "O'Hara \\ %", "a_b"]
SIZES = [None, 0, 1, 20]
STAMPS = [1_793_000_000_000, 1_793_000_001_000, 1_793_900_000_000]


def rows() -> list[Row]:
    """Every mix of a city, a size, an opt-out and a stamp that the tests ask about."""
    return [
        {"City": city, "NumberOfEmployees": size, "DoNotCall": size == 1, "SystemModstamp": stamp}
        for city in CITIES
        for size in SIZES
        for stamp in STAMPS
    ]


@pytest.fixture(scope="module")
def asking() -> Asking:
    """A twin with leads of every sort."""
    asking = Asking()
    org = asking.twin.org
    for number, row in enumerate(rows()):
        fixed = {"LastName": f"L{number}", "Company": "Acme", "OwnerId": org.integration_user}
        org.put_row("Lead", {**fixed, **row, "DoNotCall": int(row["DoNotCall"])})
    return asking


def quoted(text: str) -> str:
    """Write a text as a literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def folded(text: str | None) -> str | None:
    """Fold a text as comparisons do."""
    return None if text is None else text.lower()


def instant(ms: int) -> str:
    """Write an instant as a literal."""
    return stamp_of(ms).replace("+0000", "Z")


def _equality(field: str, value: Any, literal: str) -> st.SearchStrategy[tuple[str, Holds]]:
    def same(row: Row) -> bool:
        held = row[field]
        return folded(held) == folded(value) if isinstance(value, str) else held == value

    return st.sampled_from(
        [
            (f"{field} = {literal}", same),
            (f"{field} != {literal}", lambda row: not same(row)),
            (f"{field} <> {literal}", lambda row: not same(row)),
        ]
    )


def _range(field: str, value: Any, literal: str) -> st.SearchStrategy[tuple[str, Holds]]:
    def held(row: Row) -> Any:
        return folded(row[field]) if isinstance(value, str) else row[field]

    low = folded(value) if isinstance(value, str) else value
    signs: dict[str, Holds] = {
        "<": lambda row: held(row) is not None and held(row) < low,
        "<=": lambda row: held(row) is not None and held(row) <= low,
        ">": lambda row: held(row) is not None and held(row) > low,
        ">=": lambda row: held(row) is not None and held(row) >= low,
    }
    return st.sampled_from([(f"{field} {sign} {literal}", holds) for sign, holds in signs.items()])


def _listing(values: list[str | None]) -> st.SearchStrategy[tuple[str, Holds]]:
    known = {folded(value) for value in values}
    listed = ", ".join("null" if value is None else quoted(value) for value in values)

    def among(row: Row) -> bool:
        return folded(row["City"]) in known

    return st.sampled_from(
        [(f"City IN ({listed})", among), (f"City NOT IN ({listed})", lambda row: not among(row))]
    )


def _prefix(text: str) -> tuple[str, Holds]:
    return (
        f"City LIKE {quoted(text)[:-1]}%'",
        lambda row: row["City"] is not None and row["City"].lower().startswith(text.lower()),
    )


TEXTS = [city for city in CITIES if city]
SIMPLE: st.SearchStrategy[tuple[str, Holds]] = st.one_of(
    st.sampled_from(TEXTS).flatmap(lambda text: _equality("City", text, quoted(text))),
    st.sampled_from(["null", "''"]).flatmap(lambda word: _equality("City", None, word)),
    st.sampled_from(SIZES[1:]).flatmap(lambda n: _equality("NumberOfEmployees", n, str(n))),
    st.sampled_from(SIZES[1:]).flatmap(lambda n: _range("NumberOfEmployees", n, str(n))),
    st.sampled_from(TEXTS).flatmap(lambda text: _range("City", text, quoted(text))),
    st.booleans().flatmap(lambda b: _equality("DoNotCall", b, str(b).lower())),
    st.sampled_from(STAMPS).flatmap(lambda at: _range("SystemModstamp", at, instant(at))),
    st.lists(st.sampled_from(CITIES), min_size=1, max_size=3).flatmap(_listing),
    st.sampled_from(["bo", "O'H", "O'Hara \\\\ ", "lund", "x"]).map(_prefix),
)


def _both(parts: tuple[str, list[tuple[str, Holds]]]) -> tuple[str, Holds]:
    word, given_ = parts
    join = all if word == "AND" else any
    text = f" {word} ".join(f"({one})" for one, _ in given_)
    return text, lambda row: join(holds(row) for _, holds in given_)


CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)).map(
            _both
        ),
        inner.map(lambda one: (f"NOT ({one[0]})", lambda row: not one[1](row))),
    ),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(CONDITIONS)
def test_a_query_finds_what_plain_python_finds(
    asking: Asking, condition: tuple[str, Holds]
) -> None:
    text, holds = condition
    found = [row["LastName"] for row in asking.rows(f"SELECT LastName FROM Lead WHERE {text}")]
    wanted = [f"L{number}" for number, row in enumerate(rows()) if holds(row)]
    assert sorted(found) == sorted(wanted)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["City", "NumberOfEmployees"]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=2,
        unique_by=lambda one: one[0],
    )
)
def test_rows_come_in_the_order_that_was_asked_for(asking: Asking, keys: list) -> None:
    order = ", ".join(
        f"{name} {'DESC' if down else 'ASC'} NULLS {'LAST' if last else 'FIRST'}"
        for name, down, last in keys
    )
    found = asking.rows(f"SELECT City, NumberOfEmployees FROM Lead ORDER BY {order}")
    assert len(found) == len(rows())
    name, down, last = keys[0]
    values = [folded(v) if isinstance(v := row[name], str) else v for row in found]
    filled = [value for value in values if value is not None]
    assert filled == sorted(filled, reverse=down)
    empty = [None] * (len(values) - len(filled))
    assert values == ([*filled, *empty] if last else [*empty, *filled])


def test_a_walk_by_stamp_and_id_finds_every_row_once(asking) -> None:
    seen: list[str] = []
    after = "SystemModstamp >= 1970-01-01T00:00:00Z"
    while True:
        page = asking.query(
            f"SELECT Id, SystemModstamp FROM Lead WHERE {after} ORDER BY SystemModstamp, Id LIMIT 7"
        ).body["records"]
        seen += [row["Id"] for row in page]
        if len(page) < 7:
            break
        at, last = page[-1]["SystemModstamp"].replace("+0000", "Z"), page[-1]["Id"]
        after = f"(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}'))"
    assert len(seen) == len(set(seen)) == len(rows())


def test_a_record_without_the_other_one_stays_and_shows_none() -> None:
    asking = Asking()
    lead = asking.lead(City="\u00c5re")
    [found] = asking.rows("SELECT Id, Individual.HasOptedOutSolicit FROM Lead")
    assert (found["Id"], found["Individual"]) == (lead, None)
    assert asking.rows("SELECT Id FROM Lead WHERE City = '\\u00c5re'")
    asking("DELETE", f"/sobjects/Lead/{lead}")
    assert not asking.rows("SELECT Id FROM Lead")
    assert len(asking.rows("SELECT Id FROM Lead ALL ROWS")) == 1
    owners = "SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Lead)"
    assert not asking.rows(owners)


def test_days_end_where_the_next_begins() -> None:
    asking = Asking()
    days = ("2026-11-01", "2026-11-02", "2026-11-03")
    for day in days:
        asking.twin.org.put_row("Task", {"Subject": day, "ActivityDate": day})
    found = {
        sign: [
            row["Subject"]
            for row in asking.rows(
                f"SELECT Subject FROM Task WHERE ActivityDate {sign} TODAY ORDER BY Subject"
            )
        ]
        for sign in ("=", "<", "<=", ">", ">=", "!=")
    }
    before, today, after = days
    assert found == {
        "=": [today],
        "<": [before],
        "<=": [before, today],
        ">": [after],
        ">=": [today, after],
        "!=": [before, after],
    }


def test_an_object_type_may_be_called_something_shorter(asking) -> None:
    named = asking.rows("SELECT l.Id, l.Owner.Name FROM Lead l WHERE l.City = 'Lund'")
    assert named == asking.rows("SELECT Lead.Id, Owner.Name FROM Lead WHERE City = 'Lund'")
    assert named


def test_multiple_choices_are_asked_for_one_by_one_and_together() -> None:
    asking = Asking()
    field = custom("Topics__c", "multipicklist")
    asking.twin.org.schema.add_fields("Lead", field)
    leads = {topics: asking.lead(Topics__c=topics) for topics in ("a", "a;b", "b;c", None)}
    found = {
        condition: {
            row["Id"] for row in asking.rows(f"SELECT Id FROM Lead WHERE Topics__c {condition}")
        }
        for condition in ("INCLUDES ('a')", "INCLUDES ('A;B', 'c')", "EXCLUDES ('a')")
    }
    assert found == {
        "INCLUDES ('a')": {leads["a"], leads["a;b"]},
        "INCLUDES ('A;B', 'c')": {leads["a;b"], leads["b;c"]},
        "EXCLUDES ('a')": {leads["b;c"], leads[None]},
    }


@pytest.mark.parametrize(
    ("word", "first", "days"),
    [
        ("today", date(2026, 11, 2), 1),
        ("yesterday", date(2026, 11, 1), 1),
        ("last_n_days:3", date(2026, 10, 30), 4),
        ("next_n_days:2", date(2026, 11, 3), 2),
        ("n_days_ago:2", date(2026, 10, 31), 1),
        ("this_week", date(2026, 11, 1), 7),
        ("this_month", date(2026, 11, 1), 30),
        ("last_month", date(2026, 10, 1), 31),
        ("this_quarter", date(2026, 10, 1), 92),
        ("last_year", date(2025, 1, 1), 365),
        ("last_n_months:2", date(2026, 9, 1), 61),
        ("last_90_days", date(2026, 8, 4), 91),
    ],
)
def test_a_word_for_days_means_these(word, first, days) -> None:
    assert is_period(word)
    span = span_of(word, NOW.date())
    assert (span.first, span.last - span.first) == (first, timedelta(days=days))


def test_weeks_begin_on_sundays_and_quarters_in_their_first_month() -> None:
    sunday = date(2026, 11, 1)
    assert span_of("this_week", sunday).first == sunday
    assert span_of("this_quarter", date(2026, 12, 31)).first == date(2026, 10, 1)
    assert span_of("next_quarter", date(2026, 12, 31)).first == date(2027, 1, 1)


def test_words_for_days_compare_stamps(asking) -> None:
    lead = asking.lead(LastName="Today", City="Nowhere")
    where = "City = 'Nowhere' AND CreatedDate"
    found = {
        word: [row["Id"] for row in asking.rows(f"SELECT Id FROM Lead WHERE {where} {word}")]
        for word in (
            "= TODAY",
            "> YESTERDAY",
            "> TODAY",
            "< TODAY",
            "= LAST_N_DAYS:3",
            "!= TODAY",
            ">= TOMORROW",
        )
    }
    assert found == {
        "= TODAY": [lead],
        "> YESTERDAY": [lead],
        "> TODAY": [],
        "< TODAY": [],
        "= LAST_N_DAYS:3": [lead],
        "!= TODAY": [],
        ">= TOMORROW": [],
    }
    asking("DELETE", f"/sobjects/Lead/{lead}")


@given(st.text("0123456789ABCXYZabcxyz", min_size=15, max_size=15))
def test_an_id_of_either_length_is_one_and_survives_the_loss_of_case(short: str) -> None:
    long = full_id(short)
    assert len(long) == 18
    assert read_id(short) == read_id(long) == long
    assert read_id(long.upper()) == long


def test_an_id_has_the_check_that_recorded_ids_have() -> None:
    assert full_id("0014S000007Nxml") == "0014S000007NxmlQAC"
    assert full_id("00Q4S000002sSac") == "00Q4S000002sSacUAE"


def test_texts_compare_without_case_in_every_alphabet() -> None:
    asking = Asking()
    for city in ("Århus", "ÅRHUS", "Aarhus", "Ōsaka"):
        asking.lead(City=city)
    for where, found in {
        "City = 'århus'": 2,
        "City != 'århus'": 2,
        "City IN ('århus', 'aarhus')": 3,
        "City NOT IN ('ōsaka')": 3,
        "City LIKE 'å%'": 2,
        "City LIKE '%ŌS_KA'": 1,
    }.items():
        assert len(asking.rows(f"SELECT Id FROM Lead WHERE {where}")) == found, where


def test_what_like_escapes_stands_for_itself() -> None:
    asking = Asking()
    for city in ("50% off", "50 off", "a_b", "axb", "back\\slash", "back\\%"):
        asking.lead(City=city)
    for pattern, found in {
        "50\\% off": ["50% off"],
        "a\\_b": ["a_b"],
        "a_b": ["a_b", "axb"],
        "back\\\\%": ["back\\slash", "back\\%"],
        "back\\\\\\%": ["back\\%"],
    }.items():
        rows = asking.rows(f"SELECT City FROM Lead WHERE City LIKE '{pattern}' ORDER BY Id")
        assert [row["City"] for row in rows] == found, pattern
    assert len(asking.rows("SELECT Id FROM Lead WHERE City = '50\\% off'")) == 1


def test_a_compound_address_is_shown_and_neither_sorted_by_nor_read_in_bulk() -> None:
    asking = Asking()
    lead, bare = asking.lead(City="Lund", Country="Sweden"), asking.lead()
    text = "SELECT Id, Address FROM Lead"
    shown = {row["Id"]: row["Address"] for row in asking.rows(text)}
    assert shown[bare] is None
    assert {name: value for name, value in shown[lead].items() if value} == {
        "city": "Lund",
        "country": "Sweden",
    }
    assert asking("GET", f"/sobjects/Lead/{lead}").body["Address"] == shown[lead]
    assert asking.query(f"{text} ORDER BY Address").code == "INVALID_FIELD"
    job = asking("POST", "/jobs/query", {"operation": "query", "query": text})
    assert job.code == "FeatureNotEnabled"
