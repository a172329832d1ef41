"""A worker in a process of its own: ``python -m tests.ledger.deciding FOLDER NOW LOW HIGH``.

It decides one batch of its shard, prints ``ready``, and waits for a line before it goes on, so that
two of them are at work at the same time.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from worker.app import open_app
from worker.ledger.rows import Shard
from worker.log import configure_logging
from worker.steps.decide import decide_batches


def _wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def main() -> None:
    folder, now, low, high = sys.argv[1:]
    configure_logging("warning", as_json=True)
    with open_app(Path(folder), now=datetime.fromisoformat(now)) as app:
        _wait()
        batches = decide_batches(app.looking(), Shard(low=int(low), high=int(high)))
        next(batches)
        _wait()
        for _done in batches:
            pass


if __name__ == "__main__":
    main()
