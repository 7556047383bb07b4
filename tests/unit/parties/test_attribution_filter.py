# SPDX-License-Identifier: Apache-2.0
"""right_party: the filter agrees with a plain simulation of a number's life, and a fit finds what made the events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import mul
from typing import Any

import numpy as np
import polars as pl
import pytest

from rightparty.parties.attribution.evidence import Gathered
from rightparty.parties.attribution.fit import fit
from rightparty.parties.attribution.fitted import changes, fitted_toml
from rightparty.parties.attribution.judge import attribute, gather_evidence
from rightparty.parties.attribution.kinds import KINDS
from rightparty.parties.attribution.parameters import (
    AttributionParameters,
    ParametersError,
    read_parameters,
    shipped_parameters,
)
from rightparty.parties.attribution.waterfall import COLLECTED, SILENCE, waterfall
from rightparty.simulation.population.grow import grow
from rightparty.simulation.population.rates import read_rates

AT = datetime(2026, 6, 1, tzinfo=UTC)
SHIPPED = shipped_parameters()
INSTANT = pl.Datetime("us", "UTC")
NO_LINKS = pl.DataFrame(schema={"party_id": pl.String, "group_id": pl.String})
POINT = {"party_id": pl.String, "channel": pl.String, "value": pl.String, "source": pl.String, "relation": pl.String,
         "collected_at": INSTANT, "valid_to": INSTANT}  # fmt: skip
EVENT = {"channel": pl.String, "value": pl.String, "party_id": pl.String, "kind": pl.String, "occurred_at": INSTANT,
         "detail": pl.String}  # fmt: skip
VALUE = "+12025550147"


def on_file(*history: tuple[str, int], age: int = 400) -> tuple[pl.DataFrame, pl.DataFrame]:
    point = ("P", "phone", VALUE, "application", "self", AT - timedelta(days=age), None)
    rows = [("phone", VALUE, "P", kind, AT - timedelta(days=ago), "") for kind, ago in history]
    return pl.DataFrame([point], schema=POINT, orient="row"), pl.DataFrame(rows, schema=EVENT, orient="row")


def judged(points: pl.DataFrame, events: pl.DataFrame, parameters: AttributionParameters = SHIPPED) -> Any:
    return attribute(points, events, NO_LINKS, at=AT, parameters=parameters).row(0, named=True)


def silent(*, hazard: float, quarantine: float, shelf: float, logins: float) -> AttributionParameters:
    """A world in which nothing is recorded but log-ins of the person: else only time passes."""
    phone = SHIPPED.segments["phone_us"]
    nothing = {kind: (1e-12, 1e-12, 1e-12) for kind, how in phone.exposure.items() if how != "outcome"}
    ageing = replace(phone.ageing, given_up_per_year=hazard, quarantine_days=quarantine, shelf_days=shelf)
    segment = replace(
        phone,
        rates={**phone.rates, **nothing, "login": (logins, 1e-12, 1e-12)},
        ageing=ageing,
        frailty=(0.0, 1.0, 0.0),
        lapse_per_year=(1e-9,) * 5,
    )
    prior = dict.fromkeys(SHIPPED.prior, (1.0, 0.0))
    return replace(SHIPPED, segments={**SHIPPED.segments, "phone_us": segment}, prior=prior)


WORLDS = [(30, 0.1, 45.0, 60.0), (400, 0.3, 90.0, 30.0), (2000, 0.08, 45.0, 400.0)]


@pytest.mark.parametrize(("age", "hazard", "quarantine", "shelf"), WORLDS)
def test_with_time_alone_the_states_are_as_often_as_in_a_plain_simulation(
    age: int, hazard: float, quarantine: float, shelf: float
) -> None:
    parameters = silent(hazard=hazard, quarantine=quarantine, shelf=shelf, logins=1e-12)
    row = judged(*on_file(age=age), parameters)
    dice, count = np.random.default_rng(1), 400_000
    gone = dice.exponential(365.25 / hazard, count)
    taken = gone + quarantine + dice.exponential(shelf, count)
    # the stranger may give it up in turn, at the same hazard; once is enough for these lengths of time
    again = taken + dice.exponential(365.25 / hazard, count)
    back = again + dice.exponential(shelf, count)
    stranger = ((taken <= age) & ((again > age) | (back <= age))).mean()
    assert row["p_person"] == pytest.approx((gone > age).mean(), abs=0.004)
    assert row["p_stranger"] == pytest.approx(stranger, abs=0.01)


def test_a_number_heard_of_within_its_quarantine_cannot_be_a_strangers() -> None:
    world = silent(hazard=0.3, quarantine=45.0, shelf=10.0, logins=2.0)
    heard = judged(*on_file(("login", 44)), world)
    lapsed = judged(*on_file(("login", 60)), world)
    assert heard["p_stranger"] < 1e-9 < 1e-3 < lapsed["p_stranger"]
    assert heard["p_nobody"] > 0.01
    assert heard["watched_until"] == AT + timedelta(days=1)
    assert lapsed["watched_until"] < AT


def test_deliveries_keep_watch_and_do_not_confirm() -> None:
    """A delivery tells somebody from nobody: chained within the quarantine they leave no way for a stranger."""
    chain = [("login", 380), *[("delivered", ago) for ago in range(0, 361, 30)]]
    gap = [("login", 380), *[("delivered", ago) for ago in (0, 30, 60)]]
    assert judged(*on_file(*chain))["p_stranger"] < judged(*on_file(*gap))["p_stranger"]


def test_what_came_twice_or_with_a_clock_an_hour_apart_counts_once() -> None:
    once = judged(*on_file(("otp_verified", 10)))
    points, events = on_file(("otp_verified", 10), ("otp_verified", 10))
    moved = events.with_columns(occurred_at=pl.col("occurred_at") + pl.duration(hours=pl.int_range(pl.len())))
    assert judged(points, moved)["p_person"] == pytest.approx(once["p_person"], abs=1e-4)


def test_the_order_in_which_evidence_arrives_does_not_matter() -> None:
    points, events = on_file(("login", 300), ("delivered", 200), ("undelivered", 100), ("wrong_party", 50))
    forward, backward = judged(points, events), judged(points, events.reverse())
    assert forward == backward


def test_an_event_of_an_unknown_kind_is_kept_aside_and_moves_nothing() -> None:
    assert judged(*on_file(("login", 30), ("telepathy", 5))) == judged(*on_file(("login", 30)))


def test_three_hundred_points_of_one_person_are_judged_each() -> None:
    points, events = on_file()
    many = pl.concat([points.with_columns(value=pl.lit(f"+1202555{n:04d}")) for n in range(300)])
    found = attribute(many, events, NO_LINKS, at=AT, parameters=SHIPPED)
    assert found.height == 300
    assert (found["p_person"] + found["p_nobody"] + found["p_stranger"]).is_between(1 - 1e-9, 1 + 1e-9).all()


def gathered(points: pl.DataFrame, events: pl.DataFrame) -> Gathered:
    return gather_evidence(points, events, NO_LINKS, at=AT, parameters=SHIPPED)


def test_a_waterfall_begins_at_the_collection_and_ends_where_the_judgement_is() -> None:
    points, events = on_file(("login", 300), ("delivered", 200), ("wrong_party", 50))
    steps = waterfall(gathered(points, events).evidence, SHIPPED, at=AT, party_id="P")
    assert steps["what"].to_list()[0] == COLLECTED
    assert steps["what"].to_list()[-1] == SILENCE
    last, row = steps.row(-1, named=True), judged(points, events)
    assert [last[name] for name in ("p_person", "p_nobody", "p_stranger")] == pytest.approx(
        [row[name] for name in ("p_person", "p_nobody", "p_stranger")], abs=1e-6
    )
    odds = row["p_person"] / (1 - row["p_person"])
    assert steps["bits"].sum() == pytest.approx(np.log2(odds), abs=1e-3)
    assert steps.filter(pl.col("what") == "wrong_party")["bits"].item() < -2


@pytest.fixture(scope="module")
def fitted() -> tuple[AttributionParameters, pl.DataFrame, pl.DataFrame]:
    """A fit to a small portfolio of a simulated lender, and how it judges it against the truth."""
    population = grow(read_rates("us_card"), persons=3_000, seed=4, at=AT)
    points, events = population.contact_points, population.contact_events
    evidence = gather_evidence(points, events, population.links, at=AT, parameters=SHIPPED).evidence
    found = fit(evidence, SHIPPED, at=AT, version="test-1", rounds=(6, 0))
    table = attribute(points, events, population.links, at=AT, parameters=found)
    return found, table, population.state_at()


def test_a_fit_without_labels_finds_how_often_people_log_in(fitted: Any) -> None:
    """The simulated rate is 2.5 log-ins a year at the mean of the activity classes, before lapses."""
    found, _, _ = fitted
    segment = found.segments["phone_us"]
    assert 1.0 < segment.rates["login"][0] < 8.0
    assert segment.rates["login"][2] < 0.02
    assert segment.rates["wrong_party"][2] > 10 * segment.rates["wrong_party"][0]


def test_a_fitted_model_is_calibrated_on_what_it_never_saw_the_truth_of(fitted: Any) -> None:
    _, table, states = fitted
    met = table.join(states, on=["party_id", "channel", "value"])
    person = (met["state"] == "person").to_numpy()
    cell = np.minimum((met["p_person"].to_numpy() * 10).astype(int), 9)
    gaps = np.abs(np.bincount(cell, met["p_person"].to_numpy(), 10) - np.bincount(cell, person, 10))
    assert gaps.sum() / len(person) < 0.04
    sure = met.filter(pl.col("p_person") > 0.97)
    assert (sure["state"] == "stranger").mean() < 0.01


def test_a_fit_never_lets_a_strangers_mischief_grow_nor_numbers_live_much_longer(fitted: Any) -> None:
    found, _, _ = fitted
    for name in ("phone_us", "email"):
        segment = found.segments[name]
        assert segment.rates["login"][2] <= 0.0051 * segment.rates["login"][0]
        shipped = SHIPPED.segments[name]
        mean, usual = (
            each.ageing.given_up_per_year * sum(map(mul, (0.2, 1.0, 3.0), each.frailty)) for each in (segment, shipped)
        )
        assert mean >= usual / shipped.ageing.longer_at_most * 0.999
        assert segment.rates["wrong_party"][0] <= min(segment.rates["wrong_party"][1:])


def test_a_fitted_file_reads_back_as_what_was_fitted(fitted: Any) -> None:
    found, _, _ = fitted
    again = read_parameters(fitted_toml(found, SHIPPED), base=SHIPPED)
    assert again.version == "test-1"
    moved = changes(found, again)
    relative = ((moved["after"] - moved["before"]) / moved["before"].clip(1e-9)).abs()
    assert relative.fill_null(0.0).max() is None or float(relative.max() or 0) < 1e-4  # type: ignore[arg-type]
    assert changes(SHIPPED, found).height > 20


@pytest.mark.parametrize("text", ["version = ", "version = '1'", "version = '1'\n[segment.phone_us]\n[prior]\n"])
def test_a_broken_file_of_parameters_is_refused(text: str) -> None:
    with pytest.raises(ParametersError):
        read_parameters(text, base=SHIPPED)


def test_every_kind_of_the_filter_has_a_rate_in_every_segment() -> None:
    assert all(set(segment.rates) >= set(KINDS) - {"contact"} for segment in SHIPPED.segments.values())


SINCE = (AT - timedelta(days=400)).date().isoformat()


def asked(kind: str, *, since: str) -> Any:
    points, events = on_file((kind, 1))
    return judged(points, events.with_columns(detail=pl.lit(since)))


def test_a_holder_look_up_tells_who_came_later_not_who_was_wrong_from_the_first() -> None:
    before, same, changed = judged(*on_file()), asked("holder_same", since=SINCE), asked("holder_changed", since=SINCE)
    assert same["p_person"] > before["p_person"]
    assert same["p_nobody"] < 0.02
    assert changed["p_person"] < 0.2
    # a stranger from the first has held the number all along: what was wrong at collection stays possible
    assert same["p_stranger"] > 0.3 * (1 - SHIPPED.prior[("phone_us", "application", "self", "plain")][0])


def test_no_change_since_a_later_day_says_only_that_somebody_is_there() -> None:
    late = asked("holder_same", since=(AT - timedelta(days=20)).date().isoformat())
    assert late["p_person"] == pytest.approx(judged(*on_file(("status_live", 1)))["p_person"])


def test_a_change_before_the_person_was_known_there_is_none_of_his() -> None:
    early = asked("holder_changed", since=(AT - timedelta(days=900)).date().isoformat())
    assert early["p_person"] == pytest.approx(judged(*on_file())["p_person"])


@pytest.mark.parametrize("silent_answer", ["holder_same", "subscriber_matches", "status_live"])
def test_no_silent_answer_lifts_a_contradiction(silent_answer: str) -> None:
    points, events = on_file(("wrong_party", 30), (silent_answer, 1))
    row = judged(points, events.with_columns(detail=pl.lit(SINCE)))
    assert row["contradictions_mask"] == judged(*on_file(("wrong_party", 30)))["contradictions_mask"] != 0


def test_a_point_that_the_person_gives_himself_later_is_not_older_for_it() -> None:
    """A bureau's number that he then types himself is given again, not replaced; another number of his changes that."""
    points, events = on_file(age=400)
    other = points.with_columns(
        value=pl.lit("+12025550148"), collected_at=pl.lit(AT - timedelta(days=900)).cast(INSTANT)
    )
    bought = points.with_columns(source=pl.lit("bureau"), collected_at=pl.col("collected_at") - timedelta(days=100))
    kinds = {}
    for name, rows in {"bought": [bought], "and given": [bought, points]}.items():
        found = gathered(pl.concat([other, *rows]), events).evidence
        i = found.subjects.filter(pl.col("value") == VALUE)["i"].item()
        kinds[name] = [KINDS[kind] for kind in found.stream.filter(pl.col("i") == i)["kind"]]
    assert kinds == {"bought": [], "and given": ["restated"]}
