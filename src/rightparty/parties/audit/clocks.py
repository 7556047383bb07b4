# SPDX-License-Identifier: Apache-2.0
"""Sources of events whose clocks disagree, and kinds of events nobody knows. Serves right_party.

A delivery follows its sending by seconds, a log-in its code by moments. Where most of such pairs lie an hour, or a
whole time zone, away from one another, one of the two sources writes another time.
"""

from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited

PAIRS: Final = (
    ("sent", "delivered"), ("sent", "undelivered"), ("called", "answered"), ("otp_verified", "login"),
)  # fmt: skip
"""Kinds that two systems write of one thing: the first, and what follows within moments."""

WINDOW: Final = "15h"
"""No two time zones of one lender are farther apart."""

APART_LEAST: Final = 30
APART_SHARE: Final = 0.6
STEP_MINUTES: Final = 30
"""Offsets of zones are whole half hours."""


def clock_findings(given: Audited) -> list[Finding | None]:
    """Return pairs of sources that lie a whole number of half hours apart, and events of unknown kinds."""
    events = given.events
    strange = events.filter(~pl.col("kind").is_in([kind.value for kind in EventKind])).with_columns(told=pl.col("kind"))
    unknown = strange.group_by("kind").agg(
        pl.len().alias("events"), pl.col("load_id").max(), pl.col("line").min(), pl.col("file").max(),
    )  # fmt: skip
    kinds = unknown.sort("kind").head(20)
    return [
        *(_apart(events, first, then) for first, then in PAIRS),
        found(
            "unknown_event_kind", strange.select(pl.exclude("party_id")), shown="told", total=events.height,
            figures=dict(zip(kinds["kind"].str.head(32), kinds["events"], strict=True)),
        ),
    ]  # fmt: skip


def _apart(events: pl.DataFrame, first: str, then: str) -> Finding | None:
    key = ["channel", "value"]
    timed = events.filter(pl.col("occurred_at").is_not_null())
    begun = timed.filter(pl.col("kind") == first).select(*key, begun_at="occurred_at").sort("begun_at")
    ended = timed.filter(pl.col("kind") == then).sort("occurred_at")
    if begun.height < APART_LEAST or ended.height < APART_LEAST:
        return None
    paired = ended.join_asof(
        begun, left_on="occurred_at", right_on="begun_at", by=key, strategy="nearest", tolerance=WINDOW,
        check_sortedness=False,
    ).filter(pl.col("begun_at").is_not_null())  # fmt: skip
    minutes = (pl.col("occurred_at") - pl.col("begun_at")).dt.total_seconds() / 60
    steps = (minutes / STEP_MINUTES).round().cast(pl.Int64)
    near = (minutes - steps * STEP_MINUTES).abs() <= STEP_MINUTES / 4
    placed = paired.with_columns(steps=steps, near=near)
    counted = placed.filter("near").group_by("steps").len().sort("len", "steps", descending=True)
    if counted.is_empty() or counted["steps"][0] == 0:
        return None
    most = int(counted["steps"][0])
    rows = placed.filter((pl.col("steps") == most) & pl.col("near"))
    if rows.height < max(APART_LEAST, APART_SHARE * paired.height):
        return None
    hours = most * STEP_MINUTES / 60
    return found(
        "clocks_apart", rows.with_columns(told=pl.lit(f"{first} / {then}: {hours:+g} h")), shown="told",
        total=paired.height, figures={"hours": hours},
    )  # fmt: skip
