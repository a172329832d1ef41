"""Plants what goes wrong with records: in forms, imports, spreadsheets and over the years.

Each defect is one small function that changes the row, and one rate. A defect is recorded only
when it really is in the row, so that truth.jsonl can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from worker.sample import vocabulary as words
from worker.sample.dice import Dice
from worker.sample.draft import Defect, Draft
from worker.sample.moments import DAY
from worker.sample.places import OTHER_STATES
from worker.sample.rates import DefectRates
from worker.sample.story import Scene
from worker.sample.vocabulary import TruePathway
from worker.sample.words import DISPOSABLE_DOMAINS, PLACEHOLDER_NAMES, ROLE_NAMES, TYPO_DOMAINS

Planter: TypeAlias = Callable[[Draft, Scene], bool]
"""Changes the row; False when this row cannot have the defect."""

_BAD_PHONES: Final = ("555-0123", "000-000-0000", "123", "(617) 555-01", "call office", "+1 617")
_CHOICES: Final = (
    "role", "lead_type", "service_line", "site", "program", "referral_category", "payer", "language",
)  # fmt: skip
_CONSENTS: Final = ("consent_email", "consent_phone", "consent_sms", "consent_proof", "consent_at")


def _malform_email(draft: Draft, scene: Scene) -> bool:
    local, _, domain = draft.row["email"].partition("@")
    forms = (f"{local}.{domain}", f"{local}@@{domain}", f"{local}@", f"{local}@mail,example.com")
    draft.row["email"] = scene.dice.pick(forms)
    return True


def _change_domain(domains: tuple[str, ...]) -> Planter:
    def plant(draft: Draft, scene: Scene) -> bool:
        local = draft.row["email"].partition("@")[0]
        draft.row["email"] = f"{local}@{scene.dice.pick(domains)}"
        return True

    return plant


def _use_role_address(draft: Draft, scene: Scene) -> bool:
    if draft.organisation is None:
        return False
    domain = draft.row["email"].partition("@")[2]
    draft.row["email"] = f"{scene.dice.pick(ROLE_NAMES)}@{domain}"
    return True


def _clear(*columns: str) -> Planter:
    def plant(draft: Draft, _scene: Scene) -> bool:
        draft.row.update(dict.fromkeys(columns, ""))
        return True

    return plant


def _set_true(column: str) -> Planter:
    def plant(draft: Draft, _scene: Scene) -> bool:
        draft.row[column] = "true"
        return True

    return plant


def _use_placeholder_name(draft: Draft, scene: Scene) -> bool:
    draft.row["first_name"] = scene.dice.pick(PLACEHOLDER_NAMES)
    if scene.dice.chance(0.6):
        draft.row["last_name"] = scene.dice.pick(PLACEHOLDER_NAMES)
    return True


def _break_phone(draft: Draft, scene: Scene) -> bool:
    draft.row["phone"] = scene.dice.pick(_BAD_PHONES)
    return True


def _use_placeholder_choice(draft: Draft, scene: Scene) -> bool:
    column = scene.dice.pick(_CHOICES)
    if draft.row[column]:
        return False
    draft.row[column] = scene.dice.pick(words.CHOICE_PLACEHOLDERS)
    return True


def _use_unknown_word(draft: Draft, scene: Scene) -> bool:
    if not draft.row["service_line"] or Defect.CHOICE_PLACEHOLDER in draft.defects:
        return False
    draft.row["service_line"] = scene.dice.pick(words.UNKNOWN_SERVICE_LINES)
    draft.defects.discard(Defect.VOCABULARY_VARIANT)
    return True


def _mismatch_state(draft: Draft, scene: Scene) -> bool:
    state = scene.dice.pick(OTHER_STATES)
    if state == draft.person.place[1]:
        return False
    draft.row["state"] = state
    return True


def _lose_zero(draft: Draft, _scene: Scene) -> bool:
    zip_code = draft.row["zip"]
    draft.row["zip"] = zip_code.lstrip("0")
    return zip_code.startswith("0")


def _create_in_future(draft: Draft, scene: Scene) -> bool:
    draft.row["created_at"] = scene.moments.text(scene.dice.between(5, 700) * DAY)
    return True


def _age(draft: Draft, scene: Scene) -> bool:
    """Leave a record untouched for years; only one without activities can be that old."""
    if draft.story.events or draft.story.ending.outcome:
        return False
    at = -scene.dice.between(760, 1500) * DAY
    for column in ("created_at", "received_at", "updated_at"):
        draft.row[column] = scene.moments.text(at)
    return True


def _mark_test(draft: Draft, scene: Scene) -> bool:
    draft.row["is_test"] = "true"
    if scene.dice.chance(0.5):
        draft.row["first_name"], draft.row["last_name"] = "Test", "Record"
    return True


def _import_without_consent(draft: Draft, _scene: Scene) -> bool:
    draft.row.update(dict.fromkeys(_CONSENTS, ""), channel="list_import", origin="import")
    return True


def _break_npi(draft: Draft, scene: Scene) -> bool:
    npi = draft.row["npi"]
    if not npi:
        return False
    wrong = str((int(npi[-1]) + 1) % 10)
    draft.row["npi"] = scene.dice.pick((npi[:-1] + wrong, npi[:-1]))
    return True


def _miss_lead_type(draft: Draft, _scene: Scene) -> bool:
    """Leave the type of the lead out, where the rest of the record still tells."""
    if draft.story.pathway is TruePathway.UNCLEAR:
        return False
    draft.row["lead_type"] = ""
    return True


_PLANTERS: Final[dict[Defect, Planter]] = {
    Defect.LEAD_TYPE_MISSING: _miss_lead_type,
    Defect.EMAIL_MALFORMED: _malform_email,
    Defect.EMAIL_TYPO_DOMAIN: _change_domain(TYPO_DOMAINS),
    Defect.EMAIL_DISPOSABLE: _change_domain(DISPOSABLE_DOMAINS),
    Defect.EMAIL_ROLE_ADDRESS: _use_role_address,
    Defect.EMAIL_MISSING: _clear("email"),
    Defect.NAME_PLACEHOLDER: _use_placeholder_name,
    Defect.NAME_MISSING: _clear("first_name", "last_name"),
    Defect.PHONE_INVALID: _break_phone,
    Defect.PHONE_MISSING: _clear("phone"),
    Defect.CHOICE_PLACEHOLDER: _use_placeholder_choice,
    Defect.VOCABULARY_UNKNOWN: _use_unknown_word,
    Defect.ZIP_STATE_MISMATCH: _mismatch_state,
    Defect.ZIP_ZERO_LOST: _lose_zero,
    Defect.ZIP_MISSING: _clear("zip"),
    Defect.CREATED_IN_FUTURE: _create_in_future,
    Defect.STALE: _age,
    Defect.NOT_NOW: _set_true("not_now"),
    Defect.TEST_RECORD: _mark_test,
    Defect.IMPORT_WITHOUT_CONSENT: _import_without_consent,
    Defect.OPTED_OUT_ALL: _set_true("opt_out_all"),
    Defect.OPTED_OUT_EMAIL: _set_true("opt_out_email"),
    Defect.OPTED_OUT_PHONE: _set_true("opt_out_phone"),
    Defect.OPTED_OUT_SMS: _set_true("opt_out_sms"),
    Defect.EMAIL_BOUNCED: _set_true("email_bounced"),
    Defect.CONSENT_MISSING: _clear(*_CONSENTS),
    Defect.NPI_INVALID: _break_npi,
}
_IDENTITY_GROUPS: Final = (
    frozenset(d for d in _PLANTERS if d.startswith("email_") and d is not Defect.EMAIL_BOUNCED),
    frozenset({Defect.PHONE_INVALID, Defect.PHONE_MISSING}),
    frozenset({Defect.NAME_PLACEHOLDER, Defect.NAME_MISSING, Defect.TEST_RECORD}),
    frozenset({Defect.ZIP_STATE_MISMATCH, Defect.ZIP_ZERO_LOST, Defect.ZIP_MISSING}),
)
_EXCLUSIVE: Final = (*_IDENTITY_GROUPS, frozenset({Defect.CREATED_IN_FUTURE, Defect.STALE}))
"""Groups of which a row has at most one, because a second would hide the first."""

IDENTITY_DEFECTS: Final = frozenset().union(*_IDENTITY_GROUPS)
"""Defects of name, address and number, which would hide a planted duplicate."""


@cache
def _table(rates: DefectRates) -> tuple[tuple[float, Defect, Planter, frozenset[Defect]], ...]:
    """Join each planter with its rate and the defects it cannot stand beside."""
    return tuple(
        (
            getattr(rates, defect.value),
            defect,
            planter,
            next((group for group in _EXCLUSIVE if defect in group), frozenset()),
        )
        for defect, planter in _PLANTERS.items()
    )


def plant_defects(draft: Draft, scene: Scene, *, spare: frozenset[Defect] = frozenset()) -> None:
    """Plant defects by chance, except those in ``spare``."""
    uniform, defects = scene.dice.uniform, draft.defects
    for rate, defect, planter, rivals in _table(scene.rates.defects):
        if uniform() >= rate or defect in spare or not rivals.isdisjoint(defects):
            continue
        if planter(draft, scene):
            defects.add(defect)


def damage_id(contact_id: str, number: int, dice: Dice) -> str:
    """Make of an id what a spreadsheet makes of it; ``number`` keeps the damaged ids distinct."""
    if dice.chance(0.5):
        return f"{contact_id}.0"
    mantissa = str(100_000 + number % 900_000)
    return f"{mantissa[0]}.{mantissa[1:]}E+{11 + number // 900_000}"
