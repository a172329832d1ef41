"""Organisations for the tests of commands. Templates are made once and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.organisation import Organisation, add_qualified, copied, make_empty
from worker.log import configure_logging


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log to the stderr of this test, and after it, when that is closed, to that of all tests."""
    configure_logging("warning", as_json=True)
    yield
    configure_logging("warning", as_json=True)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    organisation = make_empty(tmp_path_factory.mktemp("template") / "organisation")
    add_qualified(organisation, "q1")
    add_qualified(organisation, "q2", email="second@example.org", last_name="Otherone")
    organisation.add_contact("u1", email="unclear@example.org", created_at="2026-10-30T12:00:00Z")
    return organisation


@pytest.fixture(scope="session")
def synced_template(
    tmp_path_factory: pytest.TempPathFactory, template: Organisation
) -> Organisation:
    organisation = copied(template, tmp_path_factory.mktemp("synced") / "organisation")
    organisation.sync()
    return organisation


@pytest.fixture
def organisation(template: Organisation, tmp_path: Path) -> Organisation:
    """Two patients who qualify, ``q1`` and ``q2``, and ``u1`` without a pathway; never synced."""
    return copied(template, tmp_path / "organisation")


@pytest.fixture
def synced(synced_template: Organisation, tmp_path: Path) -> Organisation:
    """The same after its first sync."""
    return copied(synced_template, tmp_path / "organisation")


@pytest.fixture
def tight(organisation: Organisation) -> Organisation:
    """An organisation whose guardrails hold every plan."""
    (organisation.folder / "guardrails.yaml").write_text(
        "budgets:\n  - {id: mql, scope: stage, key: mql, max_count: 1, floor: 0}\n",
        encoding="utf-8",
    )
    return organisation
