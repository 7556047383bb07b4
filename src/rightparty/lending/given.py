# SPDX-License-Identifier: Apache-2.0
"""Payments and holds as they are told live, and what came of each. Pure. Serves right_debt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SAME_WITHIN: Final = timedelta(minutes=5)
"""A hold told again may have been counted from its arrival on, where the sender's clock was ahead by less than this."""


class Outcome(StrEnum):
    """What a fact did."""

    NEW = "new"
    CHANGED = "changed"
    REPEATED = "repeated"
    #: known with other content, or not to be understood without what is missing; nothing was done
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one fact; of a refused one, the field, why, and what to do."""

    outcome: Outcome
    field: str = ""
    fault: str = ""
    remedy: str = ""
    #: what the fact names is not known here, in contrast to known otherwise
    is_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentGiven:
    """A payment's status; instant and amount may be left out for a payment that is known."""

    payment_id: str
    account_id: str
    paid_at: datetime | None
    amount_minor: int | None
    status: str
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldGiven:
    """A hold over [from_at, to_at); or, with `ended_at`, the end of every running one of the kind."""

    kind: str
    party_id: str
    account_id: str
    from_at: datetime | None = None
    to_at: datetime | None = None
    ended_at: datetime | None = None


def refused(field: str, fault: str, remedy: str, *, is_unknown: bool = False) -> Answer:
    """Return the answer to a fact that cannot be taken."""
    return Answer(outcome=Outcome.REFUSED, field=field, fault=fault, remedy=remedy, is_unknown=is_unknown)
