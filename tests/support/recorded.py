"""Real traffic of both vendors, where it lies beside the project; it is none of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"


def exchanges(vendor: str) -> list[Any]:
    """Read every recorded exchange with a vendor; a test that asks in vain is skipped."""
    path = SHARED / "recorded" / f"{vendor}.jsonl"
    if not path.is_file():
        pytest.skip("the recorded traffic is not here")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def body_of(response: Any) -> bytes:
    """Give the body as it was sent."""
    content = response["body"]
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def texts_in(value: Any) -> Iterator[str]:
    """Name every text in a body."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, str):
        yield value
