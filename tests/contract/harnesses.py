"""Every CRM the contract suite runs against: one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.contract.harness import Harness
from tests.contract.harness_fake import feed_harness, snapshot_harness
from tests.contract.harness_files import csv_harness, jsonl_harness
from tests.contract.harness_hubspot import hubspot_harness
from tests.contract.harness_salesforce import salesforce_harness

HARNESSES: dict[str, Callable[[Path], Harness]] = {
    "files_csv": csv_harness,
    "files_jsonl": jsonl_harness,
    "fake_feed": feed_harness,
    "fake_snapshot": snapshot_harness,
    "hubspot": hubspot_harness,
    "salesforce": salesforce_harness,
}
