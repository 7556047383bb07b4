# SPDX-License-Identifier: Apache-2.0
"""right_party: which load answers for a contact point, and which reminders are the sample of a trial."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rightparty.kernel.reasons import BY_CODE
from rightparty.planning.batches import BATCHES, batch_of_points, within_room

LOADS = {
    "party_id": pl.String, "channel": pl.String, "value": pl.String, "load_id": pl.Int64, "is_current": pl.Boolean,
    "is_confirmed": pl.Boolean,
}  # fmt: skip


def fed(*rows: tuple[int, bool, bool], states: dict[int, str]) -> tuple[int | None, str | None, int | None]:
    """The batch, state and room of one point, from (load, is current, is confirmed)."""
    loads = pl.DataFrame([("P", "phone", "+12025550100", *row) for row in rows], schema=LOADS, orient="row")
    batches = pl.DataFrame([(load, state, 5) for load, state in states.items()], schema=BATCHES, orient="row")
    return batch_of_points(loads, batches).select("batch_id", "batch_state", "batch_room").row(0)


def test_the_load_that_brought_a_point_first_answers_for_it() -> None:
    assert fed((3, False, False), (7, True, False), states={3: "trusted", 7: "on_trial"}) == (3, "trusted", 0)
    assert fed((3, False, False), (7, True, False), states={3: "on_trial", 7: "trusted"}) == (3, "on_trial", 5)
    assert fed((0, True, False), (7, True, False), states={7: "on_trial"}) == (None, "none", 0)


def test_a_withdrawn_load_answers_for_nothing() -> None:
    assert fed((3, False, False), (7, True, False), states={3: "withdrawn", 7: "on_trial"}) == (7, "on_trial", 5)


def test_a_stop_of_either_load_stops_the_point_while_its_word_stands() -> None:
    assert fed((3, True, False), (7, True, False), states={3: "trusted", 7: "stopped"})[1] == "stopped"
    assert fed((3, True, False), (7, False, False), states={3: "trusted", 7: "stopped"})[1] == "trusted"
    assert fed((3, False, False), (7, True, False), states={3: "stopped", 7: "trusted"})[1] == "stopped"
    assert fed((0, True, False), (7, True, False), states={7: "stopped"})[1] == "stopped"


def test_what_the_person_confirmed_is_not_on_trial_and_an_unknown_load_is_unknown() -> None:
    assert fed((7, True, True), states={7: "on_trial"}) == (7, "trusted", 0)
    assert fed((7, True, True), states={7: "stopped"})[1] == "stopped"
    assert fed((7, True, True), states={}) == (7, None, 0)


def judged(rows: list[tuple[int, str, bool]], room: int) -> pl.DataFrame:
    """Rows of (batch, source, permitted otherwise), all on trial with the same room."""
    return pl.DataFrame(
        {
            "party_id": [f"P{n}" for n in range(len(rows))],
            "channel": ["sms"] * len(rows),
            "address": [f"+1202555{n:04d}" for n in range(len(rows))],
            "batch_id": [batch for batch, _, _ in rows],
            "source": [source for _, source, _ in rows],
            "batch_state": ["on_trial"] * len(rows),
            "batch_room": [room] * len(rows),
            "permitted": [permitted for _, _, permitted in rows],
            "reasons_mask": [0 if permitted else 1 for _, _, permitted in rows],
        },
        schema={
            **dict.fromkeys(("party_id", "channel", "address"), pl.String),
            "batch_id": pl.Int64,
            "source": pl.String,
            "batch_state": pl.String,
            "batch_room": pl.Int32,
            "permitted": pl.Boolean,
            "reasons_mask": pl.Int64,
        },
    )


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["branch", "agent", "bureau"]), st.booleans()), max_size=40),
    st.integers(0, 12),
)
def test_each_batch_releases_what_it_has_room_for_and_no_more(rows: list[tuple[int, str, bool]], room: int) -> None:
    frame = judged(rows, room)
    made = within_room(frame)
    assert made["address"].to_list() == frame["address"].to_list()
    for batch in {batch for batch, _, _ in rows}:
        eligible = sum(permitted for mine, _, permitted in rows if mine == batch)
        assert made.filter((pl.col("batch_id") == batch) & pl.col("permitted")).height == min(eligible, room)
    trial = BY_CODE["right_party.batch_on_trial"].mask
    surplus = frame["permitted"] & ~made["permitted"]
    assert ((made["reasons_mask"] & trial) > 0).to_list() == surplus.to_list()


def test_a_sample_takes_its_turns_among_the_sources() -> None:
    rows = [(1, "branch", True)] * 90 + [(1, "agent", True)] * 6 + [(1, "bureau", True)] * 4
    chosen = within_room(judged(rows, 12)).filter("permitted")
    assert sorted(chosen["source"].value_counts().rows()) == [("agent", 4), ("branch", 4), ("bureau", 4)]
