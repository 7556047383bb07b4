# SPDX-License-Identifier: Apache-2.0
"""The interface for the lender's systems and carriers: facts in, states out; JSON, bearer token, no browser.

Each POST may be repeated: the second has no second effect.
"""

import hmac
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from rightparty.api.calls import router as calls
from rightparty.api.carriers import router as carriers
from rightparty.api.facts import events_router as events
from rightparty.api.facts import router as facts
from rightparty.api.facts import take_one
from rightparty.api.halts import router as halts
from rightparty.api.schemas import (
    Fault,
    HealthOut,
    HoldEndIn,
    HoldIn,
    HoldOut,
    MailOut,
    OutcomeOut,
    PaymentIn,
    PaymentOut,
    ReasonOut,
    ReceiptIn,
    ReceiptOut,
    Refusal,
    ReminderOut,
    ReplyIn,
    ReplyOut,
    ReversalIn,
    StopIn,
    faults_of,
)
from rightparty.api.verifications import router as verifications
from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.dispatch.channels.adapter import InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.queries import explain_reminder, is_halted
from rightparty.inbound.mail_report import LONGEST as LONGEST_MAIL
from rightparty.inbound.operations.receive_mail import receive_mail
from rightparty.inbound.operations.receive_receipt import receive_receipt
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.lending.queries import hold_number


class TokenBearer(HttpBearer):
    """Lets in whoever holds one of the tokens of the settings; without any token nobody is let in."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:  # noqa: ARG002 (ninja's signature)
        """Return a name for the caller, or None. Every token is compared, each in constant time."""
        given = token.encode()
        tokens = cast("list[str]", settings.RIGHTPARTY["API_TOKENS"])
        matches = [hmac.compare_digest(given, known.encode()) for known in tokens if known.strip()]
        return "token" if any(matches) else None


api = NinjaAPI(
    title="rightparty", version="1", docs_url=None, openapi_url=None, auth=TokenBearer(), urls_namespace="api"
)


api.add_router("/verifications", verifications)
api.add_router("/calls", calls)
api.add_router("", facts)
api.add_router("", events)
api.add_router("/carriers", carriers)
api.add_router("", halts)


@api.exception_handler(ValidationError)
def refuse_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer 422 with the fields that are wrong."""
    return api.create_response(request, Refusal(errors=faults_of(error.errors)), status=422)


@api.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    """Answer 401."""
    remedy = "Send the header Authorization: Bearer TOKEN with a token from RIGHTPARTY_API_TOKENS."
    return _refuse(request, 401, field="Authorization", fault="no token, or one that is not known", remedy=remedy)


@api.exception_handler(HttpError)
def refuse_unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer 400 where a body cannot be read."""
    remedy = "Send one JSON object, encoded in UTF-8."
    return _refuse(request, error.status_code, field="", fault="the request cannot be read", remedy=remedy)


@api.exception_handler(RequestDataTooBig)
def refuse_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:  # noqa: ARG001
    """Answer 400."""
    remedy = "Send 64 KiB at most; many facts to /facts."
    return _refuse(request, 400, field="", fault="the body is too large", remedy=remedy)


@api.get("/health", response=HealthOut)
def health(request: HttpRequest) -> HealthOut:  # noqa: ARG001
    """Tell whether the store answers and whether dispatch is halted."""
    return HealthOut(store="ready", halted=is_halted())


@api.post("/payments", response={200: PaymentOut, 404: Refusal, 409: Refusal})
def payments(request: HttpRequest, payload: PaymentIn) -> Any:
    """Record a payment, or give a known one its new status."""
    data, known = payload.dict(), {"payment_id": payload.payment_id, "status": payload.status.value}
    fact = {"type": f"payment.{data.pop('status').value}", "data": data}
    return take_one(request, fact, tell=lambda _taken: known)


@api.post("/reversals", response={200: PaymentOut, 404: Refusal, 409: Refusal})
def reversals(request: HttpRequest, payload: ReversalIn) -> Any:
    """Take back a payment: what it cured is due again."""
    fact = {"type": "payment.reversed", "data": payload.dict()}
    known = {"payment_id": payload.payment_id, "status": "reversed"}
    return take_one(request, fact, tell=lambda _taken: known)


@api.post("/holds", response={200: HoldOut, 404: Refusal, 409: Refusal})
def holds(request: HttpRequest, payload: HoldIn) -> Any:
    """Put a person or an account on hold."""
    data = payload.dict()
    whose = {name: data[name] for name in ("kind", "party_id", "account_id")}
    fact = {"type": "hold.placed", "data": data}
    return take_one(request, fact, tell=lambda _taken: {"hold": hold_number(**whose, from_at=payload.from_at)})


@api.post("/holds/end", response={200: OutcomeOut, 404: Refusal})
def holds_end(request: HttpRequest, payload: HoldEndIn) -> Any:
    """End every running hold of a kind on a person or an account."""
    fact = {"type": "hold.ended", "data": payload.dict()}
    return take_one(request, fact, tell=_outcome)


@api.post("/stops", response={200: OutcomeOut, 404: Refusal, 409: Refusal})
def stops(request: HttpRequest, payload: StopIn) -> Any:
    """Take a wish, a report, a demand or a promise; it holds before this answers."""
    return take_one(request, {"type": f"stop.{payload.type}", "data": payload.data}, tell=_outcome)


def _outcome(taken: dict[str, Any]) -> dict[str, Any]:
    return {"outcome": taken["outcomes"][0], "cancelled": taken["cancelled"]}


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


@api.post("/mails", response={200: MailOut, 413: Refusal})
def mails(request: HttpRequest) -> Any:
    """Take in a mail that came back, as it is: a bounce or a complaint about a message of ours."""
    raw = request.read(LONGEST_MAIL + 1)
    if len(raw) > LONGEST_MAIL:
        remedy = "Send reports only: they return a short mail."
        fault = Fault(field="body", fault=f"more than {LONGEST_MAIL} bytes", remedy=remedy)
        return Status(413, Refusal(errors=[fault]))
    taken = receive_mail(raw, at=datetime.now(UTC))
    return MailOut(kind=taken.kind.value, known=taken.reminder_id is not None, changed=taken.changed)


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


def _unknown(field: str) -> Status[Refusal]:
    fault = Fault(field=field, fault="not known here", remedy="Load it first, or correct the identifier.")
    return Status(404, Refusal(errors=[fault]))


def _refuse(request: HttpRequest, status: int, *, field: str, fault: str, remedy: str) -> HttpResponse:
    refusal = Refusal(errors=[Fault(field=field, fault=fault, remedy=remedy)])
    return api.create_response(request, refusal, status=status)
