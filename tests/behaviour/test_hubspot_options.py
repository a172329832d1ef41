"""Options of the HubSpot connector: a token goes only where it is safe, and mistakes are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.hubspot.connector import open_connector
from tests.support.hubspot_opening import TOKEN, opened
from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from worker.errors import (
    FixConfigurationError,
)
from worker.ports import ConnectorContext


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pass@api.hubapi.com",
        "127.0.0.1:8080",
        "http://127.0.0.1.example.org",
        "https://",
    ],
)
def test_a_token_goes_only_where_it_is_safe(url: str, stub: Stub, time: FakeTime) -> None:
    with pytest.raises(FixConfigurationError, match="loopback"):
        opened(stub, time, base_url=url)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "https://api.hubapi.com"])
def test_https_and_this_machine_are_accepted(url: str, stub: Stub, time: FakeTime) -> None:
    assert opened(stub, time, base_url=url).name == "hubspot"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"share": "0"}, "share of system hubspot must be a whole number from 1 to 100"),
        ({"daily_reserve": "half"}, "daily_reserve of system hubspot must be a whole number"),
        ({"time_zone": "Mars"}, "time_zone of system hubspot is no time zone"),
        ({"acess_token": "x"}, "Did you mean 'access_token'?"),
        ({"token_file": "x", "client_id": "y"}, "has more than one way to log in"),
        ({"client_id": "y"}, "also needs client_secret"),
        ({"access_token": "two words", "token_file": "x"}, "has spaces"),
    ],
)
def test_a_wrong_option_is_named(
    change: dict[str, str], says: str, stub: Stub, time: FakeTime
) -> None:
    with pytest.raises(FixConfigurationError) as wrong:
        opened(stub, time, **change)
    assert says in str(wrong.value)
    assert "two words" not in str(wrong.value)


def test_no_way_to_log_in_names_the_variable() -> None:
    context = ConnectorContext(system="hubspot", base_dir=Path(), options={}, objects=[])
    with pytest.raises(FixConfigurationError, match="LEADTRIAGE_HUBSPOT__ACCESS_TOKEN"):
        open_connector(context)


def test_nothing_that_is_opened_shows_its_token(stub: Stub, time: FakeTime) -> None:
    shown: Callable[[object], str] = repr
    assert TOKEN not in shown(opened(stub, time))
