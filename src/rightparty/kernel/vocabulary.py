# SPDX-License-Identifier: Apache-2.0
"""The closed lists of the portfolio contract and of the outbox: one spelling for files, tables, code and pages.

Order matters where a comment says so: positions are stored in bit masks and compared as levels.
"""

from enum import StrEnum
from typing import Final


class PointChannel(StrEnum):
    """Where a contact point receives."""

    PHONE = "phone"
    EMAIL = "email"
    POST = "post"
    APP = "app"


class MessageChannel(StrEnum):
    """How a reminder travels; `sms` and `call` both arrive at a `phone` point."""

    SMS = "sms"
    EMAIL = "email"
    CALL = "call"
    POST = "post"
    APP = "app"


POINT_CHANNEL_OF: Final[dict[MessageChannel, PointChannel]] = {
    MessageChannel.SMS: PointChannel.PHONE,
    MessageChannel.CALL: PointChannel.PHONE,
    MessageChannel.EMAIL: PointChannel.EMAIL,
    MessageChannel.POST: PointChannel.POST,
    MessageChannel.APP: PointChannel.APP,
}


class Source(StrEnum):
    """Who gave the lender a contact point."""

    APPLICATION = "application"
    BRANCH = "branch"
    BUREAU = "bureau"
    AGENT = "agent"
    SKIP_TRACE = "skip_trace"
    THIRD_PARTY = "third_party"
    PORTAL = "portal"


class Relation(StrEnum):
    """Whose contact point it is, seen from the party it is recorded under."""

    SELF = "self"
    SPOUSE = "spouse"
    RELATIVE = "relative"
    FRIEND = "friend"
    EMPLOYER = "employer"
    EMERGENCY = "emergency"


class Product(StrEnum):
    """What was lent."""

    CASH_LOAN = "cash_loan"
    INSTALMENT = "instalment"
    CREDIT_CARD = "credit_card"


class Role(StrEnum):
    """What a party is to an account; only the first three owe."""

    DEBTOR = "debtor"
    CO_DEBTOR = "co_debtor"
    GUARANTOR = "guarantor"
    AUTHORISED_USER = "authorised_user"
    EMERGENCY_CONTACT = "emergency_contact"


LIABLE_ROLES: Final = (Role.DEBTOR, Role.CO_DEBTOR, Role.GUARANTOR)


class AccountStatus(StrEnum):
    """Whether the account can still be reminded of."""

    OPEN = "open"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    SOLD = "sold"


class PaymentStatus(StrEnum):
    """`pending` is money in flight: it blocks a reminder but does not cure."""

    POSTED = "posted"
    PENDING = "pending"
    REVERSED = "reversed"


class EventKind(StrEnum):
    """What happened at a contact point.

    `status_live` and `status_dead` are a carrier's answers to a silent look-up; `paid` is a payment through the
    link of a message to this point; `name_agrees` and `name_differs` are names given in a reply or an identity check.

    Carriers answer two more silent look-ups: whether the number changed hands since a date (`holder_same`,
    `holder_changed`; the date, ISO 8601, in `detail`; "changed" also where nobody holds it now) and whether the
    subscriber they have on file is the person (`subscriber_matches`, `subscriber_differs`).
    """

    OTP_VERIFIED = "otp_verified"
    LOGIN = "login"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ANSWERED = "answered"
    REPLIED = "replied"
    WRONG_PARTY = "wrong_party"
    OPTED_OUT = "opted_out"
    CONSENT_GIVEN = "consent_given"
    CONSENT_REVOKED = "consent_revoked"
    REASSIGNED = "reassigned"
    PROMISE_TO_PAY = "promise_to_pay"
    CALLED = "called"
    SENT = "sent"
    STATUS_LIVE = "status_live"
    STATUS_DEAD = "status_dead"
    PAID = "paid"
    NAME_AGREES = "name_agrees"
    NAME_DIFFERS = "name_differs"
    HOLDER_SAME = "holder_same"
    HOLDER_CHANGED = "holder_changed"
    SUBSCRIBER_MATCHES = "subscriber_matches"
    SUBSCRIBER_DIFFERS = "subscriber_differs"


class BatchState(StrEnum):
    """Where a batch of contact data (a load that brought contact points) stands.

    `none` is a point that no load brought; `withdrawn` a load that was reverted.
    """

    NONE = "none"
    ON_TRIAL = "on_trial"
    TRUSTED = "trusted"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"


class HoldKind(StrEnum):
    """Why a person or an account is not to be reminded. Order is stored in `holds_mask`: append only."""

    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    HARDSHIP = "hardship"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    ATTORNEY = "attorney"
    BREATHING_SPACE = "breathing_space"
    FRAUD_CLAIM = "fraud_claim"
    LEGAL = "legal"
    VULNERABILITY = "vulnerability"


class Purpose(StrEnum):
    """What a contact is for; an enquiry after somebody's whereabouts is a different act from a reminder."""

    REMINDER = "reminder"
    LOCATION_ENQUIRY = "location_enquiry"


HOLD_BITS: Final[dict[HoldKind, int]] = {kind: 1 << position for position, kind in enumerate(HoldKind)}


class Disclosure(StrEnum):
    """How much a text gives away, ordered from least to most; the position is the level (0…3).

    `limited_content` follows the discipline of 12 CFR 1006.2(j) without claiming its safe harbour, which
    is for voicemail only.
    """

    NONE = "none"
    LIMITED_CONTENT = "limited_content"
    ACCOUNT = "account"
    AMOUNT = "amount"


DISCLOSURE_LEVELS: Final[dict[Disclosure, int]] = {d: level for level, d in enumerate(Disclosure)}
