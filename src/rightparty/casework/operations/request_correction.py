# SPDX-License-Identifier: Apache-2.0
"""Take a request to correct data; furnishing of the account stops while the doubt is open (correctable)."""

from datetime import datetime

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import open_case, record_case, require_sent_message, write_action
from rightparty.casework.queries import record_of
from rightparty.casework.record import STOPPED_FURNISHING, CaseRecord
from rightparty.lending.operations.hold_furnishing import hold_furnishing


def request_correction(*, code: str, origin: str, words: str, at: datetime) -> CaseRecord:
    """Open a request to correct data and return it; a second one joins the open one.

    Raises:
        UnknownReferenceError: no message was sent under the code.
    """
    with transaction.atomic():
        about = require_sent_message(code)
        case, is_new = open_case(kind=Case.Kind.CORRECTION, about=about, origin=origin, words=words, at=at)
        if is_new:
            hold_furnishing(account_id=about.account_id, kind=Case.Kind.CORRECTION, at=at)
            write_action(case, STOPPED_FURNISHING, at=at, detail="accounts=1", shown=False)
        record_case(case, what="opened" if is_new else "reported_again", at=at)
        return record_of(case)
