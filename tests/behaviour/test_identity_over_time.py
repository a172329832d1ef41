"""Records become one person, and part again, as they change."""

from __future__ import annotations

from datetime import timedelta

from tests.support.organisation import NOW, Organisation, add_qualified, reasons_of

LATER = NOW + timedelta(hours=1)
EVEN_LATER = NOW + timedelta(hours=2)


def profile_of(organisation: Organisation, record_id: str) -> object:
    query = "SELECT profile_id FROM records WHERE id = ? AND object_type = 'contacts'"
    return organisation.ask(query, record_id)[0][0]


def two_people(organisation: Organisation) -> Organisation:
    """Two records of one name whom nothing joins: one has an e-mail, the other a phone."""
    organisation.edit("q1", phone="")
    organisation.add_contact(
        "q2",
        first_name="Quilla",
        last_name="Readywise",
        phone="(617) 555-0123",
        lead_type="Patient",
    )
    organisation.sync()
    return organisation


def linked(organisation: Organisation) -> Organisation:
    """A third record has both, and so joins the two."""
    two_people(organisation).add_contact(
        "q3",
        first_name="Quilla",
        last_name="Readywise",
        email="quilla@example.org",
        phone="(617) 555-0123",
        lead_type="Patient",
    )
    organisation.sync(LATER)
    return organisation


def test_records_that_share_nothing_are_two_people(qualified: Organisation) -> None:
    two_people(qualified)
    assert profile_of(qualified, "q1") != profile_of(qualified, "q2")


def test_a_new_record_joins_two_people(qualified: Organisation) -> None:
    linked(qualified)
    assert len({profile_of(qualified, name) for name in ("q1", "q2", "q3")}) == 1


def test_no_profile_is_left_of_the_one_that_was_joined(qualified: Organisation) -> None:
    linked(qualified)
    assert qualified.ask("SELECT count(*) FROM profiles") == [(1,)]


def test_joined_records_are_given_the_same_owner(qualified: Organisation) -> None:
    linked(qualified)
    assert len({row["owner_id"] for row in qualified.contacts().values()}) == 1


def test_people_part_when_the_address_that_joined_them_is_corrected(
    qualified: Organisation,
) -> None:
    qualified.add_contact("q2", first_name="Quilla", email="quilla@example.org")
    qualified.sync()
    qualified.edit("q2", email="someone.else@example.org")
    qualified.sync(LATER)
    assert profile_of(qualified, "q1") != profile_of(qualified, "q2")


def test_people_part_when_what_joined_them_goes(qualified: Organisation) -> None:
    linked(qualified).delete("q3")
    qualified.sync(EVEN_LATER)
    assert profile_of(qualified, "q1") != profile_of(qualified, "q2")


def test_after_parting_each_has_a_profile_that_was_decided(qualified: Organisation) -> None:
    linked(qualified).delete("q3")
    qualified.sync(EVEN_LATER)
    assert qualified.ask("SELECT count(*) FROM profiles WHERE verdict IS NOT NULL") == [(2,)]


def test_an_opt_out_in_one_record_blocks_the_linked_one(qualified: Organisation) -> None:
    linked(qualified).edit("q2", opt_out_all="true")
    qualified.sync(EVEN_LATER)
    assert "CONSENT_NONE_REACHABLE" in reasons_of(qualified, "q1")


def test_a_shared_e_mail_is_still_noted_after_our_own_write_came_back(
    qualified: Organisation,
) -> None:
    add_qualified(qualified, "q2", first_name="Rufus", last_name="Otherman")
    qualified.sync()
    qualified.sync(LATER)
    noted = qualified.ask("SELECT count(*) FROM records WHERE mapped LIKE '%IDENTITY_AMBIGUOUS%'")
    assert noted == [(2,)]
