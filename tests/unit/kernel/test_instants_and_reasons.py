# SPDX-License-Identifier: Apache-2.0
"""right_time: instants without a zone are refused. Reasons: bits and codes are unique and belong to promises."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from rightparty.kernel.clock import NaiveInstantError, is_known_zone, parse_instant, require_aware, to_zone
from rightparty.kernel.masking import mask_name, mask_value, masked
from rightparty.kernel.periods import Period
from rightparty.kernel.promises import Promise
from rightparty.kernel.reasons import BY_BIT, BY_CODE, REASONS, mask_of, promise_mask, reasons_in

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(NaiveInstantError):
        parse_instant("2026-11-23T10:00:00")
    with pytest.raises(NaiveInstantError):
        require_aware(datetime(2026, 11, 23))
    assert parse_instant("2026-11-23T20:00:00+08:00") == NOON


def test_local_time_follows_the_zone() -> None:
    assert to_zone(NOON, "Asia/Shanghai").hour == 20
    assert is_known_zone("Asia/Shanghai")
    assert not is_known_zone("Mars/Olympus")


def test_a_period_includes_its_start_and_excludes_its_end() -> None:
    period = Period(from_at=NOON, to_at=NOON + timedelta(hours=1))
    assert period.holds_at(NOON)
    assert not period.holds_at(NOON + timedelta(hours=1))
    assert Period(from_at=NOON).holds_at(NOON + timedelta(days=9999))
    with pytest.raises(ValueError, match="before it starts"):
        Period(from_at=NOON, to_at=NOON - timedelta(seconds=1))


def test_every_reason_has_its_own_bit_and_a_promise() -> None:
    assert len(BY_BIT) == len(BY_CODE) == len(REASONS)
    assert all(0 <= reason.bit <= 62 and reason.promise in Promise for reason in REASONS)
    assert {reason.promise for reason in REASONS} == set(Promise)


def test_masks_read_back_as_reasons() -> None:
    codes = ("right_debt.nothing_due", "right_time.opted_out")
    assert tuple(reason.code for reason in reasons_in(mask_of(codes))) == codes
    assert mask_of(codes) & promise_mask(Promise.RIGHT_DEBT) == mask_of(codes[:1])


def test_masked_values_hide_their_middle() -> None:
    assert mask_value("+8613800001234") == "+86138****1234"[:6] + "****1234"
    assert mask_value("wang.wu@example.com") == "w***@example.com"
    assert mask_value("1234567") == "*******"
    assert mask_name("王小明") == "王**"
    assert mask_name("Jane Roe") == "J*** R**"


def test_a_whole_column_is_masked_as_one_value_is() -> None:
    values = ["+8613800001234", "wang.wu@example.com", "1234567", "12345678", "", "a@b", "王小明王小明王小明", None]
    shown = pl.DataFrame({"value": values}).select(masked("value")).to_series().to_list()
    assert shown == [value if value is None else mask_value(value) for value in values]
