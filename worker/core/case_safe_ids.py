"""Salesforce's two forms of one id: 15 letters whose case counts, and 18 that survive losing it.

Reports and spreadsheets give the short form, interfaces the long one, and some tools fold the case of
both. The three letters more say which of the fifteen are capitals, so that the long form can be mended.
Source: Salesforce's help, "How to convert a 15 character id to an 18 character case-safe id".
"""

from __future__ import annotations

_CASES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
"""A letter of the check stands for five bits: which letters of its group are capitals, the first lowest."""
_SHORT, _LONG, _GROUP = 15, 18, 5


def short_form(record_id: str) -> str:
    """Give the form of 15 letters with the case that the check names; any other id as it is."""
    if len(record_id) != _LONG or not (record_id.isascii() and record_id.isalnum()):
        return record_id
    bits = [_CASES.find(letter) for letter in record_id[_SHORT:].upper()]
    letters = [
        _cased(letter, is_capital=bool(bits[place // _GROUP] >> (place % _GROUP) & 1))
        for place, letter in enumerate(record_id[:_SHORT])
    ]
    if min(bits) < 0 or "" in letters:
        return record_id
    return "".join(letters)


def forms_of(record_id: str) -> frozenset[str]:
    """Give every form in which a record with this id may be stored; any other id alone."""
    short = short_form(record_id)
    if len(short) != _SHORT or not (short.isascii() and short.isalnum()):
        return frozenset({record_id})
    groups = (short[start : start + _GROUP] for start in range(0, _SHORT, _GROUP))
    check = (sum(letter.isupper() << bit for bit, letter in enumerate(group)) for group in groups)
    return frozenset({record_id, short, short + "".join(_CASES[bits] for bits in check)})


def _cased(letter: str, *, is_capital: bool) -> str:
    """The letter in its case; nothing where a digit is said to be a capital."""
    if is_capital:
        return letter.upper() if letter.isalpha() else ""
    return letter.lower()
