"""Revocations: what has to become of an opt-out, or of a refusal after consent, once it was said.

Every live record of the person, in every CRM that has a field for it, must come to show it. Which
ones do not yet is worked out here from what the records say; nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from worker.core.contact_points import ConsentWatch
from worker.core.mapping import MappedContact
from worker.core.model import Facts
from worker.core.records import RecordRef

NOT_SAID_BY_PEOPLE = frozenset({"email_bounced"})
"""Closes a channel, but nobody asked for it: no deadline runs."""

Mapped: TypeAlias = Mapping[tuple[str, str], frozenset[str]]
"""The facts that the field map of each system and object type reads."""


class Ending(StrEnum):
    """How a revocation ended: everybody shows it, its record took it back, or nobody is left."""

    SHOWN = "shown"
    LIFTED = "lifted"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a revocation stands: ``missing`` do not show it yet, ``unable`` have no field for it."""

    missing: tuple[RecordRef, ...] = ()
    unable: tuple[RecordRef, ...] = ()
    ending: Ending | None = None


def revoked_now(before: Facts, after: Facts, watch: ConsentWatch) -> tuple[str, ...]:
    """Name what a record revokes that it did not revoke before: opt-outs, and consent taken back."""
    opt_outs = watch.opt_outs - NOT_SAID_BY_PEOPLE
    said = [f for f in opt_outs if after.get(f) is True and before.get(f) is not True]
    refused = [f for f in watch.refusals if after.get(f) is False and before.get(f) is True]
    return tuple(sorted([*said, *refused]))


def stands(
    fact: str,
    said_by: RecordRef,
    contacts: Sequence[MappedContact],
    watch: ConsentWatch,
    mapped: Mapped,
) -> Standing:
    """Compare a revocation with the live records of the person. ``said_by`` may be deleted."""
    if not contacts:
        return Standing(ending=Ending.GONE)
    is_opt_out = fact in watch.opt_outs
    missing, unable = [], []
    for contact in sorted(contacts, key=lambda c: c.ref):
        ref, value = contact.ref, contact.facts.get(fact)
        if ref == said_by:
            if value is not is_opt_out and fact not in contact.unseen:
                return Standing(ending=Ending.LIFTED)
        elif fact not in mapped.get((ref.system, ref.object_type), frozenset()):
            unable.append(ref)
        elif value is not True if is_opt_out else value is True:
            missing.append(ref)
    ending = None if missing else Ending.SHOWN
    return Standing(missing=tuple(missing), unable=tuple(unable), ending=ending)
