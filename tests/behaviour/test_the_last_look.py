"""What can still be lost between the last look at a record and the write, and what cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.behaviour.test_a_human_edit_stands import at_moment, watched
from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.organisation import NOW, Organisation

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[True, False], ids=["conditional writes", "no conditional writes"])
def crm(request: pytest.FixtureRequest, qualified: Organisation) -> FakeCrm:
    found = crm_of(qualified.folder, has_conditional_write=request.param)
    move_to_fake(qualified, found)
    return found


def sync_with_edit(
    qualified: Organisation, crm: FakeCrm, moment: str, field: str, value: str
) -> str | None:
    """Run with an edit at a moment, and twice more; gives what then stands in the field."""

    def edit() -> None:
        crm.advance(60)
        crm.change("contacts", "q1", {field: value})

    tell = at_moment((moment,), edit)
    organisation = Organisation(folder=qualified.folder, connectors=connect(crm, watched(tell)))
    for minutes in range(3):
        organisation.sync(NOW + minutes * MINUTE)
    values = crm.read("contacts", "q1")
    assert values is not None
    return values[field]


@pytest.mark.parametrize("field", ["first_name", "site", "preferred_contact"])
def test_a_field_we_do_not_change_is_never_lost(
    qualified: Organisation, crm: FakeCrm, field: str
) -> None:
    assert sync_with_edit(qualified, crm, "before push", field, "By hand") == "By hand"


def test_a_field_we_change_is_safe_where_the_crm_compares(
    qualified: Organisation, crm: FakeCrm
) -> None:
    """The limit stated in the README of the steps: without a comparison by the CRM, ours wins."""
    found = sync_with_edit(qualified, crm, "before push", "lifecycle_stage", "Nurture")
    assert found == ("Nurture" if crm.has_conditional_write else "Marketing Qualified")


def test_an_edit_right_after_our_write_stands(qualified: Organisation, crm: FakeCrm) -> None:
    assert sync_with_edit(qualified, crm, "after push", "lifecycle_stage", "Nurture") == "Nurture"
