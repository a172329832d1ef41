"""Organisations: which leads belong to one practice, employer or plan, and what its people do.

A lead belongs to at most one organisation, named by a hash of the first thing that identifies it. Who
cannot be placed belongs to none that is known, which says nothing about having one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from disposable_email_domains import blocklist

from worker.core.model import Activity, Facts
from worker.core.public_domains import PUBLIC_DOMAINS


class SameBy(StrEnum):
    """What makes two leads members of one organisation."""

    ORGANISATION_ID = "organisation_id"
    EMAIL_DOMAIN = "email_domain"
    NAME_AND_PLACE = "name_and_place"


READ_FOR: Mapping[SameBy, tuple[str, ...]] = {
    SameBy.ORGANISATION_ID: ("organisation_id",),
    SameBy.EMAIL_DOMAIN: ("email",),
    SameBy.NAME_AND_PLACE: ("organisation", "state", "postal_code"),
}
"""The facts that each way of telling reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPolicy:
    """How organisations are told apart: the first of ``same_by`` that a lead has decides.

    ``public_domains`` are e-mail domains that say nothing, beside those everybody knows.
    """

    same_by: tuple[SameBy, ...] = tuple(SameBy)
    public_domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One action that makes a member of an organisation an active one, and the member's role.

    ``member`` is the member's profile, ``action`` the reference of the action as text.
    """

    member: str
    role: str | None
    acted_at: datetime
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """What the members of one organisation did, the newest of each kind; its lead's own included."""

    actions: tuple[Activity, ...] = ()
    colleagues: tuple[Colleague, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A lead's place in its organisation: ``member`` is its profile."""

    member: str
    organisation: RollUp


def organisation_key(facts: Facts, policy: OrganisationPolicy) -> str | None:
    """Name the organisation of a lead; hashed, so that no name is readable. None: not known."""
    for way in policy.same_by:
        found = _WAYS[way](facts, policy)
        if found is not None:
            return hashlib.blake2b(f"{way}|{found}".encode(), digest_size=12).hexdigest()
    return None


def counts_as_member(facts: Facts) -> bool:
    """Tell whether what somebody does counts for the organisation; staff and tests never do."""
    return facts.get("is_test") is not True


def _by_id(facts: Facts, _policy: OrganisationPolicy) -> str | None:
    found = facts.get("organisation_id")
    return found if isinstance(found, str) else None


def _by_domain(facts: Facts, policy: OrganisationPolicy) -> str | None:
    """The domain of the address, unless anybody may have an address there."""
    _name, _at, domain = str(facts.get("email", "")).casefold().rpartition("@")
    if domain in PUBLIC_DOMAINS or domain in policy.public_domains or _is_disposable(domain):
        return None
    return domain or None


def _is_disposable(domain: str) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[place:]) in blocklist for place in range(len(labels) - 1))


def _by_name_and_place(facts: Facts, _policy: OrganisationPolicy) -> str | None:
    name, place = fold_organisation(str(facts.get("organisation", ""))), facts.get("state")
    postal_code = facts.get("postal_code")
    if place is None and isinstance(postal_code, str):
        place = postal_code[:3]
    return f"{name}|{place}" if name and place else None


_Way = Callable[[Facts, OrganisationPolicy], str | None]
_WAYS: Mapping[SameBy, _Way] = {
    SameBy.ORGANISATION_ID: _by_id,
    SameBy.EMAIL_DOMAIN: _by_domain,
    SameBy.NAME_AND_PLACE: _by_name_and_place,
}

_LEFT_OUT = """
the and of inc incorporated corp corporation co company llc llp lp ltd limited pllc pc pa plc
"""
_SAY_NOTHING = """
ambulatory care center centre clinic consulting dental doctor doctors employed family freelance
general group health healthcare home homemaker hospital individual internal me medical medicine my
myself na no none not office personal physician physicians practice practices primary private
retired self services solo student test unemployed unknown
"""
LEFT_OUT = frozenset(_LEFT_OUT.split())
"""Legal forms and filler words, which people write or leave out as they like."""
SAY_NOTHING = frozenset(_SAY_NOTHING.split())
"""A name of these words only does not tell one organisation from another."""


def fold_organisation(name: str) -> str:
    """Fold an organisation's name for comparison; empty when it names none in particular."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[.'\u2019]", "", text)
    words = [word for word in re.findall(r"\w+", text) if word not in LEFT_OUT]
    return "" if SAY_NOTHING.issuperset(words) else " ".join(words)
