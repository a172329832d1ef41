"""On which channels two CRMs disagree, and why one of them leaves a channel open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.test_truth import court_of, judge, object_map, prospect, witness
from worker.core.model import Stage
from worker.core.ruleset import Ruleset
from worker.core.testimony import About, Cause, Court, Person
from worker.core.truth import find_disagreements


@pytest.fixture
def court(shipped: Ruleset) -> Court:
    return court_of(shipped)


def test_an_opt_out_that_one_crm_does_not_show(court: Court) -> None:
    pair = (witness("files", opt_out_email=True), witness("other"))
    found = judge(court, Person(profile_id="p", witnesses=pair))
    assert (found.profile_id, found.about, found.field) == ("p", About.CONSENT, "opt_out_email")
    assert (found.channels, found.wanted) == (("email",), "closed")
    assert [(one.ref, one.cause) for one in found.testimonies] == [
        (pair[0].ref, None),
        (pair[1].ref, Cause.LET_STAND),
    ]
    open_still = Person(profile_id="p", witnesses=pair, revoked=frozenset({"opt_out_email"}))
    assert judge(court, open_still).testimonies[1].cause is Cause.NEVER_WRITTEN
    due = replace(open_still, is_due=True)
    assert judge(court, due).testimonies[1].cause is Cause.NOT_DECIDED
    lacking = replace(pair[1], object_map=object_map(reads=("owner",)))
    told = judge(court, Person(profile_id="p", witnesses=(pair[0], lacking)))
    assert told.testimonies[1].cause is Cause.NO_FIELD


def test_an_opt_out_that_one_field_says_is_said_though_another_is_hidden(court: Court) -> None:
    """A record may have several fields for it, of which we do not see each."""
    said, silent = (
        replace(one, contact=replace(one.contact, unseen=frozenset({"opt_out_email"})))
        for one in (witness("files", opt_out_email=True), witness("other"))
    )
    hidden = judge(court, Person(profile_id="p", witnesses=(said, silent)))
    assert [one.shows for one in hidden.testimonies] == ["closed", "hidden"]
    assert [one.cause for one in hidden.testimonies] == [None, Cause.HIDDEN]
    opened = judge(court, Person(profile_id="p", witnesses=(said, witness("other"))))
    assert [one.shows for one in opened.testimonies] == ["closed", "open"]
    to_write = {silent.ref: frozenset({"out"})}
    found = replace(prospect(court, said, silent, to=Stage.LEAD), writes=to_write)
    due = Person(
        profile_id="p",
        witnesses=(said, silent),
        prospect=found,
        revoked=frozenset({"opt_out_email"}),
        is_due=True,
    )
    assert judge(court, due).testimonies[1].cause is Cause.NOT_DECIDED


def test_consent_that_was_refused_in_one_crm_is_left_to_people(court: Court) -> None:
    pair = (witness("files", consent_email=False), witness("other", consent_email=True))
    found = judge(court, Person(profile_id="p", witnesses=pair))
    assert found.testimonies[1].cause is Cause.LEFT_TO_PEOPLE
    third = judge(court, Person(profile_id="p", witnesses=(*pair, witness("third")))).testimonies[2]
    assert (third.shows, third.cause) == (None, None)
    silent = (pair[0], witness("other"))
    assert not list(find_disagreements(court, Person(profile_id="p", witnesses=silent)))
