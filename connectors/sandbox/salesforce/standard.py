"""The object types that every org has, as a table: one line a field.

A line is ``Name type flags values``. Types: ``string:80`` has a length, ``ref:User,Group`` refers. Flags:
``!`` required, ``r`` read-only, ``c`` may be set when a record is made and never after, ``u`` may be
changed and not set at first, ``d`` has a default (with ``n`` it may be emptied), ``R`` a restricted
picklist, ``h`` tracked by history. Values of a picklist stand behind ``=``, parted by ``|``; the one
with ``*`` is the default. Names, lengths and flags are those of recorded describes and of the Object
Reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.sandbox.salesforce.fields import Field, ObjectType, Option, Stored
from connectors.sandbox.salesforce.standard_setup import SETUP

_AUDIT: Final = """
CreatedDate datetime rd
CreatedById ref:User rd
LastModifiedDate datetime rd
LastModifiedById ref:User rd
SystemModstamp datetime rd
IsDeleted boolean rd
"""
_PERSON: Final = """
LastName string:80 !h
FirstName string:40 h
Salutation picklist:40 = Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.
Name string:121 rd
Title string:128
Phone phone:40 h
MobilePhone phone:40 h
Fax phone:40
Email email:80 h
Description textarea:32000
LeadSource picklist:255 = Web|Phone Inquiry|Partner Referral|Purchased List|Other
LastActivityDate date r
HasOptedOutOfEmail boolean dh
HasOptedOutOfFax boolean d
DoNotCall boolean dh
IndividualId ref:Individual
RecordTypeId ref:RecordType
"""
_ACTIVITY: Final = """
WhoId ref:Contact,Lead
WhatId ref:Account,Campaign,Opportunity
Subject combobox:255 = Call|Email|Meeting|Send Letter/Quote|Other
ActivityDate date
Description textarea:32000
AccountId ref:Account r
IsArchived boolean rd
IsRecurrence boolean cd
"""
TABLES: Final = {
    "Lead 00Q Leads": _PERSON
    + """
MasterRecordId ref:Lead r
EmailBouncedReason string:255 u
EmailBouncedDate datetime u
Company string:255 !
Street textarea:255
City string:40
State string:80
PostalCode string:20
Country string:80
Address address r
Website url:255
Status picklist:255 !dh = Open - Not Contacted*|Working - Contacted|Closed - Converted|Closed - Not Converted
Industry picklist:255 = Agriculture|Biotechnology|Education|Healthcare|Insurance|Other
Rating picklist:255 = Hot|Warm|Cold
AnnualRevenue currency
NumberOfEmployees int
OwnerId ref:Group,User !dh
IsConverted boolean cd
ConvertedDate date r
ConvertedAccountId ref:Account r
ConvertedContactId ref:Contact r
ConvertedOpportunityId ref:Opportunity r
IsUnreadByOwner boolean d
""",
    "Contact 003 Contacts": _PERSON
    + """
MasterRecordId ref:Contact r
EmailBouncedReason string:255
EmailBouncedDate datetime
AccountId ref:Account h
MailingStreet textarea:255
MailingCity string:40
MailingState string:80
MailingPostalCode string:20
MailingCountry string:80
MailingAddress address r
HomePhone phone:40
OtherPhone phone:40
Department string:80
ReportsToId ref:Contact
Birthdate date
OwnerId ref:User !dh
IsEmailBounced boolean rd
IsPersonAccount boolean rd
""",
    "Account 001 Accounts": """
MasterRecordId ref:Account r
Name string:255 !h
Type picklist:255 = Prospect|Customer - Direct|Customer - Channel|Other
ParentId ref:Account
BillingStreet textarea:255
BillingCity string:40
BillingState string:80
BillingPostalCode string:20
BillingCountry string:80
BillingAddress address r
Phone phone:40
Fax phone:40
AccountNumber string:40
Website url:255
Industry picklist:255 = Agriculture|Biotechnology|Education|Healthcare|Insurance|Other
AnnualRevenue currency
NumberOfEmployees int
Description textarea:32000
Site string:80
OwnerId ref:User !dh
LastActivityDate date r
RecordTypeId ref:RecordType
""",
    "Task 00T Tasks": _ACTIVITY
    + """
Status picklist:40 !d = Not Started*|In Progress|Completed|Waiting on someone else|Deferred
Priority picklist:40 !d = High|Normal*|Low
IsHighPriority boolean rd
OwnerId ref:Group,User !d
IsClosed boolean rd
TaskSubtype picklist:40 cR = Task|Email|Call|ListEmail
CallType picklist:40 R = Internal|Inbound|Outbound
CallDurationInSeconds int
CallDisposition string:255
CompletedDateTime datetime r
""",
    "Event 00U Events": _ACTIVITY
    + """
Location string:255
IsAllDayEvent boolean d
ActivityDateTime datetime
StartDateTime datetime
EndDateTime datetime
DurationInMinutes int
OwnerId ref:Calendar,User !d
IsPrivate boolean d
ShowAs picklist:40 dnR = Busy*|OutOfOffice|Free
EventSubtype picklist:40 cR = Event
IsChild boolean rd
""",
    "EventRelation 0RE EventRelations": """
EventId ref:Event c!
RelationId ref:Account,Calendar,Campaign,Contact,Lead,Opportunity,User c!
Status picklist:40 dnR = New*|Accepted|Declined|Uninvited|Maybe
RespondedDate datetime
Response string:255
""",
    "Campaign 701 Campaigns": """
Name string:80 !
ParentId ref:Campaign
Type picklist:40 = Conference|Webinar|Trade Show|Public Relations|Partners|Referral Program|Email|Other
Status picklist:40 dn = Planned*|In Progress|Completed|Aborted
StartDate date
EndDate date
IsActive boolean d
Description textarea:32000
OwnerId ref:User !d
LastActivityDate date r
""",
    "CampaignMember 00v CampaignMembers": """
CampaignId ref:Campaign c!
LeadId ref:Lead c
ContactId ref:Contact c
LeadOrContactId ref:Contact,Lead r
Status picklist:40 d = Sent*|Responded|Registered|Attended|No Show
HasResponded boolean rd
FirstRespondedDate date r
HasOptedOutOfEmail boolean rd
DoNotCall boolean rd
Email email:80 r
""",
    "EmailMessage 02s EmailMessages": """
ParentId ref:Case c
RelatedToId ref:Account,Campaign,Opportunity
ActivityId ref:Task c
FromAddress email:1000
FromName string:1000
ToAddress string:4000
Subject string:3000
TextBody textarea:32000
HtmlBody textarea:32000
Incoming boolean cd
Status picklist:40 !dR = 0*|1|2|3|4|5
MessageDate datetime
IsClientManaged boolean cd
""",
    "EmailMessageRelation 0FZ EmailMessageRelations": """
EmailMessageId ref:EmailMessage c!
RelationId ref:Contact,Lead,User c
RelationType picklist:40 cR = ToAddress|CcAddress|BccAddress|FromAddress|OtherAddress
RelationAddress string:4000 c
""",
    "Opportunity 006 Opportunities": """
AccountId ref:Account h
Name string:120 !
Description textarea:32000
StageName picklist:255 !h = Prospecting|Qualification|Needs Analysis|Proposal|Closed Won|Closed Lost
Amount currency h
Probability percent dn
CloseDate date !
Type picklist:255 = Existing Business|New Business
LeadSource picklist:255 = Web|Phone Inquiry|Partner Referral|Purchased List|Other
IsClosed boolean rd
IsWon boolean rd
CampaignId ref:Campaign
OwnerId ref:User !dh
LastStageChangeDate datetime r
""",
    "OpportunityContactRole 00K OpportunityContactRoles": """
OpportunityId ref:Opportunity c!
ContactId ref:Contact !
Role picklist:40 = Business User|Decision Maker|Economic Buyer|Evaluator|Influencer|Other
IsPrimary boolean d
""",
    "Individual 0PK Individuals": """
LastName string:80 !
FirstName string:40
Name string:121 rd
HasOptedOutProcessing boolean d
HasOptedOutProfiling boolean d
HasOptedOutSolicit boolean d
HasOptedOutTracking boolean d
HasOptedOutGeoTracking boolean d
SendIndividualData boolean d
ShouldForget boolean d
CanStorePiiElsewhere boolean d
IndividualsAge picklist:40 R = 16 or Older|13 or Older|Under 13
OwnerId ref:User !d
""",
    "User 005 Users": """
Username string:80 !
LastName string:80 !
FirstName string:40
Name string:121 rd
Email email:128 !
IsActive boolean d
UserType picklist:40 rdR = Standard*|AutomatedProcess|Guest
ProfileId ref:Profile
UserRoleId ref:UserRole
TimeZoneSidKey picklist:40 d = America/New_York*|America/Chicago|America/Los_Angeles
ManagerId ref:User
""",
    "Group 00G Groups": """
Name string:40 !
DeveloperName string:80
Type picklist:40 cR = Regular*|Queue|Role
Email email:255
DoesSendEmailToMembers boolean d
""",
    "QueueSobject 03g QueueSobjects": """
QueueId ref:Group c!
SobjectType picklist:40 c!
""",
    **SETUP,
    "RecordType 012 RecordTypes": """
Name string:80 r
DeveloperName string:80 r
SobjectType picklist:40 r
IsActive boolean rd
""",
    "LeadStatus 01J LeadStatuses": """
MasterLabel string:255 r
ApiName string:255 r
IsConverted boolean rd
IsDefault boolean rd
SortOrder int r
""",
    "LeadHistory 017 LeadHistories": """
LeadId ref:Lead r
Field picklist:255 r
OldValue anyType:255 r
NewValue anyType:255 r
""",
    "ContactHistory 01A ContactHistories": """
ContactId ref:Contact r
Field picklist:255 r
OldValue anyType:255 r
NewValue anyType:255 r
""",
}
_SET_UP: Final = frozenset({"RecordType", "LeadStatus", "LeadHistory", "ContactHistory"})


def standard_types() -> Iterator[ObjectType]:
    """Make the standard object types."""
    for head, table in TABLES.items():
        yield type_of(head, table)


def type_of(head: str, table: str) -> ObjectType:
    """Make an object type of its name, the letters its ids begin with, its plural, and its fields."""
    name, prefix, plural = head.split()
    fields = [_id(), *fields_of(table), *fields_of(_AUDIT)]
    return ObjectType(
        name=name,
        label=name,
        plural=plural,
        prefix=prefix,
        fields={field.name.lower(): field for field in fields},
        is_createable=name not in _SET_UP,
        is_updateable=name not in _SET_UP,
        is_deletable=name not in _SET_UP | {"User"},
    )


def _id() -> Field:
    return Field(
        name="Id",
        type="id",
        length=18,
        is_createable=False,
        is_updateable=False,
        is_nillable=False,
        is_defaulted=True,
    )


def fields_of(table: str) -> Iterator[Field]:
    """Read the fields of a table."""
    yield from (_field(line) for line in table.splitlines() if line)


def _field(line: str) -> Field:
    head, _, listed = line.partition(" = ")
    name, kind, flags = [*head.split(), ""][:3]
    type_, _, more = kind.partition(":")
    options = tuple(
        Option(value=text.removesuffix("*"), is_default=text.endswith("*"))
        for text in listed.split("|")
        if text
    )
    is_reference = type_ == "ref"
    return Field(
        name=name,
        type="reference" if is_reference else type_,
        label=name,
        length=18 if is_reference else int(more or 0),
        is_createable=not set(flags) & {"r", "u"},
        is_updateable=not set(flags) & {"r", "c"},
        is_nillable="!" not in flags and ("d" not in flags or "n" in flags),
        is_defaulted="d" in flags,
        default=_default(type_, options),
        options=options,
        is_restricted="R" in flags,
        refers_to=tuple(more.split(",")) if is_reference else (),
        relationship=name.removesuffix("Id") if is_reference else None,
        precision=18 if type_ in {"currency", "double"} else 0,
        scale=2 if type_ in {"currency", "double"} else 0,
        is_tracked="h" in flags,
    )


def _default(type_: str, options: tuple[Option, ...]) -> Stored:
    if type_ == "boolean":
        return 0
    return next((option.value for option in options if option.is_default), None)
