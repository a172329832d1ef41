"""What is only a part of a record, and is deleted with it. Pure data.

Facts: the describes of Lead, Contact, Account, Campaign and Opportunity name these (``cascadeDelete``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OF_PEOPLE: Final = (
    ("Task", "WhoId"),
    ("Event", "WhoId"),
    ("TaskRelation", "RelationId"),
    ("EventRelation", "RelationId"),
    ("EmailMessageRelation", "RelationId"),
)
PARTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Lead": (("CampaignMember", "LeadId"), *_OF_PEOPLE),
    "Contact": (
        ("CampaignMember", "ContactId"),
        ("OpportunityContactRole", "ContactId"),
        *_OF_PEOPLE,
    ),
    "Account": (
        ("Contact", "AccountId"),
        ("Opportunity", "AccountId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
    "Campaign": (("CampaignMember", "CampaignId"), ("Task", "WhatId"), ("Event", "WhatId")),
    "Opportunity": (
        ("OpportunityContactRole", "OpportunityId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
    "Task": (("TaskRelation", "TaskId"),),
    "Event": (("EventRelation", "EventId"),),
    "EmailMessage": (("EmailMessageRelation", "EmailMessageId"),),
}
