"""What every connector promises about its errors, run against every harness."""

from __future__ import annotations

import pytest

from tests.contract.asking import fetched, named, pages_of
from tests.contract.harness import EMAIL, STAGE, Harness
from worker.errors import FixConfigurationError, LeadtriageError

SECRET = "zaphod@example.org"


def test_an_unknown_option_is_named(crm: Harness) -> None:
    with pytest.raises(FixConfigurationError, match="'foldr'"):
        crm.open(foldr="x")


def test_an_unknown_object_type_is_named(crm: Harness) -> None:
    with pytest.raises(LeadtriageError, match="'invoices'"):
        list(crm.open().pull("invoices", fields=["x"], since=None))


def test_an_error_is_ours_and_carries_no_value(crm: Harness) -> None:
    ids = crm.add({"1": named(crm, {EMAIL: SECRET, STAGE: "lead"})})
    connector = crm.open()
    crm.break_down()
    with pytest.raises(LeadtriageError) as pulling:
        pages_of(crm, connector)
    with pytest.raises(LeadtriageError) as fetching:
        fetched(crm, connector, ids[0])
    assert SECRET not in str(pulling.value) + str(fetching.value)
