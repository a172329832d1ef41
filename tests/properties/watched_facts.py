"""Facts that note what is looked at, to hold lists of readers to what is really read."""

from __future__ import annotations

from collections.abc import Mapping

from worker.core.model import FactValue


class Watched(dict[str, FactValue]):
    """Facts that note which of them are looked at, missing ones included."""

    def __init__(self, values: Mapping[str, FactValue]) -> None:
        super().__init__(values)
        self.seen: set[str] = set()

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # looser
        self.seen.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> FactValue:
        self.seen.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.seen.add(str(key))
        return super().__contains__(key)
