"""Stand-ins: what people and forms write where a value or a name should be.

Short and odd names are names: Ng, Li, O, Null, Na, Test. So a name is only refused for what no name
is, and a word that also is a surname is not refused beside a proper given name.
"""

from __future__ import annotations

import re
from functools import lru_cache

ANYWHERE = frozenset(
    {
        "n/a", "n.a", "#n/a", "not applicable", "not available", "not provided", "not specified",
        "not given", "no answer", "no value", "unknown", "unk", "unspecified", "undefined",
        "select", "select one", "select...", "please select", "please choose", "choose", "choose one",
        "tbd", "tba", "to be determined", "placeholder", "dummy", "asdf", "qwerty", "(blank)",
        "test test", "testtest",
    }
)  # fmt: skip
"""Words that stand for nothing in any field that has no such word of its own."""
IN_TEXT = ANYWHERE | {"none", "null", "nil", "na", "test", "testing", "xxx", "nothing"}
"""Words that stand for nothing in free text. A list may have ``none`` or ``NA`` as an answer."""
IN_NAMES = ANYWHERE | {
    "none", "testing", "test user", "asd", "qwe", "abc", "abcd", "xyz", "foobar", "foo bar",
    "first name", "firstname", "last name", "lastname", "name", "full name", "your name",
    "given name", "family name", "surname", "no name", "noname", "no first name", "no last name",
    "anonymous", "nobody", "user", "customer", "new patient", "contact", "new lead", "delete",
    "delete me", "do not use", "duplicate", "mr", "mrs", "ms",
}  # fmt: skip
"""Words that no person is called. Blank, Foo, Tester and Nil are names, and so not among them."""
SURNAMES = frozenset({"test", "null", "na", "doe"})
"""Stand-ins that are surnames too: what stands beside one decides."""
_NO_GIVEN_NAMES = frozenset({"test", "null"})
_EXAMPLES = frozenset({"jane", "john"})
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_RUNS = tuple(keys for row in _ROWS for keys in (row, row[::-1]))
_EDGE_RUN, _ANY_RUN = 4, 5
_ELSEWHERE = re.compile(r"@|://|\bwww\.|\.(?:com|net|org|edu|gov)\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:2nd|3rd|[4-9]th)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_EDGES = " \t.,;:!?*_-'\"()[]<>/\\"


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _bare(folded: str) -> str:
    return folded.strip(_EDGES)


def is_keyboard_run(word: str) -> bool:
    """Tell whether a word only runs along a row of keys: ``asdf``, ``lkjhg``, ``asdfasdf``.

    Four keys count from the edge of a row, five anywhere, so that Wert remains a name.
    """
    length = len(word)
    if length < _EDGE_RUN:
        return False
    half = length // 2
    if length % 2 == 0 and half >= 3 and word[:half] == word[half:]:
        return any(word[:half] in keys for keys in _RUNS)
    for keys in _RUNS:
        if length >= _ANY_RUN and word in keys:
            return True
        if keys.startswith(word) or keys.endswith(word):
            return True
    return False


def _is_repeated(word: str, least: int) -> bool:
    return len(word) >= least and len(set(word)) == 1


def _is_nothing(folded: str) -> bool:
    return not any(character.isalnum() for character in folded)


def is_stand_in(text: str, *, is_choice: bool) -> bool:
    """Tell whether a text or a choice says nothing. ``AAA`` may be an organisation; ``aaaa`` is not."""
    folded = _fold(text)
    word = _bare(folded)
    if _is_nothing(folded) or folded in ANYWHERE or word in ANYWHERE:
        return True
    if is_choice:
        return False
    return word in IN_TEXT or _is_repeated(word, 4) or is_keyboard_run(word)


def is_name_stand_in(text: str, added: frozenset[str] = frozenset()) -> bool:
    """Tell whether no person is called so. A word that also is a surname does not count here."""
    folded = _fold(text)
    word = _bare(folded)
    if _is_nothing(folded) or folded in IN_NAMES or word in IN_NAMES:
        return True
    if (folded in added or word in added) and word not in SURNAMES:
        return True
    if _is_repeated(word, 3) or is_keyboard_run(word):
        return True
    parts = word.split()
    return len(parts) > 1 and all(part in SURNAMES or part in IN_NAMES for part in parts)


@lru_cache(maxsize=8192)
def name_code(text: str, added: frozenset[str]) -> str | None:
    """Give the reason code of any name by itself: a stand-in, or an address, link or number."""
    if _ELSEWHERE.search(text):
        return "DQ_NAME_NOT_A_NAME"
    if is_name_stand_in(text, added):
        return "DQ_NAME_PLACEHOLDER"
    is_numbered = _DIGIT.search(_ORDINAL.sub("", text)) is not None
    return "DQ_NAME_NOT_A_NAME" if is_numbered else None


@lru_cache(maxsize=8192)
def given_name_code(first: str, added: frozenset[str]) -> str | None:
    """Give the reason code of a given name."""
    if _bare(_fold(first)) in _NO_GIVEN_NAMES:
        return "DQ_NAME_PLACEHOLDER"
    return name_code(first, added)


@lru_cache(maxsize=8192)
def surname_code(last: str, first: str | None, added: frozenset[str]) -> str | None:
    """Give the reason code of a surname, by the given name beside it where it may be a stand-in."""
    word = _bare(_fold(last))
    if word not in SURNAMES:
        return name_code(last, added)
    given = _bare(_fold(first)) if first is not None else None
    if first is not None and (given == word or given_name_code(first, added) is not None):
        return "DQ_NAME_PLACEHOLDER"
    if word == "test":
        return "DQ_NAME_PLACEHOLDER" if given is None else "DQ_NAME_DOUBTFUL"
    is_example = word == "doe" and given in _EXAMPLES
    return "DQ_NAME_DOUBTFUL" if is_example or (word == "null" and given is None) else None
