# SPDX-License-Identifier: Apache-2.0
"""once, right_debt: a step is planned once in its period, never before anything is due. Bad files name the field."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.planning.cadence import channels_of_steps, with_step
from rightparty.planning.strategy import StrategyError, load_strategy

DEFAULT = load_strategy(None)
GOOD = '[[steps]]\nname="a"\ndpd_from=0\ndpd_to=9\nevery_days=5\nchannels=["sms"]\ntemplate="due"\ntone="neutral"\n'


def steps_of(*days: int, due: int = 100) -> pl.DataFrame:
    frame = pl.LazyFrame(
        {
            "days_past_due": list(days),
            "oldest_due_on": [date(2026, 11, 23) - timedelta(days=d) for d in days],
            "amount_due_minor": [due] * len(days),
        }
    )
    return with_step(frame, DEFAULT).sort("days_past_due").collect()


def test_both_ends_of_each_band_belong_to_it() -> None:
    assert steps_of(0, 3, 4, 30, 31, 60, 61, 180, 181)["step"].to_list() == [
        "due", "due", "soft", "soft", "firm", "firm", "late", "late", None,
    ]  # fmt: skip


def test_nothing_due_has_no_step() -> None:
    assert steps_of(0, 10, due=0)["step"].to_list() == [None, None]


@given(st.integers(0, 200))
def test_every_day_of_a_period_has_the_same_cycle_and_the_next_period_another(start: int) -> None:
    """A debt of one due date, looked at day by day: cycles never come back, and last at most every_days."""
    due_on = date(2026, 1, 1)
    days = list(range(start, start + 30))
    frame = pl.LazyFrame({"days_past_due": days, "oldest_due_on": [due_on] * 30, "amount_due_minor": [1] * 30})
    keys = with_step(frame, DEFAULT).sort("days_past_due").select("step", "cycle").collect().rows()
    runs = [key for position, key in enumerate(keys) if position == 0 or keys[position - 1] != key]
    assert len(runs) == len(set(runs))
    longest = {step.name: step.every_days for step in DEFAULT.steps}
    assert all(step is None or keys.count((step, cycle)) <= longest[step] for step, cycle in keys)


def test_channels_keep_their_order() -> None:
    late = channels_of_steps(DEFAULT).filter(pl.col("step") == "late").sort("channel_rank").collect()
    assert late["channel"].to_list() == ["email", "sms"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "steps"),
        ("[[steps]]\nname = 1\n", "step 1: field name"),
        (GOOD.replace("dpd_from=0", "dpd_from=-3"), "dpd_from"),
        (GOOD.replace("dpd_to=9", "dpd_to=-1"), "cannot be reached"),
        (GOOD.replace("every_days=5", "every_days=0"), "every_days"),
        (GOOD.replace('["sms"]', '["pigeon"]'), "channels"),
        (GOOD.replace('["sms"]', "[]"), "channels"),
        (GOOD + GOOD.replace('"a"', '"b"'), "overlaps step a"),
        (GOOD + "surprise = 1\n", "field surprise: unknown"),
        (GOOD.replace("dpd_to=9", "dpd_to=true"), "field dpd_to"),
        ("= nonsense", "strategy.toml"),
        (GOOD.replace('"due"', '"missing"'), "no wording 'missing'"),
    ],
)
def test_a_bad_strategy_is_refused_naming_file_and_field(tmp_path: Path, text: str, names: str) -> None:
    file = tmp_path / "strategy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError, match=r"strategy\.toml") as refused:
        load_strategy(file, templates=["due"])
    assert names in str(refused.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "strategy.toml"
    file.write_bytes("name = '催收'".encode("gbk"))
    with pytest.raises(StrategyError):
        load_strategy(file)
