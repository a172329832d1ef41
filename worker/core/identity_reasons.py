"""What is said of who is one person, where that is not clear: one sentence for each reason.

Apart from the catalogue, as the sentences of consent are.
"""

from __future__ import annotations

from typing import Final

IDENTITY_WARNINGS: Final = (
    ("IDENTITY_AMBIGUOUS", "Shares an address with another name."),
    (
        "IDENTITY_REFERENCES_CONTRADICT",
        "The ids that its CRM records have of each other do not agree.",
    ),
    (
        "IDENTITY_MERGE_REVIVED_CONSENT",
        "A record merged away had refused contact; that holds until consent is given anew.",
    ),
    (
        "IDENTITY_MERGE_REVIVED_STAGE",
        "A record merged away was further on, or closed; a person should set the stage.",
    ),
)
