"""The twin's answers have the shapes of recorded answers of HubSpot itself, where those are at hand."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.limits import Limits
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN, Grant

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "recorded" / "hubspot.jsonl"
OBJECTS = re.compile(r"/crm/v3/objects/(CONTACT|COMPANY)/(search|batch/\w+)")
LIMIT_HEADERS = re.compile(r"x-hubspot-ratelimit-(daily|max|remaining|interval)")

pytestmark = pytest.mark.skipif(
    not RECORDED.exists(), reason="the recorded exchanges are not beside the project"
)


def exchanges(verb: str, status: int) -> list[dict]:
    """The recorded exchanges with contacts or companies of one verb and status."""
    found = []
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        match = OBJECTS.fullmatch(one["request"]["path"])
        if match and match[2] == verb and one["response"]["status"] == status:
            found.append(one)
    assert found, "the file holds other exchanges than it did"
    return found


def limit_headers(headers) -> set[str]:
    """The rate-limit headers, without the deprecated ones of the second."""
    return {name.lower() for name in headers if LIMIT_HEADERS.match(name.lower())}


def define(twin, exchange: dict) -> None:
    """Give the account the properties that a recorded request names."""
    kind = "contacts" if "CONTACT" in exchange["request"]["path"] else "companies"
    names = set(re.findall(r'"propertyName": "(\w+)"', json.dumps(exchange["request"]["body"])))
    for one in exchange["request"]["body"].get("inputs", ()):
        names |= set(one.get("properties", ()))
    names |= set(exchange["request"]["body"].get("properties", ()))
    known = twin.account.definitions.of(kind)
    with twin.lock:
        twin.account.definitions.put(
            kind, [Definition(name=name, label=name) for name in sorted(names - known.keys())]
        )


def again(web, twin, exchange: dict):
    """Ask the twin what HubSpot was asked: with an account's key, or as an OAuth app."""
    define(twin, exchange)
    later = twin.clock.now() + timedelta(minutes=20)
    twin.tokens.grants["app"] = Grant(expires_at=later, is_private_app=False)
    request = exchange["request"]
    has_key = any(name == "hapikey" for name, _ in request["query"])
    token = SANDBOX_TOKEN if has_key else "app"
    return web("POST", request["path"], request["body"], token=token)


def test_created_records_look_alike(web, twin) -> None:
    for exchange in exchanges("batch/create", 201):
        reply, theirs = again(web, twin, exchange), exchange["response"]
        assert reply.status == 201, reply.body
        assert set(reply.body) == set(theirs["body"])
        assert len(reply.body["results"]) == len(theirs["body"]["results"])
        sent = {name for one in exchange["request"]["body"]["inputs"] for name in one["properties"]}
        stamps = {"createdate", "hs_object_id"}
        for ours, other in zip(reply.body["results"], theirs["body"]["results"], strict=True):
            assert set(ours) == set(other)
            assert sent | stamps <= set(ours["properties"])
            assert {n for n in other["properties"] if "modified" in n} <= set(ours["properties"])
        assert limit_headers(reply.headers) == limit_headers(theirs["headers"])


def test_found_records_look_alike_and_hold_the_same_properties(web, twin) -> None:
    for exchange in exchanges("batch/create", 201):
        again(web, twin, exchange)
    compared = 0
    for exchange in exchanges("search", 200):
        reply, theirs = again(web, twin, exchange), exchange["response"]
        assert reply.status == 200, reply.body
        assert set(reply.body) == set(theirs["body"])
        assert limit_headers(reply.headers) == limit_headers(theirs["headers"])
        for ours in reply.body["results"]:
            for other in theirs["body"]["results"]:
                assert set(ours) == set(other)
                assert set(ours["properties"]) >= set(other["properties"])
                compared += 1
    assert compared > 0


def test_archiving_answers_alike(web, twin) -> None:
    for exchange in exchanges("batch/archive", 204):
        reply = again(web, twin, exchange)
        assert (reply.status, reply.body) == (204, b"")
        assert limit_headers(reply.headers) == limit_headers(exchange["response"]["headers"])


def test_a_search_too_many_is_refused_alike(web, twin) -> None:
    twin.meter.limits = Limits(searches=0)
    for exchange in exchanges("search", 429):
        reply, theirs = again(web, twin, exchange), exchange["response"]
        assert reply.status == 429
        ours, other = {**reply.body}, {**theirs["body"]}
        assert len(ours.pop("correlationId")) == len(other.pop("correlationId"))
        assert ours == other
        assert "retry-after" not in theirs["headers"]
        assert "retry-after" not in reply.headers
        twin.clock.advance(timedelta(seconds=1))
