"""A ledger as the migrations leave it: made once in a process, and laid where a test wants one.

Running them takes a quarter of a first run. That a ledger is made where none lies is told by
``tests/ledger`` and by every command the tests run on a folder.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, make_url

from worker.ledger.engine import _make_engine
from worker.ledger.migrate import migrate


def migrated(url: URL) -> None:
    """Run the migrations on a database, and nothing else."""
    engine = _make_engine(url, timedelta(seconds=10))
    migrate(engine)
    engine.dispose()


@cache
def _content() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        migrated(make_url(f"sqlite:///{path}"))
        return path.read_bytes()


def lay_empty_ledger(path: Path) -> None:
    """Put one there, with no account in it yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_content())
