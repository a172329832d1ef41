"""The full reports of the demonstration: files beside it, as what it prints is only the story."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, RenderableType

FOLDER = "reports"
_WIDTH = 110


def keep_report(folder: Path, name: str, parts: Iterable[RenderableType]) -> None:
    """Write a report as text, as its own command would print it."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    with (place / f"{name}.txt").open("w", encoding="utf-8") as file:
        console = Console(file=file, width=_WIDTH, highlight=False, color_system=None)
        for part in parts:
            console.print(part, markup=False, soft_wrap=isinstance(part, str))
