"""Organisations for the behaviour tests. Templates are made once and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.population import populate
from tests.support.crashes import Runners, started_runners
from tests.support.hubspot_live import HubSpotOrganisation, set_up
from tests.support.hubspot_twin import Account, serving_account
from tests.support.organisation import (
    Organisation,
    add_qualified,
    copied,
    make_empty,
    make_sample,
)
from worker.log import configure_logging
from worker.sample import write_sample


@pytest.fixture(autouse=True)
def quiet() -> None:
    """As the commands do: only warnings are logged."""
    configure_logging("warning", as_json=True)


@pytest.fixture(scope="session")
def runners() -> Iterator[Runners]:
    """Processes that kill syncs; they are started once, as importing takes as long as a sync."""
    with started_runners() as found:
        yield found


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return make_sample(tmp_path_factory.mktemp("sample") / "organisation")


@pytest.fixture(scope="session")
def synced_template(
    tmp_path_factory: pytest.TempPathFactory, sample_template: Organisation
) -> Organisation:
    organisation = copied(sample_template, tmp_path_factory.mktemp("synced") / "organisation")
    organisation.sync()
    return organisation


@pytest.fixture(scope="session")
def qualified_template(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    organisation = make_empty(tmp_path_factory.mktemp("qualified") / "organisation")
    add_qualified(organisation)
    return organisation


@pytest.fixture
def sample(sample_template: Organisation, tmp_path: Path) -> Organisation:
    """An invented base that was never synced."""
    return copied(sample_template, tmp_path / "organisation")


@pytest.fixture
def synced(synced_template: Organisation, tmp_path: Path) -> Organisation:
    """An invented base after its first sync."""
    return copied(synced_template, tmp_path / "organisation")


@pytest.fixture
def qualified(qualified_template: Organisation, tmp_path: Path) -> Organisation:
    """One patient who qualifies, ``q1``, never synced."""
    return copied(qualified_template, tmp_path / "organisation")


@pytest.fixture(scope="session")
def hubspot_organisation(tmp_path_factory: pytest.TempPathFactory) -> HubSpotOrganisation:
    return HubSpotOrganisation(tmp_path_factory.mktemp("hubspot") / "organisation")


@pytest.fixture(scope="session")
def hubspot_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables") / "base"
    write_sample(folder, 10, 1, date(2026, 3, 1))
    return folder


@pytest.fixture
def fitted(hubspot_organisation: HubSpotOrganisation, hubspot_tables: Path) -> Iterator[Account]:
    """An account that the map fits, and that was set up."""
    with serving_account() as account:
        populate(account.twin.account, hubspot_tables)
        set_up(hubspot_organisation, account)
        yield account
