# SPDX-License-Identifier: Apache-2.0
"""once: the table of moves leads every reminder to an end and never back to the wire."""

from rightparty.dispatch.reminder_state import MOVES, ON_THE_WIRE, RESTING, ReminderState, may_move


def test_nothing_returns_from_release_or_the_wire_to_the_queue() -> None:
    reachable = {ReminderState.RELEASED}
    while more := {after for state in reachable for after in MOVES[state]} - reachable:
        reachable |= more
    assert not reachable & {ReminderState.PLANNED, ReminderState.CLAIMED}


def test_the_wire_is_reached_only_from_released() -> None:
    before = {state for state in ReminderState if MOVES[state] & {ReminderState.HANDED_OVER, ReminderState.UNKNOWN}}
    # from unknown it is only learnt that the carrier has it
    assert before == {ReminderState.RELEASED, ReminderState.UNKNOWN}


def test_an_unknown_outcome_is_resolved_but_never_goes_back_to_the_queue_or_the_wire() -> None:
    assert MOVES[ReminderState.UNKNOWN] == {ReminderState.HANDED_OVER, ReminderState.DELIVERED, ReminderState.FAILED}
    assert ON_THE_WIRE <= RESTING
    assert not may_move("delivered", "failed")
    assert may_move("planned", "claimed")
