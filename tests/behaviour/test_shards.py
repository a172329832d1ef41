"""Deciding part by part gives what deciding the whole gives."""

from __future__ import annotations

from pathlib import Path

from tests.support.ledger_view import content_of
from tests.support.organisation import Organisation, copied
from worker.ledger.rows import WHOLE, Shard
from worker.steps.decide import decide_profiles
from worker.steps.pull import pull

HALVES = (Shard(low=0, high=32_767), Shard(low=32_768, high=WHOLE.high))


def decided(organisation: Organisation, *shards: Shard) -> Organisation:
    with organisation.open() as app, app._leased() as work:
        pull(work)
        for shard in shards:
            decide_profiles(work, shard)
    return organisation


def test_two_halves_give_the_same_ledger_as_the_whole(sample: Organisation, tmp_path: Path) -> None:
    halved = copied(sample, tmp_path / "halved")
    decided(sample, WHOLE)
    decided(halved, *HALVES)
    assert content_of(halved.ledger_file) == content_of(sample.ledger_file)


def test_one_half_leaves_the_other_undecided(sample: Organisation) -> None:
    decided(sample, HALVES[0])
    wrong = sample.ask("SELECT count(*) FROM profiles WHERE is_dirty <> (shard > 32767)")
    assert wrong == [(0,)]
