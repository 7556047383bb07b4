# SPDX-License-Identifier: Apache-2.0
"""The life of a reminder as a table of lawful moves; the store's constraints repeat it (serves once).

`planned` -> `claimed` -> `released` -> `handed_over` -> `delivered`; every other end has a reason. `unknown` means that
nobody can say whether the carrier took it: it counts as sent and is never sent again; a receipt, a late answer
or the provider, asked, resolves it.
"""

from enum import StrEnum
from typing import Final


class ReminderState(StrEnum):
    """Where a reminder stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    WITHHELD = "withheld"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


_S = ReminderState

AGENT_STEP: Final = "agent_call"
"""Step of a reminder that an agent asked for: he makes the call himself, and no worker takes it."""

MOVES: Final[dict[ReminderState, frozenset[ReminderState]]] = {
    _S.PLANNED: frozenset({_S.CLAIMED, _S.CANCELLED, _S.WITHHELD}),
    # back to planned: the lease ran out before release, or another reminder to the same person went first
    _S.CLAIMED: frozenset({_S.PLANNED, _S.RELEASED, _S.WITHHELD, _S.CANCELLED}),
    # cancelled: stopped before any byte was written to the wire
    _S.RELEASED: frozenset({_S.HANDED_OVER, _S.FAILED, _S.UNKNOWN, _S.CANCELLED}),
    _S.HANDED_OVER: frozenset({_S.DELIVERED, _S.FAILED}),
    # a late receipt, answer or enquiry tells what became of it
    _S.UNKNOWN: frozenset({_S.HANDED_OVER, _S.DELIVERED, _S.FAILED}),
    _S.DELIVERED: frozenset(),
    _S.WITHHELD: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""From each state, the states that may follow."""

ON_THE_WIRE: Final = frozenset({_S.HANDED_OVER, _S.DELIVERED, _S.UNKNOWN})
"""States in which a person may have received the message."""

OPEN_STATES: Final = frozenset({_S.PLANNED, _S.CLAIMED})
"""States in which nothing was decided yet, so that a report may still cancel the reminder."""

RESTING: Final = frozenset(state for state, following in MOVES.items() if not following) | {
    _S.HANDED_OVER,
    _S.UNKNOWN,
}
"""States in which no worker has anything left to do; only a receipt can still tell more."""


def may_move(before: str, after: str) -> bool:
    """Tell whether a reminder may go from one state to another."""
    return ReminderState(after) in MOVES[ReminderState(before)]
