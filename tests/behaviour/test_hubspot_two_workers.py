"""F35: two workers that share one refresh token, which HubSpot rotates at each use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.hubspot.auth import App, Grant, OAuth
from connectors.hubspot.connector import open_connector
from connectors.sandbox.hubspot.tokens import ALL_SCOPES
from tests.support.hubspot_twin import NOON, Account, serving_account
from worker.errors import FixAccessError
from worker.ports import Connector, ConnectorContext

FIRST = "refresh-0"


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        account.twin.tokens.rotates = True
        account.twin.tokens.refresh_tokens[FIRST] = ALL_SCOPES
        yield account


def worker(crm: Account, file: Path) -> Connector:
    """Open a connector as a process of its own would: nothing is shared but the file."""
    tokens = crm.twin.tokens
    app = {"client_id": tokens.client_id, "client_secret": tokens.client_secret}
    connector = open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=file.parent,
            options={"base_url": crm.url, "refresh_token_file": file.name, **app},
            objects=[],
            clock=crm.twin.clock.now,
            sleep=lambda _seconds: None,
        )
    )
    crm.opened.append(connector)
    return connector


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "refresh"
    path.write_text(f"{FIRST}\n")
    return path


def test_f35_workers_renew_one_after_the_other_and_none_is_locked_out(
    crm: Account, file: Path
) -> None:
    workers = [worker(crm, file) for _ in range(4)]
    with ThreadPoolExecutor(len(workers)) as pool:
        for _ in range(3):
            list(pool.map(lambda one: one.owners(), workers))
            crm.wait(minutes=31)
    assert crm.twin.tokens.issued == 12
    assert file.read_text().strip() in crm.twin.tokens.refresh_tokens


def test_f35_a_token_that_another_program_rotated_meanwhile_is_read_again(file: Path) -> None:
    asked: list[str] = []

    def renew(form: dict[str, str]) -> Grant:
        asked.append(form["refresh_token"])
        if len(asked) == 1:  # another program, which knows no lock, was faster
            file.write_text("refresh-1\n")
            raise FixAccessError("Refused.")
        return Grant(access_token="access", expires_in=timedelta(minutes=30))

    app = App(client_id="app", client_secret="hush", refresh_token_file=file)
    assert OAuth(app, renew, lambda: NOON).token() == "access"
    assert asked == [FIRST, "refresh-1"]


def test_f35_a_file_that_is_not_there_is_named(crm: Account, tmp_path: Path) -> None:
    with pytest.raises(FixAccessError, match="The file refresh with HubSpot's token"):
        worker(crm, tmp_path / "refresh").owners()
