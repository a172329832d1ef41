"""Runs each contract test against every harness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.harness import Harness
from tests.contract.harnesses import HARNESSES


@pytest.fixture(params=list(HARNESSES.values()), ids=list(HARNESSES))
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    folder = tmp_path / "crm"
    folder.mkdir()
    harness: Harness = request.param(folder)
    yield harness
    harness.stop()
