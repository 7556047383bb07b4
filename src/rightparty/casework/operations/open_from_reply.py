# SPDX-License-Identifier: Apache-2.0
"""Open the case that a recipient's reply calls for; the reply itself took effect when it was received (correctable)."""

from datetime import datetime

from rightparty.casework.operations.open_dispute import open_dispute
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.casework.record import CaseRecord
from rightparty.dispatch.queries import explain_reminder
from rightparty.inbound.intent import Intent
from rightparty.inbound.operations.receive_reply import ReplyResult

_TAKERS = {
    Intent.WRONG_PARTY: report_wrong_party,
    Intent.PAID: open_dispute,
    Intent.DISPUTE: open_dispute,
}
"""What takes each intent; "paid" is checked like an objection, since the ledger did not know of it."""


def open_from_reply(reply: ReplyResult, *, words: str, at: datetime) -> CaseRecord | None:
    """Open or join the case about the last message to the reply's sender.

    Return None if the reply asks for no case, was heard before, or answers no message of ours.
    """
    take = _TAKERS.get(reply.intent)
    if take is None or reply.repeated or reply.reminder_id is None:
        return None
    story = explain_reminder(reply.reminder_id)
    if story is None or not story.reminder.code:
        return None
    return take(code=story.reminder.code, origin="reply", words=words, at=at)
