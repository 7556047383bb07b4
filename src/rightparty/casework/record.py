# SPDX-License-Identifier: Apache-2.0
"""A case as faces see it, what was done in it, and the words for its author (correctable).

What its author is told must not depend on the person the message was meant for: the author may be a stranger. So the
texts have no counts, and what was done to accounts is for staff only.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

MOST_WORDS: Final = 2_000
"""Characters of the author's own words that are kept."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop

STOPPED_CONTACT_POINT: Final = "stopped_contact_point"
CANCELLED_PLANNED: Final = "cancelled_planned"
STOPPED_FURNISHING: Final = "stopped_furnishing"
RELEASED_FURNISHING: Final = "released_furnishing"
OPENED_HOLD: Final = "opened_hold"
CLOSED_HOLD: Final = "closed_hold"
HANDED_TO_STAFF: Final = "handed_to_staff"
REPORTED_AGAIN: Final = "reported_again"
DECIDED: Final = "decided"

ACTION_TEXTS: Final = {
    STOPPED_CONTACT_POINT: _("We stopped using this number or address for the person we were looking for."),
    CANCELLED_PLANNED: _("Messages still planned to this number or address were cancelled."),
    STOPPED_FURNISHING: _("Reporting to credit bureaus was stopped for the accounts concerned."),
    RELEASED_FURNISHING: _("Reporting to credit bureaus was resumed for the accounts concerned."),
    OPENED_HOLD: _("We send no further reminder about this matter until it is checked."),
    CLOSED_HOLD: _("The stop of reminders about this matter was ended."),
    HANDED_TO_STAFF: _("A member of staff was asked to check what you wrote."),
    REPORTED_AGAIN: _("You told us again; it was added to this report."),
    DECIDED: _("A member of staff decided."),
}

KIND_TEXTS: Final = {
    "wrong_party": _("Report: this message is not meant for me"),
    "dispute": _("Objection to what the message says"),
    "complaint": _("Complaint"),
    "correction": _("Request to correct data"),
}

STATE_TEXTS: Final = {
    "open": _("Being checked"),
    "upheld": _("Closed: you were right"),
    "declined": _("Closed: we could not agree"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """One thing done in a case."""

    done_at: datetime
    #: code, key of ACTION_TEXTS
    action: str
    #: which, how many; no personal data
    detail: str
    done_by: str
    shown_to_author: bool

    @property
    def text(self) -> str:
        """What was done, an English message id."""
        return ACTION_TEXTS.get(self.action, self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """One case. The contact value and the author's words never show in a log: they are left out of `repr`."""

    id: UUID
    follow_token: str = field(repr=False)
    #: wrong_party, dispute, complaint, correction
    kind: str
    #: open, upheld, declined
    state: str
    #: portal, reply, agent
    origin: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    closed_by: str
    reminder_id: UUID | None
    #: sms, email
    channel: str
    value: str = field(repr=False)
    words: str = field(repr=False)

    @property
    def kind_text(self) -> str:
        """What the case is, an English message id."""
        return KIND_TEXTS[self.kind]

    @property
    def state_text(self) -> str:
        """How far it is, an English message id."""
        return STATE_TEXTS[self.state]
