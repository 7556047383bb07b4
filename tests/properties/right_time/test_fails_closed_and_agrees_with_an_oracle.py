# SPDX-License-Identifier: Apache-2.0
"""right_time: the law pack of the recipient's market allows it in the recipient's local time, or it is withheld."""

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightparty.kernel.promises import Promise
from rightparty.kernel.reasons import BY_CODE, promise_mask
from rightparty.policy.evaluate import evaluate
from rightparty.policy.facts import FACTS
from rightparty.policy.history import COUNTS, count_contacts
from rightparty.policy.local_time import with_local_time
from rightparty.policy.pack import PackError, load_packs
from rightparty.policy.situations import LAWFUL

HISTORY = {
    "person_id": pl.String, "account_id": pl.String, "channel": pl.String, "kind": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
PACKS = load_packs()
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HOURS = {"CN": (8, 22), "US": (8, 21), "VN": (7, 21), "CZ": (8, 20)}
ZONES = [
    "Asia/Shanghai", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Europe/Prague", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Ho_Chi_Minh", "America/St_Johns",
]  # fmt: skip
NONE_IS_NULL = {
    "agreed_from_minute", "agreed_to_minute", "agreed_days_mask", "requested_from_minute", "requested_to_minute",
    "days_since_conversation", "days_since_payment", "days_since_complaint", "days_to_promise", "call_requested",
}  # fmt: skip
"""Null means: nothing agreed, asked, promised or recorded."""
NOT_ASKED_IN_CHINA = {"working_day", "public_holiday", "consent_given", "age_years", "currency", "workplace"}
"""Facts that only other markets' rules look at; the house has no least amount."""
MAY_BE_NULL = NONE_IS_NULL | NOT_ASKED_IN_CHINA


def lawful(**changes: Any) -> pl.DataFrame:
    """One lawful candidate in China at noon, with changes."""
    facts = {
        **LAWFUL, "market": "CN", "channel": "sms", "role": "debtor", "days_past_due": 10, "at": NOON,
        "local_minute_min": 720, "local_minute_max": 720, "local_date_min": date(2026, 11, 24),
        "local_date_max": date(2026, 11, 24),
        **dict.fromkeys(COUNTS, 0), "days_since_conversation": None, "history_in_future": False,
        "working_day": True, "public_holiday": False, **changes,
    }  # fmt: skip
    return pl.DataFrame([facts], schema=FACTS)


def mask_of_row(frame: pl.DataFrame) -> int:
    return int(evaluate(frame.lazy(), PACKS).collect()["reasons_mask"][0])


def test_a_lawful_candidate_is_permitted() -> None:
    assert mask_of_row(lawful()) == 0


@pytest.mark.parametrize("fact", [name for name in FACTS if name not in MAY_BE_NULL])
@pytest.mark.parametrize("channel", ["sms", "call"])
def test_a_missing_fact_withholds(fact: str, channel: str) -> None:
    """Fail closed: there is no fact whose absence lets a message go."""
    assert mask_of_row(lawful(**{"channel": channel, fact: None})) != 0


@given(
    st.sets(st.sampled_from([name for name in FACTS if name not in MAY_BE_NULL]), min_size=1),
    st.integers(0, 3),
    st.booleans(),
)
def test_forgetting_facts_never_lets_more_through(forgotten: set[str], messages: int, opted_out: bool) -> None:
    known = lawful(messages_person_day=messages, opted_out=opted_out)
    less = known.with_columns(pl.lit(None, dtype=FACTS[name]).alias(name) for name in forgotten)
    assert mask_of_row(less) != 0


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    st.sampled_from(sorted(HOURS)),
)
@example(datetime(2026, 3, 8, 12, 59, 59), ["America/New_York"], "US")
@example(datetime(2026, 11, 1, 13, 0), ["America/New_York", "America/Los_Angeles"], "US")
@example(datetime(2026, 10, 25, 1, 30), ["Europe/Prague"], "CZ")
def test_hours_agree_with_a_plain_reading_of_the_clock(naive: datetime, zones: list[str], market: str) -> None:
    """An independent oracle: look at the wall clock of each zone; all must lie inside the market's hours."""
    at = naive.replace(tzinfo=UTC)
    begin, end = HOURS[market]
    inside = all(begin <= at.astimezone(ZoneInfo(zone)).hour < end for zone in zones)
    row = with_local_time(
        lawful(market=market, at=at)
        .with_columns(zone_set=pl.lit("|".join(zones)))
        .drop("local_minute_min", "local_minute_max", "local_date_min", "local_date_max"),
        at=at,
    )
    mask = mask_of_row(row.select(pl.col(name).cast(kind) for name, kind in FACTS.items()))
    assert bool(mask & BY_CODE["right_time.outside_contact_hours"].mask) == (not inside)


@pytest.mark.parametrize("zone_set", ["", "Mars/Olympus", "Asia/Shanghai|Mars/Olympus"])
def test_an_unknown_zone_withholds(zone_set: str) -> None:
    row = with_local_time(pl.DataFrame({"zone_set": [zone_set]}), at=NOON)
    assert row["local_minute_min"][0] is None
    mask = mask_of_row(lawful(local_minute_min=None, local_minute_max=None, local_date_min=None, local_date_max=None))
    assert mask & BY_CODE["right_time.unknown_local_time"].mask


def test_an_unknown_market_withholds() -> None:
    assert mask_of_row(lawful(market="XX")) & BY_CODE["right_time.no_law_pack"].mask


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["sms", "email", "call"]), st.booleans(), st.sampled_from(["A", "B"]),
            st.integers(-9 * 24 * 60, 3),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_contacts_are_counted_as_a_slow_reader_would(past: list[tuple[str, bool, str, int]]) -> None:
    """Counted over the person across debts and channels; rolling windows include their far end."""
    rows = [
        ("p", debt, channel, ("answered" if answered else "called") if channel == "call" else "sent",
         NOON + timedelta(minutes=minutes))
        for channel, answered, debt, minutes in past
    ]  # fmt: skip
    midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    frame = pl.DataFrame({"person_id": ["p"], "account_id": ["A"], "zone_set": ["Asia/Shanghai"]})
    counted = count_contacts(
        with_local_time(frame, at=NOON), pl.DataFrame(rows, schema=HISTORY, orient="row"), at=NOON
    ).row(0, named=True)
    today = [row for row in rows if row[4] >= midnight]
    week = [row for row in rows if row[4] >= NOON - timedelta(days=7)]

    def calls(of: list[Any], kind: str) -> int:
        return sum(row[2] == "call" and row[3] == kind for row in of)

    def contacts(of: list[Any]) -> int:
        return len(of)

    assert counted["contacts_person_day"] == contacts(today)
    assert counted["contacts_person_7d"] == contacts(week)
    assert counted["messages_person_day"] == sum(row[2] != "call" for row in today)
    assert counted["calls_person_day"] == calls(today, "answered")
    about = [row for row in week if row[1] == "A"]
    assert counted["calls_debt_7d"] == calls(about, "called") + calls(about, "answered")
    talks = [
        row[4].astimezone(ZoneInfo("Asia/Shanghai")).date() for row in rows if row[1] == "A" and row[3] == "answered"
    ]
    since = (date(2026, 11, 24) - max(talks)).days if talks else None
    assert counted["days_since_conversation"] == since


@pytest.mark.parametrize("zone_sets", [["", "Asia/Shanghai"], ["Asia/Shanghai", ""]])
def test_an_unknown_zone_under_another_id_does_not_hide_todays_messages(zone_sets: list[str]) -> None:
    """One person, two ids: what was sent today counts under both, whichever row comes first."""
    past = [("p", "A", "sms", "sent", NOON - timedelta(hours=1))]
    frame = pl.DataFrame({"person_id": ["p", "p"], "account_id": ["A", "B"], "zone_set": zone_sets})
    counted = count_contacts(with_local_time(frame, at=NOON), pl.DataFrame(past, schema=HISTORY, orient="row"), at=NOON)
    assert counted["messages_person_day"].to_list() == [1, 1]


@given(
    st.datetimes(datetime(2026, 10, 28), datetime(2026, 11, 2)),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
)
@example(datetime(2026, 10, 31, 4, 30), ["America/New_York"])
@example(datetime(2026, 10, 24, 22, 30), ["Europe/Prague"])
def test_days_since_a_conversation_are_dates_also_where_clocks_change(naive: datetime, zones: list[str]) -> None:
    """12 CFR 1006.14(b)(2)(i)(B): its day is day one; a day of 25 hours is one day."""
    at, talked = datetime(2026, 11, 6, 17, tzinfo=UTC), naive.replace(tzinfo=UTC)
    frame = pl.DataFrame({"person_id": ["p"], "account_id": ["A"], "zone_set": ["|".join(zones)]})
    past = pl.DataFrame([("p", "A", "call", "answered", talked)], schema=HISTORY, orient="row")
    counted = count_contacts(with_local_time(frame, at=at), past, at=at)
    plain = [(at.astimezone(ZoneInfo(z)).date() - talked.astimezone(ZoneInfo(z)).date()).days for z in zones]
    assert counted["days_since_conversation"].to_list() == [min(plain)]


@given(st.integers(0, 9), st.integers(0, 40), st.sampled_from(["CN", "US", "VN", "CZ"]))
def test_the_house_is_never_laxer_than_the_law(today: int, week: int, market: str) -> None:
    """Whatever the counts, the shipped house rules withhold at least where the law alone does."""
    row = lawful(market=market, messages_person_day=today, contacts_person_day=today, contacts_person_7d=week)
    if market == "VN" and today >= 5:
        assert mask_of_row(row) & promise_mask(Promise.RIGHT_TIME)
    if today >= 1 or week >= 3:
        assert mask_of_row(row) & promise_mask(Promise.RIGHT_TIME)


@pytest.mark.parametrize(
    ("change", "names"),
    list(
        itertools.chain(
            [(("messages_per_person_day = 1", "messages_per_person_day = 6"), "messages_per_person_day")],
            [(("amount = 0.98", "amount = 0.40"), "thresholds.amount")],
            [(("limited_content = 0.85", "limited_content = 0.99"), "thresholds")],
            [(("plan_expires_hours = 24", 'plan_expires_hours = "soon"'), "plan_expires_hours")],
        )
    ),
)
def test_a_house_rule_laxer_than_the_law_is_refused(tmp_path: Path, change: tuple[str, str], names: str) -> None:
    shipped = (Path(__file__).parents[3] / "src/rightparty/policy/house.toml").read_text(encoding="utf-8")
    assert change[0] in shipped
    file = tmp_path / "house.toml"
    file.write_text(shipped.replace(*change), encoding="utf-8")
    with pytest.raises(PackError, match=r"house\.toml") as refused:
        load_packs(house_file=file)
    assert names in str(refused.value)
