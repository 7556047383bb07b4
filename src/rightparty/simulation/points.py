# SPDX-License-Identifier: Apache-2.0
"""Contact points as recorded, each with the truth of whom it reaches and when.

Columns: party_id, channel, value, source, collected_at, relation, reaches_from, reaches_to (both null: never),
shared_with (party ids joined by `|`), quarantine_days, mishap.
"""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.simulation.numbers import NumberStock
from rightparty.simulation.rates import Rates

Text = NDArray[np.object_]
Times = NDArray[np.datetime64]

INSTANT: Final = pl.Datetime("us", "UTC")
YEAR: Final = 365.25 * 86_400
"""Seconds."""
MAIL_LOST_PER_YEAR: Final = 0.03
MOVED_PER_YEAR: Final = 0.04
"""Assumed: a mailbox abandoned, an address left; nothing published fits bank customers."""
SKIP_TRACE_WRONG: Final = 0.3
"""Assumed share of bought-in numbers that are somebody else's."""


def later(start: Times, seconds: NDArray[np.float64]) -> Times:
    """Return `start` plus whole seconds."""
    moved: Times = start + seconds.astype(np.int64).astype("timedelta64[s]")
    return moved


def frame_of(**columns: object) -> pl.DataFrame:
    """Return a points frame from arrays, filling what is the same in every row."""
    frame = pl.DataFrame({name: _plain(column) for name, column in columns.items()})
    instants = ("collected_at", "reaches_from", "reaches_to")
    return frame.with_columns(
        [pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for name in instants if name in frame.columns]
    )


def _plain(column: object) -> object:
    if isinstance(column, np.ndarray) and column.dtype == object:
        return column.tolist()
    return column


def base_points(
    dice: np.random.Generator,
    stock: NumberStock,
    people: pl.DataFrame,
    opened: Times,
    *,
    rates: Rates,
    as_of: datetime,
) -> pl.DataFrame:
    """Return the points recorded without any mistake: numbers are given up and re-assigned as time goes by."""
    count = people.height
    now = np.datetime64(as_of.replace(tzinfo=None), "us")
    ids = np.array(people["party_id"].to_list(), dtype=object)
    markets = np.array(people["country"].to_list(), dtype=object)
    zones = np.array(people["home_zone"].to_list(), dtype=object)
    collected = later(opened.astype("datetime64[us]"), dice.uniform(1, 12, count) * 3600)
    start = later(collected, -dice.uniform(0.1, 5, count) * YEAR)
    yearly = np.array([rates["given_up_per_year"][m] for m in markets])
    quarantine = np.array([int(rates["quarantine_days"][m]) for m in markets])
    lost = later(collected, dice.exponential(1 / yearly) * YEAR)
    gone = lost < now
    back = lost + quarantine.astype("timedelta64[D]")
    phones = frame_of(
        party_id=ids, channel="phone", value=stock.take(markets, zones),
        source=np.where(dice.random(count) < 0.75, "application", "branch"), collected_at=collected, relation="self",
        reaches_from=start, reaches_to=np.where(gone, lost, np.datetime64("NaT", "us")), shared_with="",
        quarantine_days=quarantine,
        mishap=np.where(gone, np.where(back <= now, "re_assigned", "given_up"), ""),
    )  # fmt: skip
    told_at = later(lost, dice.uniform(2, 90, count) * 86_400)
    told = np.flatnonzero(gone & (dice.random(count) < rates["share"]["told_new_number"]) & (told_at < now))
    renewed = frame_of(
        party_id=ids[told], channel="phone", value=stock.take(markets[told], zones[told]),
        source=np.where(dice.random(len(told)) < 0.6, "portal", "branch"), collected_at=told_at[told], relation="self",
        reaches_from=lost[told], reaches_to=np.full(len(told), np.datetime64("NaT", "us")), shared_with="",
        quarantine_days=quarantine[told], mishap="",
    )  # fmt: skip
    others = [
        _bought(dice, stock, ids, markets, zones, collected, quarantine, now),
        _mail(dice, ids, collected, start, now),
        _letters(dice, people, ids, collected, start, now),
        *_of_others(dice, stock, ids, markets, zones, collected, quarantine),
    ]
    return pl.concat([phones, renewed, *others], how="vertical_relaxed")


def _bought(
    dice: np.random.Generator, stock: NumberStock, ids: Text, markets: Text, zones: Text, collected: Times,
    quarantine: NDArray[np.int64], now: np.datetime64,
) -> pl.DataFrame:  # fmt: skip
    """A tenth of the people have a number from skip tracing or the bureau: some are somebody else's."""
    rows = np.flatnonzero(dice.random(len(ids)) < 0.1)
    wrong = dice.random(len(rows)) < SKIP_TRACE_WRONG
    found = collected[rows] + ((now - collected[rows]) * dice.uniform(0.3, 0.98, len(rows))).astype("timedelta64[us]")
    return frame_of(
        party_id=ids[rows], channel="phone", value=stock.take(markets[rows], zones[rows]),
        source=np.where(dice.random(len(rows)) < 0.6, "skip_trace", "bureau"),
        collected_at=found.astype("datetime64[s]").astype("datetime64[us]"), relation="self",
        reaches_from=np.where(wrong, np.datetime64("NaT", "us"), collected[rows]),
        reaches_to=np.full(len(rows), np.datetime64("NaT", "us")), shared_with="", quarantine_days=quarantine[rows],
        mishap=np.where(wrong, "skip_trace_wrong", ""),
    )  # fmt: skip


def _mail(dice: np.random.Generator, ids: Text, collected: Times, start: Times, now: np.datetime64) -> pl.DataFrame:
    rows = np.flatnonzero(dice.random(len(ids)) < 0.65)
    lost = later(collected[rows], dice.exponential(1 / MAIL_LOST_PER_YEAR, len(rows)) * YEAR)
    gone = lost < now
    return frame_of(
        party_id=ids[rows], channel="email",
        value=np.array([f"{party.lower()}@mail{int(party[1:]) % 7}.example" for party in ids[rows]], dtype=object),
        source="application", collected_at=collected[rows], relation="self", reaches_from=start[rows],
        reaches_to=np.where(gone, lost, np.datetime64("NaT", "us")), shared_with="",
        # mailboxes are not handed on
        quarantine_days=np.full(len(rows), 36_500), mishap=np.where(gone, "mailbox_abandoned", ""),
    )  # fmt: skip


def _letters(
    dice: np.random.Generator, people: pl.DataFrame, ids: Text, collected: Times, start: Times, now: np.datetime64
) -> pl.DataFrame:
    moved = later(collected, dice.exponential(1 / MOVED_PER_YEAR, len(ids)) * YEAR)
    gone = moved < now
    return frame_of(
        party_id=ids, channel="post", value=np.array(people["address"].to_list(), dtype=object), source="application",
        collected_at=collected, relation="self", reaches_from=start,
        reaches_to=np.where(gone, moved, np.datetime64("NaT", "us")), shared_with="",
        quarantine_days=np.full(len(ids), 30), mishap=np.where(gone, "moved_house", ""),
    )  # fmt: skip


def _of_others(
    dice: np.random.Generator, stock: NumberStock, ids: Text, markets: Text, zones: Text, collected: Times,
    quarantine: NDArray[np.int64],
) -> list[pl.DataFrame]:  # fmt: skip
    """Numbers rightly recorded as the employer's, a relative's or an emergency contact's: never the person's."""
    frames = []
    switchboards = max(len(ids) // 40, 1)
    for relations, share in ((("employer",), 0.25), (("emergency", "spouse", "relative", "friend"), 0.35)):
        rows = np.flatnonzero(dice.random(len(ids)) < share)
        values = stock.take(markets[rows], zones[rows])
        if relations == ("employer",):  # many people, few switchboards
            values = _few(dice, values, markets[rows], switchboards)
        frames.append(
            frame_of(
                party_id=ids[rows], channel="phone", value=values, source="branch", collected_at=collected[rows],
                relation=np.array(relations, dtype=object)[dice.integers(0, len(relations), len(rows))],
                reaches_from=np.full(len(rows), np.datetime64("NaT", "us")),
                reaches_to=np.full(len(rows), np.datetime64("NaT", "us")), shared_with="",
                quarantine_days=quarantine[rows], mishap="",
            )
        )  # fmt: skip
    return frames


def _few(dice: np.random.Generator, values: Text, markets: Text, most: int) -> Text:
    """Let the rows of one market share at most `most` of their values."""
    shared = values.copy()
    for market in sorted(set(markets)):
        rows = np.flatnonzero(markets == market)
        shared[rows] = values[rows[dice.integers(0, min(most, len(rows)), len(rows))]]
    return shared
