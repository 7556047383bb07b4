# SPDX-License-Identifier: Apache-2.0
"""When a withheld message would be allowed, if nothing but time passed (serves right_time). Pure.

Tried minute by minute with the rules themselves, so that the answer never differs from the judgement: local time,
calendar and every count of contacts are made anew for each minute. Rules speak in whole minutes, and the time zones of
today lie whole minutes from UTC. Facts that count whole days since something (days past due, cooling-off) grow by one
every 24 hours from the instant, which may name a minute up to a day too late, never too early. The age stays.
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from rightparty.policy.calendar import with_calendar
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import INSTANT, with_local_time
from rightparty.policy.pack import LawPacks

HORIZON_DAYS: Final = 35
"""How far is looked: past the longest window (31 days). Later than that the facts of today say little."""

_DAYS_AT_ONCE: Final = (1, 2, 4, 7, 7, 7, 7)
_GROWING: Final = ("days_since_payment", "days_since_complaint", "days_past_due")


def earliest_permitted(
    facts: pl.DataFrame, history: pl.DataFrame, packs: LawPacks, *, house: bool = True
) -> datetime | None:
    """Return the first whole minute from the instant on at which one message would be allowed.

    Args:
        facts: one row: the columns of FACTS, person_id, account_id and zone_set.
        history: the person's contacts, as `count_contacts` takes them.
        packs: law packs with the house rules.
        house: False leaves out the lender's own rules.

    Returns:
        None if no minute within HORIZON_DAYS would do: something else than time has to change first.
    """
    start = facts["at"][0]
    if start is None or facts["zone_set"][0] is None:
        return None
    begin = start if start == start.replace(second=0, microsecond=0) else _next_minute(start)
    for days in _DAYS_AT_ONCE:
        end = begin + timedelta(days=days)
        judged = judge(_as_of_each_minute(facts, history, begin, end), packs, house=house)
        first = judged.filter("permitted")["at"].min()
        if isinstance(first, datetime):
            return first
        begin = end
    return None


def _next_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _as_of_each_minute(facts: pl.DataFrame, history: pl.DataFrame, begin: datetime, end: datetime) -> pl.DataFrame:
    """Return the row as it would stand at each minute of [begin, end)."""
    start = facts["at"][0]
    minutes = pl.DataFrame({"at": pl.datetime_range(begin, end, "1m", closed="left", eager=True).cast(INSTANT)})
    passed = (pl.col("at") - pl.lit(start).cast(INSTANT)).dt.total_days()
    rows = facts.drop("at").join(minutes, how="cross").with_columns(pl.col(_GROWING) + passed)
    # each minute counts as a person of its own, so that one pass counts the contacts of all
    rows = rows.with_row_index("minute").with_columns(person_id=pl.col("minute").cast(pl.String))
    contacts = rows.select("person_id").join(history.drop("person_id"), how="cross")
    timed = count_contacts(with_calendar(with_local_time(rows)), contacts)
    waited = (pl.col("local_date_min") - facts["local_date_min"][0]).dt.total_days()
    # a call-back was asked for one day only
    same_day = (waited == 0) & (pl.col("local_date_max") == facts["local_date_max"][0])
    return timed.with_columns(pl.col("days_to_promise") - waited, pl.col("call_requested") & same_day).select(
        pl.col(name).cast(kind) for name, kind in FACTS.items()
    )
