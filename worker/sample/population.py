"""Makes the contacts one household or organisation at a time, so that memory stays flat.

People who belong together (families, practices, buying groups, second records of one person) are
made together and then spread out by a small shuffling window, as they are in a CRM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from worker.sample.defects import IDENTITY_DEFECTS, damage_id, plant_defects
from worker.sample.dice import Dice, Weighted, weighted
from worker.sample.draft import Defect, Draft
from worker.sample.duplicates import second_record
from worker.sample.people import (
    Numbers,
    Organisation,
    Person,
    make_organisation,
    make_person,
    pick_family_name,
    pick_mail_domain,
    pick_place,
    write_phone,
)
from worker.sample.places import SERVED_PLACES
from worker.sample.rates import Rates
from worker.sample.rows import make_row
from worker.sample.story import Scene, tell_story
from worker.sample.vocabulary import TruePathway
from worker.sample.words import GENERATION_SUFFIXES

_FIRST_ID: Final = 446_100_000_000  # twelve digits, as a spreadsheet loves to damage
_ID_STEP: Final = 37
_WINDOW: Final = 512
_SERVED: Final = frozenset(SERVED_PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """What making contacts needs beside the scene."""

    scene: Scene
    numbers: Numbers
    pathways: Weighted[TruePathway]
    sizes: dict[TruePathway, Weighted[int]]


def make_population(scene: Scene, contacts: int, seed: int) -> Iterator[Draft]:
    """Yield exactly ``contacts`` contacts."""
    maker = _Maker(
        scene=scene,
        numbers=Numbers(seed),
        pathways=_unit_weights(scene.rates),
        sizes={name: weighted(rates.unit_sizes) for name, rates in scene.rates.pathways.items()},
    )
    return _shuffled(islice(_drafts(maker), contacts), scene.dice)


def _unit_weights(rates: Rates) -> Weighted[TruePathway]:
    """Turn shares of contacts into shares of households and organisations."""
    weights = {}
    for pathway, own in rates.pathways.items():
        total = sum(own.unit_sizes.values())
        mean = sum(size * weight for size, weight in own.unit_sizes.items()) / total
        weights[pathway] = own.share / mean
    return weighted(weights)


def _shuffled(drafts: Iterator[Draft], dice: Dice) -> Iterator[Draft]:
    """Pass contacts on in an order that is mixed within a window."""
    window = list(islice(drafts, _WINDOW))
    for draft in drafts:
        at = int(dice.uniform() * _WINDOW)
        yield window[at]
        window[at] = draft
    yield from window


def _drafts(maker: _Maker) -> Iterator[Draft]:
    """Make contacts without end, giving each its id."""
    dice, rates = maker.scene.dice, maker.scene.rates.defects
    number = 0
    former: Draft | None = None
    while True:
        for draft in _unit(maker, former):
            number += 1
            contact_id = str(_FIRST_ID + number * _ID_STEP)
            if dice.chance(rates.id_damaged):
                yield _with_damaged_id(draft, damage_id(contact_id, number, dice))
            else:
                draft.row["contact_id"] = contact_id
                yield draft
            former = draft


def _with_damaged_id(draft: Draft, contact_id: str) -> Draft:
    """Give a contact a damaged id and no activities, which could not name it."""
    draft.row["contact_id"] = contact_id
    draft.defects.add(Defect.ID_DAMAGED)
    return replace(draft, story=replace(draft.story, events=()))


def _unit(maker: _Maker, former: Draft | None) -> Iterator[Draft]:
    """Make the contacts of one household or organisation, with second records of some."""
    pathway = maker.scene.dice.draw(maker.pathways)
    size = maker.scene.dice.draw(maker.sizes[pathway])
    if pathway in (TruePathway.REFERRAL, TruePathway.B2B):
        drafts = _organisation(maker, pathway, size)
    else:
        drafts = _household(maker, pathway, size)
    for draft in drafts:
        spare = IDENTITY_DEFECTS if _shares(draft) else frozenset()
        plant_defects(draft, maker.scene, spare=spare)
        _recycle_address(maker.scene, draft, former)
        if draft.person.place not in _SERVED:
            draft.defects.add(Defect.OUT_OF_AREA)
        yield draft
        yield from second_record(maker.scene, draft, maker.numbers)


def _shares(draft: Draft) -> bool:
    """Say whether an address or number is shared on purpose, which no other defect may hide."""
    return not draft.defects.isdisjoint(
        (Defect.SHARED_PHONE, Defect.SHARED_EMAIL, Defect.GENERATION_SUFFIX)
    )


def _household(maker: _Maker, pathway: TruePathway, size: int) -> Iterator[Draft]:
    """Make people of one family name and place, who may share a telephone or an address."""
    scene, dice = maker.scene, maker.scene.dice
    place = pick_place(dice, scene.rates.defects.out_of_area)
    family, domain = pick_family_name(dice), pick_mail_domain(dice)
    head: Person | None = None
    for member in range(size):
        person = make_person(maker.numbers, dice, place, family=family, domain=domain)
        shared: set[Defect] = set()
        if head is None:
            head = person
        else:
            person, shared = _relative(scene, head, person, is_second=member == 1)
        draft = make_row(scene, "", person, tell_story(scene, pathway), None)
        draft.defects.update(shared)
        yield draft if size == 1 else replace(draft, household=f"hou-{head.number}")


def _relative(
    scene: Scene, head: Person, person: Person, *, is_second: bool
) -> tuple[Person, set[Defect]]:
    """Let a person share with the head of the household what families share.

    Only the second member may be the head's namesake, so that no two share one name entirely.
    """
    dice, rates = scene.dice, scene.rates.family
    shared: set[Defect] = set()
    if is_second and dice.chance(rates.generation_suffix):
        family = f"{head.family} {dice.pick(GENERATION_SUFFIXES)}"
        person = replace(person, given=head.given, family=family, phone=head.phone)
        return person, {Defect.GENERATION_SUFFIX, Defect.SHARED_PHONE}
    if dice.chance(rates.shared_phone):
        person = replace(person, phone=head.phone)
        shared.add(Defect.SHARED_PHONE)
    if dice.chance(rates.shared_email):
        person = replace(person, email=head.email)
        shared.add(Defect.SHARED_EMAIL)
    return person, shared


def _organisation(maker: _Maker, pathway: TruePathway, size: int) -> Iterator[Draft]:
    """Make the contacts of one practice or company, who may share its front-desk telephone."""
    scene, dice = maker.scene, maker.scene.dice
    place = pick_place(dice, scene.rates.defects.out_of_area)
    organisation = make_organisation(
        maker.numbers,
        dice,
        place,
        is_practice=pathway is TruePathway.REFERRAL,
        odd=scene.rates.defects.organisation_name_odd,
    )
    for _ in range(size):
        yield _member(maker, pathway, organisation, size)


def _member(maker: _Maker, pathway: TruePathway, organisation: Organisation, size: int) -> Draft:
    scene, dice = maker.scene, maker.scene.dice
    person = make_person(
        maker.numbers,
        dice,
        organisation.place,
        family=pick_family_name(dice),
        domain=organisation.domain,
    )
    is_shared = dice.chance(scene.rates.record.front_desk_phone)
    if is_shared:
        person = replace(person, phone=organisation.phone)
    draft = make_row(scene, "", person, tell_story(scene, pathway), organisation)
    if is_shared and size > 1:
        draft.defects.add(Defect.FRONT_DESK_PHONE)
        if dice.chance(0.1):
            draft.row["phone"] = f"{write_phone(person.phone, dice)} x{dice.between(10, 99)}"
    return draft


def _recycle_address(scene: Scene, draft: Draft, former: Draft | None) -> None:
    """Give a stranger's old e-mail address to a new person, as providers and employers do."""
    if former is None or not scene.dice.chance(scene.rates.defects.recycled_address):
        return
    if former.person.number == draft.person.number:
        return
    hidden = IDENTITY_DEFECTS | {Defect.SHARED_EMAIL}
    if draft.defects.isdisjoint(hidden) and former.defects.isdisjoint(IDENTITY_DEFECTS):
        draft.row["email"] = former.row["email"]
        draft.defects.add(Defect.RECYCLED_ADDRESS)
