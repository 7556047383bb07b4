# SPDX-License-Identifier: Apache-2.0
"""The interface for the lender's systems and carriers: facts in, states out; JSON, bearer token, no browser.

Each POST may be repeated: the second has no second effect.
"""

import hmac
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer

from rightparty.api.calls import router as calls
from rightparty.api.schemas import (
    Fault,
    HealthOut,
    HoldIn,
    HoldOut,
    PaymentIn,
    PaymentOut,
    ReasonOut,
    ReceiptIn,
    ReceiptOut,
    Refusal,
    ReminderOut,
    ReplyIn,
    ReplyOut,
    faults_of,
)
from rightparty.api.verifications import router as verifications
from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.dispatch.channels.adapter import InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.queries import explain_reminder, is_halted
from rightparty.inbound.operations.receive_receipt import receive_receipt
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.lending.operations.open_hold import open_hold
from rightparty.lending.operations.record_payment import record_payment
from rightparty.lending.queries import liable_and_other_parties
from rightparty.parties.queries import find_party


class TokenBearer(HttpBearer):
    """Lets in whoever holds one of the tokens of the settings; without any token nobody is let in."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:  # noqa: ARG002 (ninja's signature)
        """Return a name for the caller, or None. Every token is compared, each in constant time."""
        given = token.encode()
        tokens = cast("list[str]", settings.RIGHTPARTY["API_TOKENS"])
        matches = [hmac.compare_digest(given, known.encode()) for known in tokens]
        return "token" if any(matches) else None


api = NinjaAPI(
    title="rightparty", version="1", docs_url=None, openapi_url=None, auth=TokenBearer(), urls_namespace="api"
)


api.add_router("/verifications", verifications)
api.add_router("/calls", calls)


@api.exception_handler(ValidationError)
def refuse_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer 422 with the fields that are wrong."""
    return api.create_response(request, Refusal(errors=faults_of(error.errors)), status=422)


@api.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    """Answer 401."""
    remedy = "Send the header Authorization: Bearer TOKEN with a token from RIGHTPARTY_API_TOKENS."
    return _refuse(request, 401, field="Authorization", fault="no token, or one that is not known", remedy=remedy)


@api.get("/health", response=HealthOut)
def health(request: HttpRequest) -> HealthOut:  # noqa: ARG001
    """Tell whether the store answers and whether dispatch is halted."""
    return HealthOut(store="ready", halted=is_halted())


@api.post("/payments", response={200: PaymentOut, 404: Refusal, 409: Refusal})
def payments(request: HttpRequest, payload: PaymentIn) -> Any:  # noqa: ARG001
    """Record a payment, or give a known one its new status."""
    if not _is_account(payload.account_id):
        return _unknown("account_id")
    try:
        record_payment(**payload.dict())
    except ValueError as contradiction:
        remedy = "A payment keeps its account and amount; report a correction under a new payment_id."
        return _conflict(field="payment_id", fault=str(contradiction), remedy=remedy)
    return PaymentOut(payment_id=payload.payment_id, status=payload.status.value)


@api.post("/holds", response={200: HoldOut, 404: Refusal})
def holds(request: HttpRequest, payload: HoldIn) -> Any:  # noqa: ARG001
    """Put a person or an account on hold."""
    if payload.account_id and not _is_account(payload.account_id):
        return _unknown("account_id")
    if payload.party_id and find_party(payload.party_id) is None:
        return _unknown("party_id")
    return HoldOut(hold=open_hold(**payload.dict()))


@api.post("/receipts", response=ReceiptOut)
def receipts(request: HttpRequest, payload: ReceiptIn) -> ReceiptOut:  # noqa: ARG001
    """Take in a carrier's receipt; one of an unknown message is kept until its message is known."""
    report = ReceiptReport(
        channel=payload.channel,
        provider_id=payload.provider_id,
        outcome=ReceiptOutcome(payload.outcome),
        occurred_at=payload.occurred_at,
    )
    taken = receive_receipt(report, at=datetime.now(UTC))
    return ReceiptOut(repeated=bool(taken.repeated), moved=bool(taken.moved))


@api.post("/replies", response=ReplyOut)
def replies(request: HttpRequest, payload: ReplyIn) -> ReplyOut:  # noqa: ARG001
    """Take in what a recipient wrote; a stop and a "not me" hold before this answers."""
    at = datetime.now(UTC)
    text = InboundText(
        channel=payload.channel, sender=payload.sender, body=payload.body, provider_id=payload.provider_id
    )
    result = receive_reply(text, at=at)
    case = open_from_reply(result, words=payload.body, at=at)
    return ReplyOut(
        intent=result.intent.value, repeated=result.repeated, cancelled=result.cancelled, case_opened=case is not None
    )


@api.get("/reminders/{reminder}", response={200: ReminderOut, 404: Refusal})
def reminders(request: HttpRequest, reminder: UUID) -> Any:  # noqa: ARG001
    """Tell where a reminder stands and why."""
    story = explain_reminder(reminder)
    if story is None:
        return _unknown("reminder")
    return ReminderOut(
        reminder=reminder,
        state=story.reminder.state,
        state_changed_at=story.reminder.state_changed_at,
        channel=story.reminder.channel,
        reasons=[ReasonOut(code=r.code, text=r.text, remedy=r.remedy) for r in story.reasons],
        evidence_index=story.reminder.evidence_index,
    )


def _is_account(account_id: str) -> bool:
    return not liable_and_other_parties(account_ids=[account_id]).is_empty()


def _unknown(field: str) -> Status[Refusal]:
    fault = Fault(field=field, fault="not known here", remedy="Load it first, or correct the identifier.")
    return Status(404, Refusal(errors=[fault]))


def _conflict(*, field: str, fault: str, remedy: str) -> Status[Refusal]:
    return Status(409, Refusal(errors=[Fault(field=field, fault=fault, remedy=remedy)]))


def _refuse(request: HttpRequest, status: int, *, field: str, fault: str, remedy: str) -> HttpResponse:
    refusal = Refusal(errors=[Fault(field=field, fault=fault, remedy=remedy)])
    return api.create_response(request, refusal, status=status)
