"""Invented and very common words for names of people and organisations.

Family names are mostly joined from two syllables, so that whoever carries one in life does so by
accident; a few very common ones bring accents, apostrophes, hyphens and particles.
"""

from __future__ import annotations

from typing import Final

from worker.sample.lists import listed

GIVEN_NAMES: Final = listed(
    "Maria José João Anna James Linda Robert Patricia Michael Jennifer William Elizabeth David"
    " Susan Richard Jessica Joseph Sarah Thomas Karen Charles Nancy Daniel Lisa Matthew Betty"
    " Anthony Sandra Mark Ashley Paul Emily Steven Donna Andrew Michelle Kenneth Carol Joshua"
    " Amanda Kevin Melissa Brian Deborah George Stephanie Edward Rebecca Ronald Laura Timothy"
    " Sharon Jason Cynthia Jeffrey Kathleen Ryan Amy Jacob Angela Gary Shirley Nicholas Brenda"
    " Eric Emma Jonathan Pamela Stephen Nicole Larry Helen Justin Samantha Scott Katherine"
    " Brandon Christine Benjamin Debra Samuel Rachel Gregory Carolyn Alexander Janet Frank"
    " Catherine Zoë Renée Noël Inês Sofía Andrés Raúl Lúcia Chloé Priya Wei Amina Omar Yuki"
    " Tariq Ngozi Olga Ivan Fatima Kofi Leila Mateo Rosa Elena Hugo Marta"
)
_FAMILY_STARTS: Final = listed(
    "Bar Bel Bran Cal Cor Dal Dor El Fal Far Fen Gar Gil Hal Har Hol Jar Kel Kin Lam Lor Mal Mar"
    " Mel Mor Nal Nor Or Pel Per Quin Ral Ren Ros Sal Sel Tal Tor Val Var Wel Wil Yar Zel"
)
_FAMILY_ENDS: Final = listed(
    "aby ack adan after aldo ander arcos ash avel bury by cott dane dell don een elin emont enko"
    " erby eth field ford gate gren ham hurst ida ikova in ington ison land ley lin lock low mack"
    " man mere mont nay ock odan olino oran over quist ridge rick row sby set stead stone strand"
    " thorpe ton ubo ulis vane vero ward way wick wood worth yan"
)
COMMON_FAMILY_NAMES: Final = (
    "García", "Núñez", "Gonçalves", "O'Brien", "D'Souza", "de la Cruz", "Van Dyke", "St. John",
    "Nguyễn", "Müller", "Smith", "Johnson", "Brown", "Silva", "Santos", "Chen", "Kim", "Patel",
    "Smith-Jones", "Pérez-Díaz", "Lee", "Ng",
)  # fmt: skip
FAMILY_NAMES: Final = tuple(start + end for start in _FAMILY_STARTS for end in _FAMILY_ENDS)
GENERATION_SUFFIXES: Final = ("Sr", "Jr")

PLACE_WORDS: Final = listed(
    "Harborview Eastside Oakmere Riverbend Northgate Maplewood Stonebridge Lakeshore Bayline"
    " Westbrook Ironhill Clearwater Brightfield Elmstead Fairpoint Greyrock Highmoor Juniper"
    " Kestrel Larkspur Millpond Newhaven Oldfield Pinecrest Quarry Redwood Summerhill Tidewater"
    " Upland Valewood Willowmere Yarrow Foxglove Cedarholm Amberly Beacon Copperline Driftwood"
)
PRACTICE_WORDS: Final = (
    "Family Medicine", "Internal Medicine", "Pediatrics", "Orthopedic Associates", "Clinic",
    "Medical Group, LLC", "Primary Care, P.C.", "Rehabilitation & Nursing", "Hospital",
)  # fmt: skip
COMPANY_WORDS: Final = (
    "Manufacturing", "Logistics, Inc.", "Software", "Foods", "Insurance", "Health Plan", "Transit",
    "Credit Union", "Schools", "Energy Partners, LP",
)  # fmt: skip
PLACEHOLDER_NAMES: Final = ("test", "asdf", "xxx", "N/A", "unknown", "tbd", "Select")

MAIL_DOMAINS: Final = (
    "mail.example.com", "post.example.net", "home.example.org", "inbox.example.com",
    "web.example.net", "letters.example.org", "example.com",
)  # fmt: skip
TYPO_DOMAINS: Final = (
    "gmial.com", "gmai.com", "gamil.com", "yaho.com", "hotmial.com", "outlok.com",
)  # fmt: skip
DISPOSABLE_DOMAINS: Final = (
    "mailinator.com", "guerrillamail.com", "10minutemail.com", "yopmail.com", "trashmail.com",
)  # fmt: skip
ROLE_NAMES: Final = ("info", "admin", "office", "sales", "contact", "billing", "frontdesk")
