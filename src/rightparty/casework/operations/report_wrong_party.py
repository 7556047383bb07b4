# SPDX-License-Identifier: Apache-2.0
"""Take "this is not me": stop the contact point, planned reminders and furnishing at once (correctable).

Crash meaning: one transaction. Before it commits nothing was reported; afterwards the next gate, whichever process it
runs in, finds the report under the locks that it takes itself.
"""

from datetime import datetime

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import open_case, record_case, require_sent_message, write_action
from rightparty.casework.queries import record_of
from rightparty.casework.record import CANCELLED_PLANNED, STOPPED_CONTACT_POINT, STOPPED_FURNISHING, CaseRecord
from rightparty.casework.sent import SentMessage
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.operations.count_reports import count_reports
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind, MessageChannel
from rightparty.lending.locks import lock_accounts
from rightparty.lending.operations.hold_furnishing import hold_furnishing
from rightparty.lending.queries import accounts_of_person
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import ids_of_same_persons

REASON = "right_party.reported_wrong_party"


def report_wrong_party(*, code: str, origin: str, words: str, at: datetime) -> CaseRecord:
    """Stop everything to the contact point of this message for its party, and return the case.

    A second report about the same message joins the open case.

    Args:
        code: reference code of the message.
        origin: portal, reply or agent.
        words: what the author wrote, may be empty.
        at: instant of the report.

    Raises:
        UnknownReferenceError: no message was sent under the code.
    """
    with transaction.atomic():
        about = require_sent_message(code)
        accounts = accounts_of_person(about.party_id)
        lock_parties(ids_of_person(about.party_id))
        lock_accounts(accounts)
        lock_values([about.address])
        case, is_new = open_case(kind=Case.Kind.WRONG_PARTY, about=about, origin=origin, words=words, at=at)
        if not is_new:
            record_case(case, what="reported_again", at=at)
            return record_of(case)
        _stop_contact_point(case, about, at)
        for account_id in accounts:
            hold_furnishing(account_id=account_id, kind=Case.Kind.WRONG_PARTY, at=at)
        write_action(case, STOPPED_FURNISHING, at=at, detail=f"accounts={len(accounts)}", shown=False)
        record_case(case, what="opened", at=at, done=[STOPPED_CONTACT_POINT, CANCELLED_PLANNED, STOPPED_FURNISHING])
        return record_of(case)


def ids_of_person(party_id: str) -> list[str]:
    """Return every party id of the person behind one, that one included."""
    return sorted({party_id, *ids_of_same_persons(party_ids=[party_id])["party_id"]})


def _stop_contact_point(case: Case, about: SentMessage, at: datetime) -> None:
    record_event(
        event_id=f"wrong-party-{case.id}",
        channel=POINT_CHANNEL_OF[MessageChannel(about.channel)],
        value=about.address,
        kind=EventKind.WRONG_PARTY,
        occurred_at=at,
        party_id=about.party_id,
        detail=case.origin,
    )
    count_reports(values=[about.address], at=at)
    write_action(case, STOPPED_CONTACT_POINT, at=at, shown=True)
    cancelled = cancel_planned(address=about.address, at=at, reason=REASON)
    write_action(case, CANCELLED_PLANNED, at=at, detail=f"reminders={cancelled}", shown=True)
