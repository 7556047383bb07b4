# SPDX-License-Identifier: Apache-2.0
"""once, right_debt: a step is planned once in its period, never before anything is due. Bad files name the field."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.planning.cadence import channels_of_steps, with_step
from rightparty.planning.split import arms_of
from rightparty.planning.strategy import StrategyError, load_strategy, read_strategy
from rightparty.planning.words import LANGUAGE_OF_MARKET, missing_words
from rightparty.policy.pack import load_packs
from rightparty.policy.toml_lines import parse_toml

DEFAULT = load_strategy(None)
GOOD = '[[steps]]\nname="a"\ndpd_from=0\ndpd_to=9\nevery_days=5\nchannels=["sms"]\ntemplate="due"\ntone="neutral"\n'
LATE = GOOD.replace('"a"', '"b"').replace("dpd_from=0", "dpd_from=10").replace("dpd_to=9", "dpd_to=20")
BROKEN = GOOD.replace('"a"', '"broken"').replace("dpd_from=0\n", "").replace("dpd_to=9\n", "")
OTHER = GOOD.replace("[[steps]]", "[[challengers.steps]]").replace('"a"', '"o"')
CHALLENGER = f'[[challengers]]\nname="other"\nper_mille=100\n{OTHER}'


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
        (GOOD.replace("dpd_to=9", ""), "field dpd_to"),
        (GOOD + 'on_broken_promise="b"\n', "there is no step b"),
        (GOOD + 'on_broken_promise="a"\n', "cycle, a -> a"),
        (GOOD + 'on_broken_promise="b"\n' + LATE + 'on_broken_promise="a"\n', "cycle, a -> b -> a"),
        (GOOD + BROKEN, "cannot be reached"),
        (GOOD + CHALLENGER.replace("100", "1001"), "challengers[1].per_mille"),
        (GOOD + CHALLENGER + CHALLENGER, "two challengers have the name other"),
        (GOOD + CHALLENGER.replace('"o"', '"a"'), "two steps have the name a"),
        (GOOD + CHALLENGER.replace("100", "600") + CHALLENGER.replace("100", "600"), "more than 1000 per mille"),
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


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD + LATE.replace("dpd_from=10", "dpd_from=9"), 11, "step b: field dpd_from: overlaps step a"),
        (GOOD + LATE.replace("every_days=5", "every_days=0"), 13, "step b: field every_days: at least 1"),
        (GOOD + CHALLENGER.replace("dpd_to=9", "dpd_to=-9"), 15, "step o: field dpd_to: before dpd_from"),
        (GOOD + LATE.replace('"due"', '"missing"'), 15, "step b: field template: no wording 'missing'"),
        (GOOD + BROKEN, 10, "step broken: field name: the step cannot be reached"),
    ],
)
def test_a_fault_is_named_by_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    file = tmp_path / "strategy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError) as refused:
        load_strategy(file, templates=["due"])
    assert str(refused.value).startswith(f"strategy.toml, line {line}: {says}")


def test_after_a_broken_promise_another_step_takes_its_place() -> None:
    text = GOOD + 'on_broken_promise="b"\n' + LATE + 'on_broken_promise="broken"\n' + BROKEN.replace("5", "2")
    strategy = read_strategy(parse_toml("s.toml", text))
    frame = pl.LazyFrame(
        {
            "days_past_due": [4, 4, 4, 30],
            "oldest_due_on": [date(2026, 11, 1)] * 4,
            "amount_due_minor": [100] * 4,
            "promise_broken": [False, True, None, True],
        }
    )
    told = with_step(frame, strategy).collect()
    assert told["step"].to_list() == ["a", "broken", "a", None]
    assert told["cycle"].to_list() == ["2026-11-01/0", "2026-11-01/2", "2026-11-01/0", None]
    assert "every_days" not in told.columns


def test_each_arm_has_its_own_steps() -> None:
    strategy = read_strategy(parse_toml("s.toml", GOOD + CHALLENGER))
    frame = pl.LazyFrame(
        {
            "days_past_due": [4, 4], "oldest_due_on": [date(2026, 11, 1)] * 2, "amount_due_minor": [100] * 2,
            "arm": ["champion", "other"],
        }
    )  # fmt: skip
    assert with_step(frame, strategy).collect()["step"].to_list() == ["a", "o"]
    assert [(arm.name, arm.per_mille) for arm in strategy.arms] == [("champion", 900), ("other", 100)]


def test_persons_are_divided_by_a_hash_that_anybody_can_compute() -> None:
    text = 'salt="autumn"\n' + GOOD + CHALLENGER + CHALLENGER.replace("other", "third").replace('"o"', '"t"')
    strategy = read_strategy(parse_toml("s.toml", text))
    people = pl.Series([f"P{n}" for n in range(20_000)])
    arms = dict(arms_of(pl.concat([people, people]), strategy).rows())
    assert len(arms) == people.len()
    for person in people[:500]:
        place = int(hashlib.sha256(f"autumn/{person}".encode()).hexdigest()[:8], 16) % 1000
        assert arms[person] == ("other" if place < 100 else "third" if place < 200 else "champion")
    shares = Counter(arms.values())
    # the standard deviation of a share of 10 % among 20,000 is 0.2 %
    assert all(abs(shares[name] / 20_000 - share) < 0.01 for name, share in (("other", 0.1), ("third", 0.1)))
    assert dict(arms_of(people, read_strategy(parse_toml("s.toml", text.replace("autumn", "winter")))).rows()) != arms


def test_a_missing_translation_is_named_by_line_for_the_markets_that_are_served() -> None:
    packs = load_packs()
    texts = [("due", language, "sms") for language in ("en", "zh-Hans", "cs")]
    wordings = pl.DataFrame(texts, schema=["template", "language", "channel"], orient="row")
    strategy = read_strategy(parse_toml("s.toml", GOOD + LATE.replace('["sms"]', '["sms", "email"]')))
    served = replace(packs, house=replace(packs.house, markets=("US", "CN", "CZ")))
    assert [fault.partition(";")[0] for fault in missing_words(strategy, packs=served, wordings=wordings)] == [
        f"s.toml, line 15: step b: field template: due has no approved text in {language} ({market}) for email"
        for language, market in (("en", "US"), ("zh-Hans", "CN"), ("cs", "CZ"))
    ]
    every = list(missing_words(strategy, packs=packs, wordings=wordings))
    assert any("in hi (IN) for sms" in fault for fault in every)
    known = wordings.with_columns(template=pl.lit("soft"))
    assert all("no wording 'due'" in fault for fault in missing_words(strategy, packs=served, wordings=known))


def test_every_market_with_a_pack_has_a_language() -> None:
    assert set(load_packs().packs) == set(LANGUAGE_OF_MARKET)
