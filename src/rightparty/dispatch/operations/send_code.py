# SPDX-License-Identifier: Apache-2.0
"""Sends a one-time code to the point in doubt, because the person asks for it behind his log-in (right_party).

Nothing is sent to a point under a contradiction, to a value whose holder wants no messages, under a halt, or too often.
Crash meaning: the code counts as sent from the commit before the hand-over; what became of it then is unknown, nothing
is sent again by itself, and the person may ask for another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of
from rightparty.dispatch.code_texts import code_text, code_texts
from rightparty.dispatch.models import Verification
from rightparty.dispatch.one_time_codes import digest_of, new_one_time_code
from rightparty.dispatch.operations.answer_verification import is_contradicted, require_asking
from rightparty.dispatch.queries import is_halted
from rightparty.dispatch.verification_state import CODE_AGAIN, MOST_CODES, MOST_CODES_A_DAY
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import EventKind, MessageChannel, PointChannel
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import find_party, opt_outs_as_of
from rightparty.planning.language import language_read
from rightparty.planning.reverification.choose import allowed_in

_CHANNELS: Final = {PointChannel.PHONE.value: MessageChannel.SMS, PointChannel.EMAIL.value: MessageChannel.EMAIL}


class CodeRefusal(StrEnum):
    """Why no code is sent."""

    NOT_ALLOWED = "not_allowed"
    HALTED = "halted"
    CONTRADICTED = "contradicted"
    OPTED_OUT = "opted_out"
    TOO_SOON = "too_soon"
    TOO_MANY = "too_many"
    NO_CHANNEL = "no_channel"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """What came of the request; `refusal` is empty if the code went out or may have."""

    verification: UUID
    refusal: str = ""


def send_code(
    *,
    verification: UUID,
    party_id: str,
    at: datetime,
    allowed: frozenset[str],
    new_code: Callable[[], str] = new_one_time_code,
) -> CodeSent:
    """Send a fresh code to the point of a standing question; the one before is worth nothing from then on.

    Raises:
        UnknownVerificationError: no such question stands to this person.
    """
    instant = require_aware(at)
    code = new_code()
    with transaction.atomic():
        asked = require_asking(verification, party_id=party_id, at=instant)
        refusal = _refusal(asked, at=instant, allowed=allowed)
        if refusal is not None:
            return CodeSent(verification=verification, refusal=refusal)
        message = _message(asked, code, at=instant)
        asked.code_digest = digest_of(code, verification=asked.id, key=settings.SECRET_KEY)
        asked.code_sent_at, asked.code_attempts = instant, 0
        asked.codes_sent += 1
        asked.save(update_fields=["code_digest", "code_sent_at", "code_attempts", "codes_sent"])
        # it counts as a contact with the person, and its silence as evidence
        record_event(
            event_id=f"verify:{asked.id}:code{asked.codes_sent}", channel=asked.channel, value=asked.value,
            kind=EventKind.SENT.value, occurred_at=instant, party_id=asked.party_id, detail=message.channel,
        )  # fmt: skip
        facts = {"verification": str(asked.id), "channel": message.channel, "number": asked.codes_sent}
        private = {"party_id": asked.party_id, "value": asked.value}
        append_leaves([LeafRecord(kind="verification.code_sent", recorded_at=instant, facts=facts, private=private)])
    return CodeSent(verification=verification, refusal=_hand_over(message))


def _refusal(asked: Verification, *, at: datetime, allowed: frozenset[str]) -> CodeRefusal | None:
    """Return why no code may go out now, the weightiest reason first."""
    party = find_party(asked.party_id)
    message = _CHANNELS.get(asked.channel)
    if message is None:
        return CodeRefusal.NO_CHANNEL
    gone = opt_outs_as_of(at=at, party_ids=[asked.party_id]).filter(value=asked.value, channel=message.value)
    lately = Verification.objects.filter(value=asked.value, code_sent_at__gt=at - timedelta(days=1))
    checks = (
        (CodeRefusal.NOT_ALLOWED, party is None or "one_time_code" not in allowed_in(party.country, allowed)),
        (CodeRefusal.HALTED, is_halted()),
        (CodeRefusal.CONTRADICTED, is_contradicted(asked, at=at)),
        (CodeRefusal.OPTED_OUT, bool((gone["opted_out"] | gone["consent_revoked"]).any())),
        (CodeRefusal.TOO_SOON, asked.code_sent_at is not None and at < asked.code_sent_at + CODE_AGAIN),
        (CodeRefusal.TOO_MANY, asked.codes_sent >= MOST_CODES),
        (CodeRefusal.TOO_MANY, (lately.aggregate(n=Sum("codes_sent"))["n"] or 0) >= MOST_CODES_A_DAY),
    )
    return next((refusal for refusal, holds in checks if holds), None)


def _message(asked: Verification, code: str, *, at: datetime) -> OutboundMessage:
    party = find_party(asked.party_id)
    language = language_read(party.language if party else "", code_texts()) or "en"
    subject, body = code_text(language, sender=str(settings.RIGHTPARTY["SENDER_NAME"]), code=code)
    return OutboundMessage(
        reminder_id=f"{asked.id.hex}-{asked.codes_sent + 1}", channel=_CHANNELS[asked.channel].value,
        address=asked.value, subject=subject, body=body, page=str(settings.RIGHTPARTY["PUBLIC_URL"]), at=at,
    )  # fmt: skip


def _hand_over(message: OutboundMessage) -> str:
    try:
        (handover,) = adapter_of(message.channel).send_all([message], may_send=lambda: not is_halted())
    except NoChannelError:
        return CodeRefusal.NO_CHANNEL.value
    return "" if handover.fate in (Fate.ACCEPTED, Fate.UNKNOWN) else CodeRefusal.NOT_TAKEN.value
