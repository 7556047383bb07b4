# SPDX-License-Identifier: Apache-2.0
"""right_time: whatever a lender writes, what is accepted as house rules permits nothing that the law forbids."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rightparty.kernel.reasons import BY_CODE
from rightparty.policy.errors import PackError
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.house import CAPS
from rightparty.policy.pack import FREQUENCIES, LawPacks, load_packs
from rightparty.policy.situations import LAWFUL
from rightparty.policy.toml_lines import parse_toml

MARKETS = sorted(load_packs().packs)
HOURS = BY_CODE["right_time.outside_contact_hours"].mask
HOUSE_HOURS = BY_CODE["right_time.outside_house_hours"].mask
COUNTS = (
    "right_time.person_daily_cap", "right_time.person_weekly_cap", "right_time.debt_call_cap",
    "right_time.person_call_cap", "right_time.person_message_cap",
)  # fmt: skip
THRESHOLDS = "[thresholds]\nlimited_content = 0.85\naccount = 0.98\namount = 0.98\n"


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def houses(draw: st.DrawFn) -> tuple[str, str]:
    """A market that is served, and house rules for it: as a lender might write them, lawful or not."""
    market = draw(st.sampled_from(MARKETS))
    begin = draw(st.integers(5 * 60, 12 * 60))
    end = draw(st.integers(begin + 1, 23 * 60))
    caps = draw(st.dictionaries(st.sampled_from(sorted(CAPS)), st.integers(0, 12), max_size=4))
    table = draw(st.sampled_from(["", f".{market}"]))
    lines = [f'markets = ["{market}"]', "plan_expires_hours = 24", f"[calendar{table}]"]
    lines += [f'from = "{clock(begin)}"', f'to = "{clock(end)}"', f"[caps{table}]"]
    lines += [f"{name} = {most}" for name, most in caps.items()]
    lines += ["[cooling_off]", f"days_after_payment = {draw(st.integers(0, 9))}", THRESHOLDS]
    return market, "\n".join(lines)


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    minute = draw(st.integers(0, 24 * 60 - 1))
    return {
        "channel": draw(st.sampled_from(["sms", "email", "call", "app", "post"])),
        "local_minute_min": minute,
        "local_minute_max": draw(st.integers(minute, min(minute + 180, 24 * 60 - 1))),
        "days_past_due": draw(st.integers(0, 90)),
        "days_since_payment": draw(st.one_of(st.none(), st.integers(0, 12))),
        "days_to_promise": draw(st.one_of(st.none(), st.integers(-5, 5))),
        **{fact: draw(st.integers(0, 14)) for fact in FREQUENCIES.values()},
    }


def rows(market: str, told: list[dict[str, Any]]) -> pl.DataFrame:
    """An ordinary working Wednesday, everything else as lawful as can be."""
    day = {"local_date_min": date(2026, 11, 25), "local_date_max": date(2026, 11, 25)}
    lawful: Mapping[str, Any] = {
        **LAWFUL, **day, "market": market, "role": "debtor", "working_day": True, "public_holiday": False,
        "history_in_future": False,
    }  # fmt: skip
    at = pl.datetime(2026, 11, 25, 4, time_unit="us", time_zone="UTC")
    frame = pl.DataFrame([{**dict.fromkeys(FACTS), **lawful, **each} for each in told], schema=FACTS)
    return frame.with_columns(at=at)


def accepted(text: str) -> LawPacks | None:
    try:
        return load_packs(house=parse_toml("house.toml", text))
    except PackError:
        return None


@settings(max_examples=60, deadline=None)
@given(houses(), st.lists(situations(), min_size=20, max_size=20))
def test_what_is_accepted_permits_nothing_that_the_law_forbids(
    house: tuple[str, str], told: list[dict[str, Any]]
) -> None:
    market, text = house
    packs = accepted(text)
    event("accepted" if packs else "refused")
    if packs is None:
        return
    frame = rows(market, told)
    ours, law = judge(frame, packs)["reasons_mask"], judge(frame, packs, house=False)["reasons_mask"]
    assert ((ours | law) == ours).all(), "a house rule takes no reason of the law away"
    # and by itself it is no laxer: where the house's own hours would let a message go, so do the law's
    inside = (ours & HOUSE_HOURS) == 0
    assert (law.filter(inside) & HOURS == 0).all()


@settings(max_examples=60, deadline=None)
@given(houses())
def test_an_accepted_cap_is_never_above_the_laws(house: tuple[str, str]) -> None:
    """Asked of the engine, not of the numbers: at the house's cap the law has not withheld one contact earlier."""
    market, text = house
    packs = accepted(text)
    if packs is None:
        return
    law = sum(BY_CODE[code].mask for code in COUNTS)
    for name, most in packs.house.caps_of(market).items():
        cap = CAPS[name]
        if most == 0:
            continue
        below = dict.fromkeys(FREQUENCIES.values(), 0) | {FREQUENCIES[cap.counts, cap.window]: most - 1}
        told = [{**below, "channel": channel} for channel in sorted(cap.channels)]
        noon = {"local_minute_min": 720, "local_minute_max": 720, "days_past_due": 10}
        masks = judge(rows(market, [{**each, **noon} for each in told]), packs, house=False)["reasons_mask"]
        assert (masks & law == 0).all()


def test_the_shipped_rules_permit_something_in_every_market() -> None:
    packs = load_packs()
    noon = {
        "local_minute_min": 720, "local_minute_max": 720, "days_past_due": 10, "channel": "sms",
        **dict.fromkeys(FREQUENCIES.values(), 0),
    }  # fmt: skip
    permitted = {market: judge(rows(market, [noon]), packs)["permitted"][0] for market in MARKETS}
    assert [market for market, may in permitted.items() if not may] == []
