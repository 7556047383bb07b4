# SPDX-License-Identifier: Apache-2.0
"""By when each kind of case is answered: the shorter of what the markets allow (correctable).

A lender may answer sooner; these are the latest instants that its pages promise.
"""

from datetime import datetime, timedelta
from typing import Final

from rightparty.kernel.clock import require_aware

WORKING_DAYS_FOR_WRONG_PARTY: Final = 1
"""A house rule: no law grants a stranger to wait. The contact itself stops at once, before anybody answers."""

DAYS: Final = {"dispute": 15, "complaint": 15, "correction": 20}
"""Calendar days, by kind of case.

dispute, complaint: 15. From: 银行业保险业消费投诉处理管理办法 (CBIRC order 3 of 2020), the ordinary term;
shorter than the 30 days of 15 U.S.C. 1681i(a)(1)(A).
correction: 20. From: 征信业管理条例 (State Council decree 631), art. 25; shorter than the same 30 days.
"""

_SATURDAY: Final = 5


class UnknownCaseKindError(ValueError):
    """No deadline is known for this kind of case."""

    remedy = "Use wrong_party, dispute, complaint or correction."


def due_at(kind: str, opened_at: datetime) -> datetime:
    """Return the latest instant of an answer to a case of this kind opened then.

    Working days leave out Saturday and Sunday in UTC; public holidays are not known, so that the promise is strict.

    Raises:
        UnknownCaseKindError: the kind has no deadline.
    """
    opened = require_aware(opened_at)
    if kind == "wrong_party":
        return _after_working_days(opened, WORKING_DAYS_FOR_WRONG_PARTY)
    if kind not in DAYS:
        raise UnknownCaseKindError(f"case kind {kind!r}. {UnknownCaseKindError.remedy}")
    return opened + timedelta(days=DAYS[kind])


def _after_working_days(start: datetime, days: int) -> datetime:
    instant = start
    while days:
        instant += timedelta(days=1)
        if instant.weekday() < _SATURDAY:
            days -= 1
    return instant
