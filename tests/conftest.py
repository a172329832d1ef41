"""What many tests need: the shipped configuration, loaded and compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.config.loader import load_configuration
from worker.core.ruleset import Ruleset, compile_ruleset

MAPPINGS = Path(__file__).parent.parent / "mappings"


@pytest.fixture(scope="session")
def shipped() -> Ruleset:
    """The configuration that ships, ready to decide with."""
    return compile_ruleset(load_configuration(MAPPINGS))
