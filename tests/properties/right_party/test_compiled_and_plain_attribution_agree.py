# SPDX-License-Identifier: Apache-2.0
"""right_party: what makes attribution fast changes nothing of what it says.

The compiled code is held to `tests/unit/parties/plain_attribution.py`, which says the same rules in tables.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.kernel.vocabulary import EventKind, Source
from rightparty.parties.attribution import sightings
from rightparty.parties.attribution.judge import attribute
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.simulation.population.grow import grow
from rightparty.simulation.population.rates import read_rates
from tests.unit.parties.plain_attribution import judge_plainly

AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
PARAMETERS = replace(shipped_parameters(), crowd_persons=3)
POINT = {"party_id": pl.String, "channel": pl.String, "value": pl.String, "source": pl.String, "relation": pl.String,
         "collected_at": INSTANT, "valid_to": INSTANT}  # fmt: skip
EVENT = {"channel": pl.String, "value": pl.String, "party_id": pl.String, "kind": pl.String, "occurred_at": INSTANT,
         "detail": pl.String}  # fmt: skip
LINK = {"party_id": pl.String, "group_id": pl.String}
CLOSE = 1e-9

parties = st.sampled_from(["P", "Q", "R", "S", "T"])
places = st.sampled_from(
    [("phone", "+12025550147"), ("phone", "+8613800138000"), ("email", "a@example.com"), ("app", "+12025550147")]
)
instants = st.one_of(
    st.integers(-30 * 24, 1500 * 24).map(lambda hours: AT - timedelta(hours=hours)),
    st.sampled_from([AT, AT - timedelta(days=200), AT - timedelta(days=200, hours=1), AT - timedelta(days=199)]),
)
rows = st.tuples(
    parties, places, st.sampled_from([*(source.value for source in Source), "elsewhere", None]),
    st.sampled_from(["self", "self", "self", "", None, "spouse", "employer", "emergency"]),
    st.none() | instants, st.none() | instants,
)  # fmt: skip
details = st.sampled_from(["", None, "unknown subscriber", "2025-11-13", "2024-01-01", "yesterday"])
events = st.tuples(
    places, parties | st.sampled_from(["", "Stranger", None]),
    st.sampled_from([*(kind.value for kind in EventKind), "login", "otp_verified", "delivered", "telepathy"]),
    instants, details,
)  # fmt: skip
links = st.lists(st.tuples(parties | st.just("Stranger"), st.sampled_from(["account:1", "person:2"])), max_size=4)


def tables(points: list[Any], met: list[Any], joined: list[Any]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    recorded = [(party, *place, *rest) for party, place, *rest in points]
    happened = [(*place, *rest) for place, *rest in met]
    return (
        pl.DataFrame(recorded, schema=POINT, orient="row"),
        pl.DataFrame(happened, schema=EVENT, orient="row"),
        pl.DataFrame(joined, schema=LINK, orient="row"),
    )


def assert_alike(points: pl.DataFrame, met: pl.DataFrame | pl.LazyFrame, joined: pl.DataFrame, **how: Any) -> None:
    quick = attribute(points, met, joined, **how)
    plain = judge_plainly(points, met.lazy().collect(), joined, **how)
    keys = ["party_id", "channel", "value"]
    assert quick.select(keys).equals(plain.select(keys))
    for name in ("p_person", "p_nobody", "p_stranger"):
        assert float((quick[name] - plain[name]).abs().max() or 0.0) < CLOSE  # type: ignore[arg-type]
    for name in ("is_shared", "contradictions_mask", "last_confirmed_at"):
        assert quick[name].equals(plain[name]), name
    begun = (quick["collected_at"].to_physical() / 86_400_000_000 - plain["start"]).abs().max()
    assert float(begun or 0.0) < 1e-9  # type: ignore[arg-type]


@settings(max_examples=150)
@given(st.lists(rows, min_size=1, max_size=9), st.lists(events, max_size=25), links)
def test_any_small_portfolio_is_judged_as_the_plain_rules_say(points: Any, met: Any, joined: Any) -> None:
    assert_alike(*tables(points, met, joined), at=AT, parameters=PARAMETERS)


@settings(max_examples=25)
@given(st.lists(rows, min_size=1, max_size=6), st.lists(events, min_size=1, max_size=12), links, st.randoms())
def test_neither_order_nor_repetition_of_rows_and_events_matters(points: Any, met: Any, joined: Any, dice: Any) -> None:
    once = attribute(*tables(points, met, joined), at=AT, parameters=PARAMETERS)
    twice = [*met, *met], [*points, *points]
    for rows_ in twice:
        dice.shuffle(rows_)
    again = attribute(*tables(twice[1], twice[0], joined), at=AT, parameters=PARAMETERS)
    assert again.equals(once)


@pytest.mark.parametrize("world", ["us_card", "cn_cash_loan", "vn_instalment"])
def test_a_simulated_portfolio_read_from_a_file_piece_by_piece_is_judged_alike(
    world: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    population = grow(read_rates(world), persons=400, seed=8, at=AT)
    population.contact_events.write_parquet(tmp_path / "events.parquet", row_group_size=1_000)
    monkeypatch.setattr(sightings, "_PIECE", 700)
    assert_alike(
        population.contact_points, pl.scan_parquet(tmp_path / "events.parquet"), population.links, at=AT,
        parameters=shipped_parameters(),
    )  # fmt: skip
