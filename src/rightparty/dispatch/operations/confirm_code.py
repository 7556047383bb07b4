# SPDX-License-Identifier: Apache-2.0
"""Takes the one-time code that a person typed behind his log-in: right, the point is verified as his (right_party).

Crash meaning: a wrong attempt is counted before the answer is given; a right one, its evidence and its record commit
together. Where the point stands under a contradiction by now the code is held for staff and verifies nothing.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from rightparty.dispatch.models import Verification
from rightparty.dispatch.one_time_codes import is_same_code
from rightparty.dispatch.operations.answer_verification import (
    Answered,
    is_contradicted,
    require_asking,
    settle_verification,
)
from rightparty.dispatch.verification_state import CODE_STANDS, MOST_ATTEMPTS, VerificationState
from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import EventKind


class CodeNotAcceptedError(ValueError):
    """The code is wrong, too old, used, or was tried too often: which, is not said."""

    remedy = "Type the code of the newest message, or ask for a new one."


def confirm_code(*, verification: UUID, party_id: str, code: str, at: datetime) -> Answered:
    """Verify the point of a standing question by the code that was sent to it.

    Raises:
        UnknownVerificationError: no such question stands to this person.
        CodeNotAcceptedError: the code does not hold.
    """
    instant = require_aware(at)
    with transaction.atomic():
        asked = require_asking(verification, party_id=party_id, at=instant)
        if _holds(asked, code, at=instant):
            after = VerificationState.HELD if is_contradicted(asked, at=instant) else VerificationState.VERIFIED
            return settle_verification(asked, after=after, kind=EventKind.OTP_VERIFIED, at=instant)
        # committed, unlike an exception raised in here
        Verification.objects.filter(id=asked.id).update(code_attempts=F("code_attempts") + 1)
    raise CodeNotAcceptedError(CodeNotAcceptedError.remedy)


def _holds(asked: Verification, code: str, *, at: datetime) -> bool:
    same = is_same_code(code, digest=asked.code_digest, verification=asked.id, key=settings.SECRET_KEY)
    in_time = asked.code_sent_at is not None and at < asked.code_sent_at + CODE_STANDS
    return same and in_time and asked.code_attempts < MOST_ATTEMPTS
