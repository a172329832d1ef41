"""Keeps secrets out of the files of a configuration, which are shared, compared and kept."""

from __future__ import annotations

from collections.abc import Iterable

from worker.config.findings import Findings
from worker.config.settings_sources import PREFIX
from worker.config.yaml_text import Sheet

_ENDINGS = ("token", "secret", "password", "api_key", "private_key")


def refuse_secrets(system: str, options: Iterable[str], sheet: Sheet, findings: Findings) -> None:
    """Report every option that is a secret by its name; its value is not repeated."""
    for key in options:
        if key.endswith(_ENDINGS):
            findings.error(
                sheet.spot("options", key),
                f"{key!r} is a secret and does not belong in this file.",
                hint=f"set {PREFIX}{system.upper()}__{key.upper()} in the environment",
            )
