# SPDX-License-Identifier: Apache-2.0
"""once: whatever is tried in whatever order, a reminder reaches the wire at most once and rests in one state."""

from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.reminder_state import MOVES, RESTING, ReminderState, may_move

ENTERS_THE_WIRE = {ReminderState.HANDED_OVER, ReminderState.UNKNOWN}


@given(st.lists(st.sampled_from(ReminderState), max_size=40))
def test_tried_moves_reach_the_wire_at_most_once(tried: list[ReminderState]) -> None:
    state, entries = ReminderState.PLANNED, 0
    for wanted in tried:
        if may_move(state, wanted):
            state = wanted
            entries += state in ENTERS_THE_WIRE
    assert entries <= 1


def test_every_state_leads_to_rest() -> None:
    for state in ReminderState:
        seen, frontier = {state}, {state}
        while frontier:
            frontier = {follow for one in frontier for follow in MOVES[one]} - seen
            seen |= frontier
        assert seen & RESTING
