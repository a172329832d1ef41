"""A twin is served on this machine only, breaks as scripted, and tells nothing but counts."""

from __future__ import annotations

import socket
import urllib.parse
from datetime import timedelta

import pytest
import urllib3

from connectors.sandbox.hubspot.app import open_twin
from connectors.sandbox.script import Fault, FaultKind, Script, read_script
from connectors.sandbox.serving import serving

CONTACTS = "/crm/v3/objects/contacts"
NEW = {"properties": {"firstname": "Ann"}}


def test_it_stops_cleanly_and_leaves_its_port(twin) -> None:
    with serving(twin) as url:
        place = urllib.parse.urlsplit(url)
        assert place.hostname == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port))
    with serving(open_twin(), place.port) as again:
        assert again == url


def test_a_connection_cut_in_mid_body_is_a_broken_answer_to_work_that_was_done(web, twin) -> None:
    twin.script.add(Fault(kind=FaultKind.CUT))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        web("POST", CONTACTS, NEW)
    assert len(web("GET", CONTACTS).body["results"]) == 1


@pytest.mark.parametrize(("kind", "kept"), [(FaultKind.LOST, 1), (FaultKind.DROP, 0)])
def test_a_lost_answer_was_written_and_a_dropped_request_was_not(web, twin, kind, kept) -> None:
    twin.script.add(Fault(kind=kind))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        web("POST", CONTACTS, NEW)
    assert len(web("GET", CONTACTS).body["results"]) == kept
    assert twin.journal.statuses() == {0: 1, 200: 1}


def test_errors_come_as_the_vendor_writes_them_or_as_html(web, twin) -> None:
    twin.script.add(
        Fault(kind=FaultKind.STATUS, status=503),
        Fault(kind=FaultKind.STATUS, status=502, is_html=True, skip=1),
        Fault(kind=FaultKind.STATUS, status=429, skip=2, retry_after=7),
        Fault(kind=FaultKind.STATUS, status=477, skip=3, retry_after=3600),
    )
    plain, page, storm, moving = (web("GET", CONTACTS) for _ in range(4))
    assert (plain.status, plain.body["status"]) == (503, "error")
    assert (page.status, page.body[:6]) == (502, b"<html>")
    assert (storm.status, storm.headers["retry-after"]) == (429, "7")
    assert storm.body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert (moving.status, moving.headers["retry-after"]) == (477, "3600")
    assert web("GET", CONTACTS).status == 200


def test_a_batch_can_be_complete_and_empty_or_spoilt_in_part(web, twin) -> None:
    twin.script.add(
        Fault(kind=FaultKind.EMPTY, endpoint="POST */batch/create"),
        Fault(kind=FaultKind.SPOIL, endpoint="POST */batch/create", skip=1, inputs=(1,)),
    )
    body = {"inputs": [NEW, NEW, NEW]}
    nothing = web("POST", f"{CONTACTS}/batch/create", body)
    assert (nothing.status, nothing.body["results"]) == (200, [])
    partly = web("POST", f"{CONTACTS}/batch/create", body)
    assert (partly.status, len(partly.body["results"]), partly.body["numErrors"]) == (207, 2, 1)
    assert len(web("GET", CONTACTS).body["results"]) == 2


def test_a_thin_page_goes_on_where_it_ends(web, twin, contact) -> None:
    ids = [contact(firstname=f"P{n}") for n in range(4)]
    twin.script.add(
        Fault(kind=FaultKind.THIN, endpoint="GET *", rows=1),
        Fault(kind=FaultKind.THIN, endpoint="GET *", rows=0, skip=1),
        Fault(kind=FaultKind.THIN, endpoint="POST */search", rows=2),
    )
    seen, sizes, after = [], [], "0"
    while after is not None:
        page = web("GET", f"{CONTACTS}?limit=100&after={after}").body
        seen += [one["id"] for one in page["results"]]
        sizes.append(len(page["results"]))
        after = page["paging"]["next"]["after"] if "paging" in page else None
    assert (seen, sizes) == (ids, [1, 0, 3])
    found = web("POST", f"{CONTACTS}/search", {"limit": 200}).body
    assert (len(found["results"]), found["paging"]) == (2, {"next": {"after": "2"}})


def test_chance_follows_the_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        fault = Fault(kind=FaultKind.STATUS, probability=0.3, times=None)
        script = Script([fault], seed)
        return [bool(script.firing("GET", "/")) for _ in range(200)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 30 < sum(strikes(1)) < 90


def test_a_script_is_checked_when_it_is_read() -> None:
    assert read_script(b'[{"kind": "lost", "times": null}]') == (
        Fault(kind=FaultKind.LOST, times=None),
    )
    with pytest.raises(ValueError, match="kind"):
        read_script(b'[{"kind": "sulk"}]')
    with pytest.raises(ValueError, match="often"):
        read_script(b'[{"kind": "lost", "often": 3}]')


def test_it_is_steered_over_http_and_counts_without_telling_ids(web, twin, contact) -> None:
    id_ = contact(email="ann@clinic.example")
    assert web("POST", "/_sandbox/faults", [{"kind": "status"}]).body == {"armed": 1}
    assert web("GET", f"{CONTACTS}/{id_}").status == 503
    assert web("GET", f"{CONTACTS}/ann@clinic.example?idProperty=email").status == 200
    assert web("GET", "/_sandbox/journal").body == {
        "endpoints": {
            "GET /crm/v3/objects/contacts/{objectId}": 2,
            "POST /crm/v3/objects/contacts": 1,
        },
        "fewest": {},
        "statuses": {"200": 1, "201": 1, "503": 1},
    }
    assert not any("ann" in entry.endpoint for entry in twin.journal.entries())
    assert web("POST", "/_sandbox/faults", {"kind": "status"}).status == 400
    before = twin.clock.now()
    assert web("POST", "/_sandbox/clock", {"seconds": 90}).status == 200
    assert twin.clock.now() - before == timedelta(seconds=90)
    assert web("DELETE", "/_sandbox/journal").status == 204
    assert twin.journal.counts() == {}
