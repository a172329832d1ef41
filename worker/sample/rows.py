"""Fills the row of one contact from its person, its organisation and its story.

What a pathway's forms ask for is here; what goes wrong with it is planted afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from worker.sample import vocabulary as words
from worker.sample.actions import Shown
from worker.sample.columns import BLANK_ROW, Row
from worker.sample.draft import Defect, Draft
from worker.sample.moments import DAY
from worker.sample.people import Organisation, Person, write_phone
from worker.sample.places import STATE_WORDS
from worker.sample.story import Scene, Story
from worker.sample.vocabulary import TruePathway

_STATE_IN_WORDS: Final = 0.08
_PRACTICE_SIZE: Final = (1, 60)


def make_row(
    scene: Scene, contact_id: str, person: Person, story: Story, organisation: Organisation | None
) -> Draft:
    """Make the contact as a careful person would have entered it."""
    row = BLANK_ROW.copy()
    draft = Draft(
        row=row,
        story=story,
        person=person,
        organisation=f"org-{organisation.number}" if organisation else None,
    )
    row["contact_id"] = contact_id
    _fill_person(scene, row, person)
    _fill_times(scene, row, story)
    _fill_wanted(scene, draft)
    _fill_consent(scene, row)
    _fill_pathway[story.pathway](scene, draft)
    if organisation is not None:
        row["organization"] = organisation.name
        if organisation.is_named_oddly:
            draft.defects.add(Defect.ORGANISATION_NAME_ODD)
        if story.pathway is TruePathway.REFERRAL:
            row["npi"] = organisation.npi
    fill_work(scene, draft)
    return draft


def fill_work(scene: Scene, draft: Draft) -> None:
    """Fill what people and integrations did: stage, owner, verdict and outcome."""
    row, ending, dice = draft.row, draft.story.ending, scene.dice
    if ending.outcome:
        row["outcome"] = ending.outcome
        row["outcome_at"] = scene.moments.text(ending.at)
        row["sales_verdict"] = ending.verdict
        if ending.verdict == "Rejected":
            reasons = words.REJECTION_REASONS
            row["verdict_reason"] = reasons[ending.at % len(reasons)]
        row["lifecycle_stage"] = ending.stage
        row["owner_id"] = ending.owner
        return
    row["lifecycle_stage"] = dice.draw(words.EARLY_STAGES)
    row["owner_id"] = _early_owner(scene, draft.story)
    if row["owner_id"] in words.INACTIVE_OWNERS:
        draft.defects.add(Defect.OWNER_INACTIVE)


def _early_owner(scene: Scene, story: Story) -> str:
    dice, rates = scene.dice, scene.rates.owners
    choices: tuple[tuple[float, tuple[str, ...]], ...] = (
        (rates.integration, (words.INTEGRATION_OWNER,)),
        (rates.team, words.owners_for(story.pathway, story.line)),
        (rates.inactive, words.INACTIVE_OWNERS),
        (rates.outside, words.OUTSIDE_OWNERS),
        (rates.queue, (words.QUEUE_OWNER,)),
    )
    draw = dice.uniform()
    for rate, owners in choices:
        if draw < rate:
            return dice.pick(owners)
        draw -= rate
    return ""


def _fill_person(scene: Scene, row: Row, person: Person) -> None:
    dice = scene.dice
    zip_code, state = person.place
    row["first_name"], row["last_name"] = person.given, person.family
    row["email"] = person.email
    row["phone"] = write_phone(person.phone, dice)
    row["zip"] = zip_code
    in_words = dice.chance(_STATE_IN_WORDS)
    row["state"] = STATE_WORDS.get(state, state) if in_words else state
    row["preferred_contact"] = dice.draw(words.PREFERRED)
    if dice.chance(scene.rates.record.hubspot_id):
        row["hubspot_id"] = str(51_000_000_000 + person.number)


def _fill_times(scene: Scene, row: Row, story: Story) -> None:
    last = story.events[-1][0] if story.events else story.created
    received = story.focus if story.shown is Shown.STRONG else story.created
    row["created_at"] = scene.moments.text(story.created)
    row["received_at"] = scene.moments.text(received)
    row["updated_at"] = scene.moments.text(max(last, story.created, story.ending.at or last))
    row["channel"] = story.channel
    row["origin"] = scene.dice.draw(words.ORIGINS)


def _fill_wanted(scene: Scene, draft: Draft) -> None:
    """State when the lead wants to begin, if it did: counted from when it asked."""
    dice, rates, story = scene.dice, scene.rates.record, draft.story
    slope = rates.wanted_slope if story.shown is Shown.STRONG else 0.0
    if dice.chance(rates.wanted_base + slope * story.readiness):
        ahead = dice.between(45, 240) if dice.chance(rates.wanted_far) else dice.between(2, 28)
        day = story.focus // DAY + ahead
        draft.row["wanted_date"] = scene.moments.day_text(day)
        if day < 0:
            draft.defects.add(Defect.WANTED_DATE_PAST)
    elif dice.chance(rates.wanted_within_days):
        days = dice.pick(("7", "14", "30", "60", "90"))
        stated = words.TIMEFRAMES.get(days)
        draft.row["wanted_timeframe" if stated else "wanted_within_days"] = stated or days


def _fill_consent(scene: Scene, row: Row) -> None:
    dice, rates = scene.dice, scene.rates.record
    given = False
    for column, rate in (
        ("consent_email", rates.consent_email),
        ("consent_phone", rates.consent_phone),
        ("consent_sms", rates.consent_sms),
    ):
        if dice.chance(rate):
            row[column], given = "true", True
        elif dice.chance(rates.refused):
            row[column] = "false"
    if given:
        row["consent_proof"] = f"form-{dice.between(100000, 999999)}"
        row["consent_at"] = row["created_at"]


def _fill_line(scene: Scene, draft: Draft) -> None:
    """Name the service line, as its title or in one of the ways people write it."""
    dice, rates, story = scene.dice, scene.rates, draft.story
    is_interested = story.shown >= Shown.MEDIUM
    rate = rates.record.line_when_interested if is_interested else rates.record.line_otherwise
    if not dice.chance(rate):
        return
    if dice.chance(rates.defects.vocabulary_variant):
        draft.row["service_line"] = dice.pick(words.VARIANTS[story.line])
        draft.defects.add(Defect.VOCABULARY_VARIANT)
    else:
        draft.row["service_line"] = words.TITLES[story.line]


def _fill_patient(scene: Scene, draft: Draft) -> None:
    dice, rates, row = scene.dice, scene.rates.record, draft.row
    row["lead_type"] = words.LEAD_TYPES[TruePathway.PATIENT]
    row["role"] = dice.draw(words.PATIENT_ROLES)
    _fill_line(scene, draft)
    if row["service_line"] and dice.chance(rates.site):
        row["site"] = dice.pick(words.SITES.get(draft.person.place[1], words.SITES["MA"]))
    if dice.chance(rates.payer):
        row["payer"] = dice.draw(words.PAYERS)
    if dice.chance(rates.patient_status):
        row["patient_status"] = "New" if dice.chance(0.7) else "Existing"
    if scene.ages.chance(rates.age_band):
        row["age_band"] = scene.ages.draw(words.AGE_BANDS)
    if dice.chance(rates.language):
        row["language"] = dice.draw(words.LANGUAGES)


def _fill_referral(scene: Scene, draft: Draft) -> None:
    dice, rates, row = scene.dice, scene.rates, draft.row
    row["lead_type"] = words.LEAD_TYPES[TruePathway.REFERRAL]
    row["role"] = dice.draw(words.REFERRAL_ROLES)
    row["organization_type"] = dice.draw(words.PRACTICE_TYPES)
    row["organization_size"] = str(dice.between(*_PRACTICE_SIZE)) if dice.chance(0.3) else ""
    _fill_line(scene, draft)
    if draft.story.shown is not Shown.STRONG:
        return
    if dice.chance(rates.record.category):
        row["referral_category"] = dice.draw(words.REFERRAL_CATEGORIES)
    if dice.chance(rates.defects.documents_incomplete):
        row["documents"] = dice.pick(("Referral letter", "insurance_card", "letter", ""))
        draft.defects.add(Defect.DOCUMENTS_INCOMPLETE)
    else:
        row["documents"] = dice.pick(
            ("Referral letter;Insurance card", "letter;card;imaging_report")
        )


def _fill_b2b(scene: Scene, draft: Draft) -> None:
    dice, rates, row, story = scene.dice, scene.rates.record, draft.row, draft.story
    row["lead_type"] = words.LEAD_TYPES[TruePathway.B2B]
    row["role"] = dice.draw(words.B2B_ROLES)
    row["organization_type"] = dice.draw(words.COMPANY_TYPES)
    if dice.chance(rates.size):
        size = int(20 * 4000 ** dice.uniform())  # 20 to 80,000, evenly on a logarithmic scale
        row["organization_size"] = f"{size:,}" if dice.chance(0.04) else str(size)
    if dice.chance(rates.program):
        is_variant = dice.chance(scene.rates.defects.vocabulary_variant)
        row["program"] = dice.pick(words.PROGRAM_VARIANTS if is_variant else words.PROGRAMS)
        if is_variant:
            draft.defects.add(Defect.VOCABULARY_VARIANT)
    if dice.chance(rates.procurement_base + rates.procurement_slope * story.readiness):
        row["procurement_timing"] = dice.draw(words.PROCUREMENT)
        if row["procurement_timing"] == "This year":
            row["procurement_timeframe"] = "by end of year"


def _fill_unclear(scene: Scene, draft: Draft) -> None:
    """Say nothing from which a pathway could be read."""
    for column in ("wanted_date", "wanted_within_days", "wanted_timeframe"):
        draft.row[column] = ""
    draft.defects.discard(Defect.WANTED_DATE_PAST)
    draft.row["origin"] = "import" if scene.dice.chance(0.5) else draft.row["origin"]


_fill_pathway: Final[Mapping[TruePathway, Callable[[Scene, Draft], None]]] = {
    TruePathway.PATIENT: _fill_patient,
    TruePathway.REFERRAL: _fill_referral,
    TruePathway.B2B: _fill_b2b,
    TruePathway.UNCLEAR: _fill_unclear,
}
