"""Records that a CRM has merged away: what they said of consent and stage goes on counting.

A merge in a CRM keeps one record and drops the other, and with it, often, an opt-out or the stage
that people had set. Of a record that is gone only this is kept, never a name or an address. It holds
until a person settles it: by consent given after the merge, or by setting the stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from worker.core.identity import MergedLead
from worker.core.json_text import read_json, write_json
from worker.core.mapping import EPOCH, Issue, MappedContact
from worker.core.model import PERMISSIVE_FACTS, ContactChannel, Stage

REVIVED_CONSENT = "IDENTITY_MERGE_REVIVED_CONSENT"
REVIVED_STAGE = "IDENTITY_MERGE_REVIVED_STAGE"
_OPT_OUTS = frozenset({"opt_out_all", *(f"opt_out_{channel}" for channel in ContactChannel)})
_STAGE = "lifecycle_stage"
_NOTICED = "changed_at"
"""The fact in which the kept part of a merged record holds when we noticed the merge."""


def keep_of_merged(mapped: str | None, noticed_at: datetime) -> str:
    """Reduce what a record said, as the ledger holds it, to refusals and stage."""
    data = read_json(mapped) if mapped else {"f": {}, "u": []}
    kept = {fact: value for fact, value in data["f"].items() if _is_kept(fact, value)}
    kept[_NOTICED] = noticed_at.isoformat()
    hidden = sorted(_OPT_OUTS.intersection(data["u"]))
    return write_json({"f": kept, "i": [], "u": hidden})


def _is_kept(fact: str, value: object) -> bool:
    if fact in _OPT_OUTS:
        return value is True
    return fact == _STAGE or (fact in PERMISSIVE_FACTS and value is False)


def with_merged(
    lead: MergedLead,
    contacts: Sequence[MappedContact],
    merged: Sequence[MappedContact],
    stage_set_by_person_at: datetime | None,
) -> MergedLead:
    """Add what merged records said to what the live ones say, with a finding for what it revives."""
    facts, sources = dict(lead.facts), dict(lead.sources)
    issues, unseen = set(lead.issues), set(lead.unseen)
    for gone in merged:
        for fact in sorted(gone.facts.keys() & (_OPT_OUTS | PERMISSIVE_FACTS)):
            value = gone.facts[fact]
            if lead.facts.get(fact) is not value and not _is_consented(fact, contacts, gone):
                facts[fact], sources[fact] = value, gone.ref
                issues.add(Issue(REVIVED_CONSENT, fact))
        unseen |= {fact for fact in gone.unseen if not _is_consented(fact, contacts, gone)}
        if _revives_stage(contacts, gone) and not _is_set_since(stage_set_by_person_at, gone):
            issues.add(Issue(REVIVED_STAGE, _STAGE))
    return msgspec.structs.replace(
        lead,
        facts=facts,
        sources=sources,
        issues=tuple(sorted(issues)),
        unseen=frozenset(unseen),
    )


def _is_consented(fact: str, contacts: Sequence[MappedContact], gone: MappedContact) -> bool:
    """Tell whether a live record holds consent given after the merge to what was refused before."""
    merged_at = gone.modified_at or _noticed_at(gone)
    channel = fact.rpartition("_")[2]
    wanted = PERMISSIVE_FACTS if fact == "opt_out_all" else {f"consent_{channel}"}
    for contact in contacts:
        at = contact.facts.get("consent_at")
        is_newer = isinstance(at, datetime) and at > merged_at
        if is_newer and any(contact.facts.get(name) is True for name in wanted):
            return True
    return False


_OF_PEOPLE = (Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)
_ENDED = frozenset({Stage.DISQUALIFIED, Stage.RECYCLED})


def _revives_stage(contacts: Sequence[MappedContact], gone: MappedContact) -> bool:
    """Tell whether the person was further, or done with, before the merge."""
    before = gone.facts.get(_STAGE)
    now = {contact.facts.get(_STAGE) for contact in contacts}
    if before in _OF_PEOPLE:
        at_least = _OF_PEOPLE[_OF_PEOPLE.index(Stage(str(before))) :]
        return now.isdisjoint({*at_least, *_ENDED})
    return before in _ENDED and now.isdisjoint({*_OF_PEOPLE, *_ENDED})


def _is_set_since(set_by_person_at: datetime | None, gone: MappedContact) -> bool:
    return set_by_person_at is not None and set_by_person_at > _noticed_at(gone)


def _noticed_at(gone: MappedContact) -> datetime:
    at = gone.facts.get(_NOTICED)
    return at if isinstance(at, datetime) else EPOCH
