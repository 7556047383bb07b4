# SPDX-License-Identifier: Apache-2.0
"""Take a complaint about how somebody was contacted; staff answer it by a date that its author is told (answerable)."""

from datetime import datetime

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import open_case, record_case, require_sent_message
from rightparty.casework.queries import record_of
from rightparty.casework.record import CaseRecord


def open_complaint(*, code: str, origin: str, words: str, at: datetime) -> CaseRecord:
    """Open a complaint about a message and return it; a second one joins the open one.

    Nothing is held: a complaint is about conduct, and its author may be anybody.

    Raises:
        UnknownReferenceError: no message was sent under the code.
    """
    with transaction.atomic():
        about = require_sent_message(code)
        case, is_new = open_case(kind=Case.Kind.COMPLAINT, about=about, origin=origin, words=words, at=at)
        record_case(case, what="opened" if is_new else "reported_again", at=at)
        return record_of(case)
