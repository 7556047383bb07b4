# SPDX-License-Identifier: Apache-2.0
"""The life of a verification: asked, stated, verified, denied, held for staff or expired. Serves right_party."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class VerificationState(StrEnum):
    """Where a verification stands."""

    #: the question stands
    OPEN = "open"
    #: the person said that the point is still his
    STATED = "stated"
    #: he entered a code that was sent to it
    VERIFIED = "verified"
    #: he said that it is no longer his
    DENIED = "denied"
    #: he confirmed it while it stood under a contradiction: nothing was recorded for him, staff decide
    HELD = "held"
    #: nobody answered in time
    EXPIRED = "expired"


MOVES: Final = {
    VerificationState.OPEN: frozenset(VerificationState) - {VerificationState.OPEN},
    VerificationState.STATED: frozenset({VerificationState.VERIFIED, VerificationState.DENIED, VerificationState.HELD}),
}
"""What may follow what; all other states are ends."""

ASKING: Final = (VerificationState.OPEN, VerificationState.STATED)
"""States in which the person may still say something."""

STANDS: Final = {"ask_in_app": timedelta(days=14), "letter": timedelta(days=60)}
"""How long a question stands, by step."""

CODE_DIGITS: Final = 6
CODE_STANDS: Final = timedelta(minutes=10)
CODE_AGAIN: Final = timedelta(seconds=60)
"""Between two codes of one verification."""
MOST_ATTEMPTS: Final = 5
"""Wrong codes until a new one is needed."""
MOST_CODES: Final = 3
"""Codes of one verification."""
MOST_CODES_A_DAY: Final = 5
"""Codes to one value in 24 hours, whoever asks: a stranger's phone is not to ring all day."""


def may_follow(before: str, after: VerificationState) -> bool:
    """Tell whether a state may follow another."""
    return after in MOVES.get(VerificationState(before), frozenset())
