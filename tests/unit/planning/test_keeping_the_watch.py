# SPDX-License-Identifier: Apache-2.0
"""right_party: a watch worth keeping is renewed in its last days, cheaply, and never over a contradiction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.planning.reverification.choose import read_steps
from rightparty.planning.reverification.watch import LATER, MOMENTS, WATCHING, loss_unwatched, renew_watches

AT = datetime(2026, 6, 1, tzinfo=UTC)
STEPS = read_steps()
NOTHING = pl.DataFrame(schema={**dict.fromkeys(("party_id", "channel", "value", "step"), pl.String),
                               "asked_at": pl.Datetime("us", "UTC")})  # fmt: skip


def point(days_left: float = 3, **columns: Any) -> pl.DataFrame:
    row: dict[str, Any] = {
        "party_id": "P0", "channel": "phone", "value": "+12025551000", "p_person": 0.999, "p_nobody": 0.0009,
        "p_stranger": 0.0001, "contradictions_mask": 0, "watched_until": AT + timedelta(days=days_left),
        "given_up_per_year": 0.08, "quarantine_days": 45.0, "owes": True,
    }  # fmt: skip
    return pl.DataFrame([{**row, **columns}])


def renewed(points: pl.DataFrame, *, allowed: frozenset[str] = frozenset({WATCHING}),
            asked: pl.DataFrame = NOTHING, budget: float = 1e9) -> int:  # fmt: skip
    return renew_watches(points, at=AT, steps=STEPS, allowed=allowed, asked=asked, budget=budget).height


def test_a_watch_is_renewed_in_its_last_days_only() -> None:
    assert renewed(point(days_left=3)) == 1
    assert renewed(point(days_left=30)) == 0
    assert renewed(point(days_left=-1)) == 0


def test_what_is_not_worth_keeping_is_not_watched() -> None:
    assert renewed(point(p_person=0.3, p_nobody=0.2, p_stranger=0.5)) == 0
    assert renewed(point(contradictions_mask=4)) == 0
    assert renewed(point(channel="email")) == 0
    assert renewed(point(given_up_per_year=0.0)) == 0


def test_only_what_is_allowed_within_the_budget_and_once() -> None:
    assert renewed(point(), allowed=frozenset({"holder_lookup"})) == 0
    assert renewed(point(), budget=0.5) == 0
    asked = pl.DataFrame([("P0", "phone", "+12025551000", WATCHING, AT - timedelta(days=1))],
                         schema=NOTHING.schema, orient="row")  # fmt: skip
    assert renewed(point(), asked=asked) == 0


@given(st.floats(0, 100), st.floats(0.01, 1), st.floats(0, 1), st.booleans())
def test_the_loss_is_that_of_a_daily_count(lapse: float, hazard: float, p_person: float, asks_later: bool) -> None:
    """Counted day by day: who gives the number up that day has passed it on, and the cheapest way is taken;
    alike but for what falls between two of the moments."""
    later = next(step for step in STEPS.steps if step.name == LATER) if asks_later else None
    found = loss_unwatched(np.array([[p_person, 1 - p_person, 0.0]]), lapse_days=np.array([lapse]),
                           given_up_per_year=np.array([hazard]), steps=STEPS, later=later)[0]  # fmt: skip
    tenths = 10 * STEPS.horizon.days
    kept, losses = p_person, []
    for tenth in range(tenths):
        kept -= kept * hazard * 0.1 / 365.25 if tenth / 10 >= lapse else 0.0
        told = STEPS.disclosure * (p_person - kept)
        ways = [told, STEPS.reach * p_person, *([later.price + told * later.answers[0, 2]] if later else [])]
        losses.append(min(ways))
    assert found == pytest.approx(sum(losses) / tenths, rel=0.03, abs=STEPS.reach / MOMENTS)


def test_whoever_may_ask_later_for_certain_need_not_watch() -> None:
    sure = replace(STEPS, steps=tuple(
        replace(step, answers=np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])) if step.name == LATER else step
        for step in STEPS.steps
    ))  # fmt: skip
    both = frozenset({WATCHING, LATER})
    frame = point(owes=False)
    assert renew_watches(frame, at=AT, steps=sure, allowed=both, asked=NOTHING, budget=9.0).is_empty()
    assert renew_watches(frame, at=AT, steps=STEPS, allowed=both, asked=NOTHING, budget=9.0).height == 1
