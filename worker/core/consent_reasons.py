"""What is said of a channel: one sentence for each reason why it is open or closed.

Apart from the catalogue, because each channel says the same things in words of its own.
"""

from __future__ import annotations

from typing import Final

CONSENT_SENTENCES: Final = (
    ("CONSENT_EMAIL_GRANTED", "May be e-mailed."),
    ("CONSENT_EMAIL_MISSING", "No evidence of consent to e-mail."),
    ("CONSENT_EMAIL_OPTED_OUT", "Asked not to be e-mailed."),
    ("CONSENT_EMAIL_REFUSED", "Did not agree to e-mail."),
    ("CONSENT_EMAIL_UNSEEN", "The CRM does not show the e-mail opt-out."),
    ("CONSENT_EMAIL_OPTED_OUT_ELSEWHERE", "The e-mail address was opted out on another record."),
    ("CONSENT_EMAIL_NOT_HERE", "The consent to e-mail does not count where the lead is."),
    (
        "CONSENT_EMAIL_PLACE_UNKNOWN",
        "Where the lead is, is not known; its consent to e-mail may not count.",
    ),
    ("CONSENT_EMAIL_UNPROVEN", "The consent to e-mail has no proof."),
    ("CONSENT_EMAIL_UNDATED", "When the consent to e-mail was given is not known."),
    ("CONSENT_EMAIL_EXPIRED", "The consent to e-mail has grown too old."),
    ("CONSENT_EMAIL_NO_ADDRESS", "There is no usable e-mail address."),
    ("CONSENT_PHONE_GRANTED", "May be called."),
    ("CONSENT_PHONE_MISSING", "No evidence of consent to calls."),
    ("CONSENT_PHONE_OPTED_OUT", "Asked not to be called."),
    ("CONSENT_PHONE_REFUSED", "Did not agree to calls."),
    ("CONSENT_PHONE_UNSEEN", "The CRM does not show the phone opt-out."),
    ("CONSENT_PHONE_OPTED_OUT_ELSEWHERE", "The telephone number was opted out on another record."),
    ("CONSENT_PHONE_NOT_HERE", "The consent to calls does not count where the lead is."),
    (
        "CONSENT_PHONE_PLACE_UNKNOWN",
        "Where the lead is, is not known; its consent to calls may not count.",
    ),
    ("CONSENT_PHONE_UNPROVEN", "The consent to calls has no proof."),
    ("CONSENT_PHONE_UNDATED", "When the consent to calls was given is not known."),
    ("CONSENT_PHONE_EXPIRED", "The consent to calls has grown too old."),
    ("CONSENT_PHONE_NO_ADDRESS", "There is no usable telephone number."),
    ("CONSENT_SMS_GRANTED", "May be texted."),
    ("CONSENT_SMS_MISSING", "No evidence of consent to text messages."),
    ("CONSENT_SMS_OPTED_OUT", "Asked not to be texted."),
    ("CONSENT_SMS_REFUSED", "Did not agree to text messages."),
    ("CONSENT_SMS_UNSEEN", "The CRM does not show the text opt-out."),
    ("CONSENT_SMS_OPTED_OUT_ELSEWHERE", "The number was opted out on another record."),
    ("CONSENT_SMS_NOT_HERE", "The consent to text messages does not count where the lead is."),
    (
        "CONSENT_SMS_PLACE_UNKNOWN",
        "Where the lead is, is not known; its consent to text messages may not count.",
    ),
    ("CONSENT_SMS_UNPROVEN", "The consent to text messages has no proof."),
    ("CONSENT_SMS_UNDATED", "When the consent to text messages was given is not known."),
    ("CONSENT_SMS_EXPIRED", "The consent to text messages has grown too old."),
    ("CONSENT_SMS_NO_ADDRESS", "There is no usable number for texts."),
    ("CONSENT_MAIL_GRANTED", "May be written to."),
    ("CONSENT_MAIL_MISSING", "No evidence of consent to letters."),
    ("CONSENT_MAIL_OPTED_OUT", "Asked not to be written to."),
    ("CONSENT_MAIL_REFUSED", "Did not agree to letters."),
    ("CONSENT_MAIL_UNSEEN", "The CRM does not show the mail opt-out."),
    ("CONSENT_MAIL_OPTED_OUT_ELSEWHERE", "The postal address was opted out on another record."),
    ("CONSENT_MAIL_NOT_HERE", "The consent to letters does not count where the lead is."),
    (
        "CONSENT_MAIL_PLACE_UNKNOWN",
        "Where the lead is, is not known; its consent to letters may not count.",
    ),
    ("CONSENT_MAIL_UNPROVEN", "The consent to letters has no proof."),
    ("CONSENT_MAIL_UNDATED", "When the consent to letters was given is not known."),
    ("CONSENT_MAIL_EXPIRED", "The consent to letters has grown too old."),
    ("CONSENT_MAIL_NO_ADDRESS", "There is no usable postal address."),
)
"""Reason codes of channels, with the sentence a salesperson reads."""
