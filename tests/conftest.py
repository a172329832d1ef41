"""What many tests need: the shipped configuration, loaded and compiled once; a collector as in a run; and
examples of properties that a tree repeats."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

from tests.leads import shipped_ruleset
from worker.app import spare_collector
from worker.core.ruleset import Ruleset

settings.register_profile("explore")
settings.register_profile("repeat", derandomize=True, database=None)
settings.load_profile("repeat")


def pytest_configure() -> None:
    """Look seldom for cycles of references, as every process of the worker's own does."""
    spare_collector()


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later look: it is large, and stays to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def shipped() -> Ruleset:
    """The shipped configuration. Property tests call ``shipped_ruleset``: examples print arguments."""
    return shipped_ruleset()
