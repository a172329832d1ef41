"""Checks that look across files: what each file says by itself is right, but not together."""

from __future__ import annotations

from worker.config.findings import Findings
from worker.config.folder import Folder
from worker.config.parts import Parts


def check_across(files: Folder, parts: Parts, findings: Findings) -> None:
    """Report what can never work, or never be used, given all files together."""
