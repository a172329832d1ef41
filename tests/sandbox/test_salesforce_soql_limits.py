"""What cannot be asked of the twin in SOQL is refused by its code, and what just can is answered."""

from __future__ import annotations

import pytest

from tests.support.salesforce_asking import Asking


@pytest.fixture(scope="module")
def asking() -> Asking:
    """A twin without records: what is asked counts here, not what is found."""
    return Asking()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'a' AND NOT City = 'b'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'a", "MALFORMED_QUERY"),
        (f"SELECT Id FROM Lead WHERE City = '{'x' * 4_001}'", "MALFORMED_QUERY"),
        ("SELECT (SELECT Id FROM Tasks) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT TYPEOF Who WHEN Lead THEN Id END FROM Task", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE City = 3", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE DoNotCall = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Lead WHERE DoNotCall > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FIELDS(SOME) FROM Lead LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 201", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE NumberOfEmployees LIKE '2%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Lead WHERE DoNotCall < TODAY", "INVALID_QUERY_FILTER_OPERATOR"),
        (f"SELECT Id FROM Lead WHERE {'(' * 51}City = 'a'{')' * 51}", "QUERY_TOO_COMPLICATED"),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task WHERE Id IN (SELECT Id FROM Task))",
            "MALFORMED_QUERY",
        ),
        (
            f"SELECT Id FROM Lead WHERE {' AND '.join(['OwnerId IN (SELECT Id FROM User)'] * 3)}",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id, Lead.Id FROM Lead", "MALFORMED_QUERY"),
        ("SELECT MAX(CreatedDate) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT City FROM Lead GROUP BY City HAVING COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead USING SCOPE mine", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:99999999", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT CreatedBy.Manager.Manager.Manager.Manager.Manager.Id FROM Lead", "INVALID_FIELD"),
        (
            "SELECT Id FROM Lead WHERE " + " OR ".join(["DoNotCall = true"] * 501),
            "QUERY_TOO_COMPLICATED",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_code(asking, text, code) -> None:
    reply = asking.query(text)
    assert (reply.status, reply.code) == (400, code)


def test_a_query_of_more_than_a_hundred_thousand_characters_is_too_long(asking) -> None:
    text = f"SELECT Id FROM Lead WHERE City IN ({', '.join(['%r' % ('x' * 50)] * 2_000)})"
    part = {"method": "GET", "referenceId": "a", "url": f"/services/data/v66.0/query?q={text}"}
    found = asking("POST", "/composite", {"compositeRequest": [part]}).body["compositeResponse"][0]
    assert found["httpStatusCode"] == 400
    assert found["body"][0]["errorCode"] == "QUERY_TOO_COMPLICATED"


def test_a_query_follows_no_more_than_55_relationships(asking) -> None:
    ways = ["CreatedBy"]
    for way in ways:
        if len(ways) < 56:
            ways += [f"{way}.{to}" for to in ("CreatedBy", "LastModifiedBy", "Manager")]
    few, many = (", ".join(f"{way}.Id" for way in ways[:count]) for count in (55, 56))
    assert asking.query(f"SELECT {few} FROM Lead").status == 200
    assert asking.query(f"SELECT {many} FROM Lead").code == "QUERY_TOO_COMPLICATED"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT CreatedBy.Manager.Manager.Manager.Manager.Id FROM Lead",
        "SELECT Id FROM Lead OFFSET 2000",
        "SELECT FIELDS(ALL) FROM Lead LIMIT 200",
        f"SELECT Id FROM Lead WHERE {'(' * 49}City = 'a'{')' * 49}",
        f"SELECT Id FROM Lead WHERE {' OR '.join(['(DoNotCall = true)'] * 60)}",
        f"SELECT Id FROM Lead WHERE {' AND '.join(['OwnerId IN (SELECT Id FROM User)'] * 2)}",
    ],
)
def test_what_is_just_within_a_limit_is_answered(asking, text) -> None:
    assert asking.query(text).status == 200


def test_what_the_twin_does_not_serve_is_said_so(asking) -> None:
    for word in ("toLabel(Status)", "MAX(CreatedDate)"):
        told = asking.query(f"SELECT {word} FROM Lead").body[0]["message"]
        assert told.endswith(f"{word.partition('(')[0]} is not served by the twin")
