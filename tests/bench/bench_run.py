"""How long a whole run takes on an invented base, and how much of that a small change costs.

``python -m tests.bench.bench_run [CONTACTS]`` prints ratios within one run; nothing here is a test.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from worker.app import open_app, spare_collector
from worker.cli.configure import NOT_COPIED, copy_tree
from worker.log import configure_logging
from worker.sample import write_sample

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
CONTACTS = 10_000


def sync_seconds(folder: Path, *, pushes: bool = True) -> tuple[float, int]:
    """Run once; processor seconds, and how many leads were decided."""
    began = time.process_time()
    with open_app(folder, now=NOW) as app:
        report = app.sync(pushes=pushes)
    return time.process_time() - began, report.steps.get("decide", {}).get("looked_at", 0)


def change_some(contacts: Path, every: int) -> int:
    """Give every n-th contact another site; how many that were."""
    with contacts.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[::every]:
        row["site"] = "worcester" if row["site"] != "worcester" else "providence"
    with contacts.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows[::every])


def fill(folder: Path, contacts: int) -> Path:
    """Lay out the shipped configuration and an invented base; the folder."""
    copy_tree(MAPPINGS, folder, NOT_COPIED | {"examples"}, dry_run=False)
    write_sample(folder / "data", contacts, 7, date(2026, 11, 2))
    return folder


def main() -> None:
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    configure_logging("error", as_json=False)
    spare_collector()
    with tempfile.TemporaryDirectory() as name:
        planned, _ = sync_seconds(fill(Path(name) / "planned", contacts), pushes=False)
        folder = fill(Path(name) / "full", contacts)
        full, decided = sync_seconds(folder)
        echo, _ = sync_seconds(folder)
        nothing, _ = sync_seconds(folder)
        changed = change_some(folder / "data" / "contacts.csv", 100)
        some, again = sync_seconds(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{contacts} contacts, {decided} leads; processor time, ratios to the full run")
    print(f"pulled, decided, planned     {planned:7.2f} s  {contacts / planned:6.0f} contacts/s")
    print(f"full run, written back       {full:7.2f} s  {contacts / full:6.0f} contacts/s   1.000")
    print(f"reading our own writes       {echo:7.2f} s  {echo / full:26.3f}")
    print(f"nothing changed              {nothing:7.2f} s  {nothing / full:26.3f}")
    print(f"{changed:5} changed, {again:5} decided {some:7.2f} s  {some / full:26.3f}")
    print(f"peak memory {peak} MiB")


if __name__ == "__main__":
    main()
