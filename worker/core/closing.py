"""What a record must cease to show once a channel is closed, whatever else becomes of its lead.

Only ever takes away: a channel that the record allows and that is closed now goes, also where people
own the stage, where somebody has put it there by hand, and where the rest of a plan is held. The texts
of a hand-off that we wrote say so at their beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from worker.core.consent import allowed_channels
from worker.core.current import CurrentRecord, is_ours
from worker.core.decide import Decision
from worker.core.field_map import FieldWrite, Managed, ObjectMap
from worker.core.hand_off_words import HandOffWords, join_choices, say_channel
from worker.core.model import ContactChannel
from worker.core.records import RawValue
from worker.core.ruleset import Ruleset
from worker.core.templates import cut_at_word, fill
from worker.core.written_form import SEPARATOR, split_words, write_out

NOTED = frozenset({Managed.SUMMARY, Managed.NEXT_STEP})
"""Texts that may name a channel."""


def close_channels(
    ruleset: Ruleset, object_map: ObjectMap, record: CurrentRecord, decision: Decision
) -> dict[str, RawValue]:
    """Give the changes that take closed channels back from what a record allows; none if it has none."""
    for write in object_map.writes:
        if write.managed is Managed.ALLOWED_CHANNELS and record.values.get(write.target):
            shown = _shown(write, record)
            kept = _kept(write, record, decision, shown)
            if len(kept) < len(shown):
                text = write_out(write, SEPARATOR.join(kept)).text or None
                words = ruleset.configuration.hand_off.words
                notes = _notes(words, object_map, record, shown, kept)
                return {write.target: text, **dict(notes)}
    return {}


def _shown(write: FieldWrite, record: CurrentRecord) -> list[ContactChannel]:
    """Name the channels that a record allows, in the order in which they are said."""
    words = split_words(write, record.values[write.target] or "")
    return [one for one in ContactChannel if (write.values.get(one) or one) in words]


def _kept(
    write: FieldWrite, record: CurrentRecord, decision: Decision, shown: Sequence[ContactChannel]
) -> list[ContactChannel]:
    """Keep what is still allowed; of what a person put there, whatever nobody has closed.

    What came with a record from one that we wrote to counts as ours: a contact shows what the lead
    showed that became it, and a merged record what its parts did.
    """
    judgement = decision.judgement
    is_by_us = write.target not in record.written or is_ours(write, record)
    if is_by_us and judgement.pathway is not None:
        allowed = allowed_channels(judgement.permissions)
        return [one for one in shown if one in allowed]
    return [one for one in shown if one not in judgement.closed]


def _notes(
    words: HandOffWords,
    object_map: ObjectMap,
    record: CurrentRecord,
    shown: Sequence[ContactChannel],
    kept: Sequence[ContactChannel],
) -> Iterator[tuple[str, RawValue]]:
    """Say in the texts that we wrote which channels are permitted no more."""
    gone = ", ".join([say_channel(words, one) for one in shown if one not in kept])
    note = fill(words.not_permitted, lambda _slot: gone) or gone
    before, after = (_say(words, channels) for channels in (shown, kept))
    for write in object_map.writes:
        text = record.values.get(write.target)
        if write.managed not in NOTED or not text:
            continue
        if write.target in record.written and not is_ours(write, record):
            continue
        # The line that says how to make contact is required, and stands before those that may name one.
        said = f"{note[:1].upper()}{note[1:]}. {say_instead(text, before, after)}"
        yield (
            write.target,
            said if write.max_length is None else cut_at_word(said, write.max_length),
        )


def say_instead(text: str, before: str, after: str) -> str:
    """Replace the first that is said of channels; `mail` is not said where `e-mail` is."""
    whole = rf"(?<![\w-]){re.escape(before)}(?![\w-])"
    return re.sub(whole, lambda _found: after, text, count=1)


def _say(words: HandOffWords, channels: Sequence[ContactChannel]) -> str:
    return join_choices(words, [say_channel(words, one) for one in channels]) or words.no_channel
