"""Whatever moment a sync is killed at, the next plain sync leaves what an undisturbed one leaves.

Every sync is a process of its own that kills itself with SIGKILL at one of the points listed by an
undisturbed run: statements, commits, file operations and calls of the connector. The end state is
the CRM byte by byte or write by write, the whole ledger, its chain, and that nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.crashes import EndState, Killing, Point, Runners, chosen
from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import NOW, QUALIFIED, Organisation, add_qualified, make_sample

CONTACTS = 40
TOMORROW = NOW + timedelta(days=1)
FIRST = {
    "open": 1, "migrate": 2, "lease": 2, "begin": 1, "recover": 1, "pull": 6, "decide": 6,
    "weigh": 4, "push": 12, "settle": 8, "end": 1, "release": 1,
}  # fmt: skip
"""How many points of each part of a first sync are tried; more around the writing."""
ASKED = {
    "activity_id": "act-q1",
    "contact_id": "q1",
    "type": "appointment_request",
    "occurred_at": "2026-11-01T12:00:00Z",
}
SECOND = {"pull": 9, "decide": 2, "weigh": 1, "push": 3, "settle": 2}


def left_wrong(killing: Killing, points: list[Point], expected: EndState) -> dict[str, list[str]]:
    """Kill a sync at each point; names what is then left otherwise than it should be."""
    wrong = {}
    ends = killing.killed_at([[point.number] for point in points])
    for point, (killed, end) in zip(points, ends, strict=True):
        found = end.differs_from(expected) + ([] if killed == 1 else ["was not killed"])
        if found:
            wrong[str(point)] = found
    return wrong


KillingOf = Callable[..., Killing]


@pytest.fixture
def killing_of(tmp_path: Path, runners: Runners) -> KillingOf:
    """Make what kills the syncs of an organisation."""

    def make(organisation: Organisation, now: datetime = NOW) -> Killing:
        return Killing(start=organisation.folder, work=tmp_path / "work", now=now, runners=runners)

    return make


def tried(killing: Killing, most: Mapping[str, int]) -> list[Point]:
    return chosen(killing.points(), most)


def test_a_first_sync_of_files_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    killing = killing_of(make_sample(tmp_path / "start", CONTACTS))
    points = tried(killing, {**FIRST, "rewrite": 9})
    assert len(points) >= 44
    assert left_wrong(killing, points, killing.undisturbed()) == {}


def test_a_first_sync_of_a_crm_killed_anywhere_makes_every_write_exactly_once(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    organisation = make_sample(tmp_path / "start", CONTACTS)
    move_to_fake(organisation, crm_of(organisation.folder))
    killing = killing_of(organisation)
    points = tried(killing, FIRST)
    expected = killing.undisturbed()
    assert len(points) >= 44
    assert all(times == 1 for _write, times in expected.crm)
    assert left_wrong(killing, points, expected) == {}


def test_a_sync_of_changed_files_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    organisation = make_sample(tmp_path / "start", CONTACTS)
    organisation.sync()
    ids = sorted(organisation.contacts())
    organisation.delete(*ids[:2])
    organisation.edit(ids[5], opt_out_all="true")
    organisation.edit(ids[6], lifecycle_stage="Sales Qualified")
    add_qualified(organisation)
    killing = killing_of(organisation, TOMORROW)
    points = tried(killing, {**SECOND, "rewrite": 3})
    assert left_wrong(killing, points, killing.undisturbed()) == {}


def test_a_sync_of_a_colleague_s_action_killed_anywhere_leaves_nobody_behind(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    organisation = make_sample(tmp_path / "start", CONTACTS)
    for name in ("ann", "bob"):
        address = f"{name}@elm.example.org"
        add_qualified(organisation, name, email=address, lead_type="Referral", first_name=name)
    organisation.sync()
    organisation.add_activity("act-elm", "ann", "education_session", "2026-11-03T12:00:00Z")
    killing = killing_of(organisation, TOMORROW)
    expected = killing.undisturbed()
    told = [body for *_rest, body in expected.ledger["decisions"] if "PARTNER_ENGAGED" in str(body)]
    assert len(told) == 2
    assert left_wrong(killing, tried(killing, SECOND), expected) == {}


def test_a_sync_after_a_change_of_the_field_map_killed_anywhere_maps_every_record_anew(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    organisation = make_sample(tmp_path / "start", CONTACTS)
    crm = crm_of(organisation.folder)
    move_to_fake(organisation, crm).sync()
    crm.advance(60)
    ids = sorted(organisation.contacts())
    crm.delete("contacts", ids[0])
    crm.change("contacts", ids[1], {"opt_out_all": "true"})
    crm.add("contacts", "q1", {**dict.fromkeys(organisation.contact(ids[1])), **QUALIFIED})
    crm.add("activities", "act-q1", ASKED)
    organisation.reconfigure("systems/files.yaml", "{from: origin,", "{from: channel,")
    killing = killing_of(organisation, TOMORROW)
    points = tried(killing, SECOND)
    assert left_wrong(killing, points, killing.undisturbed()) == {}


def test_killed_again_and_again_the_work_is_still_done_once(
    tmp_path: Path, killing_of: KillingOf
) -> None:
    organisation = make_sample(tmp_path / "start", CONTACTS)
    move_to_fake(organisation, crm_of(organisation.folder))
    killing = killing_of(organisation)
    expected = killing.undisturbed()
    last = killing.points()[-1].number
    sequences = [
        [last * part // 8 for part in parts] for parts in ((1, 2, 4), (7, 5, 3), (6, 6, 6))
    ]
    ends = [end.differs_from(expected) for _killed, end in killing.killed_at(sequences)]
    assert ends == [[], [], []]
