"""Telephone numbers: what a valid one can be used for.

Numbers of the United States and Canada, by far the most, are told apart by their area code; a test
holds that to the library's answers. All others are put to the library, which takes fifty times as long.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType


class PhoneUse(StrEnum):
    """What a number is, as far as it matters for reaching a person."""

    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    FIXED = "fixed"
    TOLL_FREE = "toll_free"
    NOT_PERSONAL = "not_personal"


_USES = {
    PhoneNumberType.MOBILE: PhoneUse.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneUse.FIXED,
    PhoneNumberType.TOLL_FREE: PhoneUse.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: PhoneUse.NOT_PERSONAL,
    PhoneNumberType.SHARED_COST: PhoneUse.NOT_PERSONAL,
    PhoneNumberType.PAGER: PhoneUse.NOT_PERSONAL,
    PhoneNumberType.VOICEMAIL: PhoneUse.NOT_PERSONAL,
    PhoneNumberType.UAN: PhoneUse.NOT_PERSONAL,
}
"""Types that are not listed (either, internet, personal, unknown) can be anybody's."""
_CODES = {
    PhoneUse.TOLL_FREE: "DQ_PHONE_TOLL_FREE",
    PhoneUse.NOT_PERSONAL: "DQ_PHONE_NOT_PERSONAL",
}
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{3})(\d{4})", re.ASCII)
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_PREMIUM_AREA = "900"
_ISLANDS = frozenset(
    {
        "242", "246", "264", "268", "284", "340", "345", "441", "473", "649", "658", "664", "670",
        "671", "684", "721", "758", "767", "784", "787", "809", "829", "849", "868", "869", "876",
        "939",
    }
)  # fmt: skip
"""Areas of the plan outside of both countries, most of which tell mobile numbers from fixed ones."""
_INVENTED = frozenset({"1234567890", "0123456789", "9876543210", "1231231234", "1231234567"})


def use_of(phone: str) -> PhoneUse:
    """Tell what a valid number in E.164 is."""
    found = _NORTH_AMERICAN.fullmatch(phone)
    if found is None or found[1] in _ISLANDS:
        return _use_elsewhere(phone)
    if found[1] in _TOLL_FREE:
        return PhoneUse.TOLL_FREE
    return PhoneUse.NOT_PERSONAL if found[1] == _PREMIUM_AREA else PhoneUse.FIXED_OR_MOBILE


@lru_cache(maxsize=8192)
def _use_elsewhere(phone: str) -> PhoneUse:
    number = phonenumbers.parse(phone, None)
    return _USES.get(phonenumbers.number_type(number), PhoneUse.FIXED_OR_MOBILE)


def can_be_texted(phone: str) -> bool:
    """Tell whether a text message to a valid number can arrive; only a clear fixed line cannot."""
    return use_of(phone) in (PhoneUse.MOBILE, PhoneUse.FIXED_OR_MOBILE)


def looks_invented(text: str) -> bool:
    """Tell whether somebody only filled the field: one digit over and over, or 1 to 0 in a row."""
    digits = re.sub(r"\D", "", text)
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return national in _INVENTED or (len(digits) >= 7 and len(set(national)) == 1)


def is_fictional(phone: str) -> bool:
    """Tell whether a valid number is nobody's: 555-0100 to 555-0199, or plainly invented."""
    found = _NORTH_AMERICAN.fullmatch(phone)
    if found is None:
        return False
    is_reserved = found[2] == "555" and found[3].startswith("01")
    return is_reserved or looks_invented("".join(found.groups()))


@lru_cache(maxsize=8192)
def region_of(phone: str) -> str | None:
    """Name the country of a valid number; None when it belongs to none, or to several."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))


def codes_of(phone: str, served: frozenset[str]) -> tuple[str, ...]:
    """Give the reason codes of a valid number. ``served`` regions are not checked when empty."""
    codes = []
    if is_fictional(phone):
        codes.append("DQ_PHONE_FICTIONAL")
    use = use_of(phone)
    if use in _CODES:
        codes.append(_CODES[use])
    if served and region_of(phone) not in served and use is not PhoneUse.TOLL_FREE:
        codes.append("DQ_PHONE_REGION")
    return tuple(codes)
