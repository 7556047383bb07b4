# SPDX-License-Identifier: Apache-2.0
"""Questions to persons about their contact points, for the lender's app: the session behind the log-in is the lender's.

A question of another person, one that has ended and one that never was are answered alike.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status

from rightparty.api.schemas import (
    AnswerIn,
    CodeIn,
    CodeRequestIn,
    Fault,
    QuestionOut,
    QuestionsOut,
    Refusal,
    VerificationOut,
)
from rightparty.dispatch.operations.answer_verification import UnknownVerificationError, answer_verification
from rightparty.dispatch.operations.confirm_code import CodeNotAcceptedError, confirm_code
from rightparty.dispatch.operations.send_code import send_code
from rightparty.dispatch.queries import standing_verifications
from rightparty.kernel.masking import mask_value

router = Router()


@router.get("", response=QuestionsOut)
def questions(request: HttpRequest, party_id: str) -> QuestionsOut:  # noqa: ARG001
    """Return what may be asked of a person now."""
    found = standing_verifications(party_id=party_id[:64], at=datetime.now(UTC))
    shown = [
        QuestionOut(
            verification=each.id, step=each.step, channel=each.channel, shown=mask_value(each.value),
            expires_at=each.expires_at, state=each.state,
        )
        for each in found
    ]  # fmt: skip
    return QuestionsOut(questions=shown)


@router.post("/{verification}/answer", response={200: VerificationOut, 404: Refusal})
def answer(request: HttpRequest, verification: UUID, payload: AnswerIn) -> Any:  # noqa: ARG001
    """Take the person's word; "no longer" stops the point before this answers."""
    try:
        done = answer_verification(verification=verification, at=datetime.now(UTC), **payload.dict())
    except UnknownVerificationError:
        return _unknown()
    return VerificationOut(verification=verification, state=done.state)


@router.post("/{verification}/code", response={200: VerificationOut, 404: Refusal, 409: Refusal})
def code(request: HttpRequest, verification: UUID, payload: CodeRequestIn) -> Any:  # noqa: ARG001
    """Send a one-time code to the point, at the person's wish."""
    allowed = frozenset(settings.RIGHTPARTY["VERIFY_STEPS"])
    try:
        sent = send_code(verification=verification, party_id=payload.party_id, at=datetime.now(UTC), allowed=allowed)
    except UnknownVerificationError:
        return _unknown()
    if sent.refusal:
        remedy = "Ask for none now; docs/reference/api.md says what each refusal means."
        return Status(409, Refusal(errors=[Fault(field="verification", fault=sent.refusal, remedy=remedy)]))
    return VerificationOut(verification=verification, state="code_sent")


@router.post("/{verification}/code/confirm", response={200: VerificationOut, 404: Refusal, 409: Refusal})
def confirm(request: HttpRequest, verification: UUID, payload: CodeIn) -> Any:  # noqa: ARG001
    """Take the code that was typed."""
    try:
        done = confirm_code(verification=verification, at=datetime.now(UTC), **payload.dict())
    except UnknownVerificationError:
        return _unknown()
    except CodeNotAcceptedError as wrong:
        fault = Fault(field="code", fault="not accepted", remedy=wrong.remedy)
        return Status(409, Refusal(errors=[fault]))
    return VerificationOut(verification=verification, state=done.state)


def _unknown() -> Status[Refusal]:
    fault = Fault(field="verification", fault="not known here", remedy=UnknownVerificationError.remedy)
    return Status(404, Refusal(errors=[fault]))
