# SPDX-License-Identifier: Apache-2.0
"""Take an objection: reminders of the account stop until somebody has checked it (correctable)."""

from datetime import datetime

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import open_case, record_case, require_sent_message, write_action
from rightparty.casework.queries import record_of
from rightparty.casework.record import OPENED_HOLD, STOPPED_FURNISHING, CaseRecord
from rightparty.kernel.vocabulary import HoldKind
from rightparty.lending.operations.hold_furnishing import hold_furnishing
from rightparty.lending.operations.open_hold import open_hold


def open_dispute(*, code: str, origin: str, words: str, at: datetime) -> CaseRecord:
    """Put the message's account on hold and return the case; a second objection joins the open one.

    Raises:
        UnknownReferenceError: no message was sent under the code.
    """
    with transaction.atomic():
        about = require_sent_message(code)
        case, is_new = open_case(kind=Case.Kind.DISPUTE, about=about, origin=origin, words=words, at=at)
        if not is_new:
            record_case(case, what="reported_again", at=at)
            return record_of(case)
        open_hold(kind=HoldKind.DISPUTE, from_at=at, account_id=about.account_id)
        hold_furnishing(account_id=about.account_id, kind=Case.Kind.DISPUTE, at=at)
        write_action(case, OPENED_HOLD, at=at, detail="kind=dispute", shown=True)
        write_action(case, STOPPED_FURNISHING, at=at, detail="accounts=1", shown=False)
        record_case(case, what="opened", at=at, done=[OPENED_HOLD, STOPPED_FURNISHING])
        return record_of(case)
