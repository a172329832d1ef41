"""Near-misses: a word that is a known one but for its spaces, its punctuation or one slip of the hand.

Such a word is not accepted: only a person knows what was meant. It is told apart from a word nobody
has ever heard of, because the cure is another one: mend the form or the import, or add a synonym.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rapidfuzz.distance import OSA

SHORTEST = 5
"""Letters a word must have for one slip to leave it recognisable: "pt" is one slip from "pcp"."""


def squeeze(word: str) -> str:
    """Fold case and leave out everything that is neither letter nor digit."""
    return "".join(filter(str.isalnum, word.casefold()))


def compile_near(known: Iterable[str]) -> Callable[[str], bool]:
    """Build the function that tells whether a word, not itself known, is nearly a known one.

    One slip is a letter too many, too few, another, or two swapped. A word with digits must agree in
    all of them: "18-65" is not a slip of "18-64".
    """
    squeezed = frozenset(filter(None, map(squeeze, known)))
    long = sorted(word for word in squeezed if len(word) >= SHORTEST and word.isalpha())

    def is_near(word: str) -> bool:
        given = squeeze(word)
        if given in squeezed:
            return True
        if len(given) < SHORTEST or not given.isalpha():
            return False
        return any(OSA.distance(given, other, score_cutoff=1) <= 1 for other in long)

    return is_near
