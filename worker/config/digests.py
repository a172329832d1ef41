"""Fingerprints of configuration content: the same text, however laid out, has the same digest.

Comments, whitespace, quotes, anchors and the order of keys do not count, save for criteria, whose
order is the order of the reasons they give.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from worker.config.yaml_text import Yaml

_ORDERED = frozenset({"criteria"})


def digest_of(value: Yaml, leave_out: Iterable[str] = ()) -> str:
    """Fingerprint a value, without the keys ``leave_out`` at its top."""
    if isinstance(value, dict):
        hidden = frozenset(leave_out)
        value = {key: item for key, item in value.items() if key not in hidden}
    text = json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def join_digests(parts: Mapping[str, str]) -> str:
    """Fingerprint several files by name."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(parts.items()))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _canonical(value: Yaml) -> Yaml:
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: [[name, _canonical(part)] for name, part in item.items()]
        if key in _ORDERED and isinstance(item, dict)
        else _canonical(item)
        for key, item in value.items()
    }
