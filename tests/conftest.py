"""What many tests need: the shipped configuration, loaded and compiled once."""

from __future__ import annotations

import pytest

from tests.leads import shipped_ruleset
from worker.core.ruleset import Ruleset


@pytest.fixture(scope="session")
def shipped() -> Ruleset:
    """The shipped configuration. Property tests call ``shipped_ruleset``: examples print arguments."""
    return shipped_ruleset()
