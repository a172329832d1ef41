"""Makes second records of a person, as forms, imports and two teams make them.

The person stays the same in truth.jsonl; what ties the two records together is the e-mail address,
or the telephone number with the name, never the number alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from worker.sample.defects import IDENTITY_DEFECTS, plant_defects
from worker.sample.dice import Dice
from worker.sample.draft import Defect, Draft
from worker.sample.people import Numbers, Person, pick_mail_domain, slug, write_phone
from worker.sample.rows import make_row
from worker.sample.story import Scene, tell_story

_CARRIED = ("organization", "organization_type", "organization_size", "npi", "role", "lead_type")


def second_record(scene: Scene, first: Draft, numbers: Numbers) -> Iterator[Draft]:
    """Yield a second record of the same person, or nothing."""
    rates = scene.rates.defects
    if not scene.dice.chance(rates.duplicate) or not _is_intact(first):
        return
    story = tell_story(scene, first.story.pathway, first.story.readiness)
    draft = make_row(scene, "", first.person, story, None)
    for column in _CARRIED:
        draft.row[column] = first.row[column]
    if Defect.ORGANISATION_NAME_ODD in first.defects:
        draft.defects.add(Defect.ORGANISATION_NAME_ODD)
    draft = replace(draft, household=first.household, organisation=first.organisation)
    plant_defects(draft, scene, spare=IDENTITY_DEFECTS | {Defect.LEAD_TYPE_MISSING})
    draft.defects.add(_vary(scene, draft, numbers.take()))
    is_conflict = scene.dice.chance(rates.duplicate_consent_conflict)
    if is_conflict and first.row["consent_email"] == "true":
        draft.row["opt_out_all"] = "true"
        draft.defects.update((Defect.DUPLICATE_CONSENT_CONFLICT, Defect.OPTED_OUT_ALL))
    yield draft


def _is_intact(first: Draft) -> bool:
    """Say whether the first record still has the name, address and number to be known by."""
    hidden = IDENTITY_DEFECTS | {Defect.SHARED_EMAIL, Defect.RECYCLED_ADDRESS}
    return first.defects.isdisjoint(hidden)


def _vary(scene: Scene, draft: Draft, number: int) -> Defect:
    """Let the second record differ from the first in one of the usual ways."""
    dice, row, person = scene.dice, draft.row, draft.person
    kind = dice.uniform()
    if kind < 0.45:
        row["email"] = _recase(person, dice)
        row["phone"] = row["phone"] if dice.chance(0.5) else ""
        return Defect.DUPLICATE_SAME_EMAIL
    row["email"] = f"{slug(person.given)}{number}@{pick_mail_domain(dice)}"
    row["phone"] = write_phone(person.phone, dice)
    if kind < 0.75:
        return Defect.DUPLICATE_SAME_PHONE
    row["first_name"] = _mistype(row["first_name"], dice)
    row["last_name"] = _mistype(row["last_name"], dice)
    return Defect.DUPLICATE_TYPO_NAME


def _recase(person: Person, dice: Dice) -> str:
    local, _, domain = person.email.partition("@")
    forms = (person.email.upper(), f"{local.title()}@{domain}", f"{local}@{domain.title()}")
    return f" {dice.pick(forms)}" if dice.chance(0.1) else dice.pick(forms)


def _mistype(name: str, dice: Dice) -> str:
    """Swap two neighbouring letters inside a name, or double one."""
    if len(name) < 4:
        return name
    at = dice.between(1, len(name) - 3)
    if dice.chance(0.5):
        return name[:at] + name[at] + name[at:]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
