# SPDX-License-Identifier: Apache-2.0
"""Judges a whole portfolio's contact points, beside a bare pass over the same columns.

`python -m benchmarks.attribute_points --points 1000000 --json`

Five events a point on average, one point in two hundred under two persons. The floor groups the same events by value
and takes their latest instants: the least that any judgement has to do.
"""

import argparse
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.parties.attribution.judge import attribute
from rightparty.parties.attribution.parameters import shipped_parameters

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
EVENTS_PER_POINT: Final = 5
KINDS: Final = np.array(["sent", "delivered", "login", "otp_verified", "replied", "undelivered", "wrong_party"])
SHARES: Final = np.array([0.30, 0.28, 0.30, 0.06, 0.03, 0.025, 0.005])
INSTANT: Final = pl.Datetime("us", "UTC")


def portfolio(points: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return contact points and events."""
    dice = np.random.default_rng(1)
    party = np.arange(points) // 2
    shared = dice.random(points) < 0.005
    owner = np.where(shared, dice.integers(0, points, points), np.arange(points))
    age = dice.integers(30, 2_000, points)
    base = int(AT.timestamp() * 1e6)
    number = pl.format("+1{}", pl.col("owner") + 2_000_000_000)
    rows = pl.DataFrame({"party": party, "owner": owner, "age": age}).select(
        party_id=pl.format("P{}", "party"), channel=pl.lit("phone"), value=number,
        source=pl.lit("application"), relation=pl.lit("self"),
        collected_at=(base - pl.col("age") * 86_400_000_000).cast(INSTANT), valid_to=pl.lit(None, INSTANT),
    )  # fmt: skip
    which = dice.integers(0, points, points * EVENTS_PER_POINT)
    day = dice.random(len(which)) * age[which]
    kind = KINDS[dice.choice(len(KINDS), len(which), p=SHARES)]
    events = pl.DataFrame({"owner": owner[which], "party": party[which], "kind": kind, "day": day}).select(
        channel=pl.lit("phone"), value=number, party_id=pl.format("P{}", "party"),
        kind="kind", detail=pl.lit(""),
        occurred_at=(base - pl.col("day") * 86_400_000_000).cast(pl.Int64).cast(INSTANT),
    )  # fmt: skip
    return rows, events


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    points, events = portfolio(given.points)
    links = pl.DataFrame(schema={"party_id": pl.String, "group_id": pl.String})
    attribute(points.head(100), events.head(100), links, at=AT, parameters=shipped_parameters())  # compiles
    begin = perf_counter()
    events.group_by("channel", "value", "kind").agg(pl.col("occurred_at").max())
    floor = perf_counter() - begin
    begin = perf_counter()
    judged = attribute(points, events, links, at=AT, parameters=shipped_parameters())
    seconds = perf_counter() - begin
    print_report(
        BenchmarkReport(
            benchmark="attribute_points",
            parameters={"points": judged.height, "events": events.height},
            measurements=[
                Measurement(name="judging every point", value=seconds, unit="s", floor=floor),
                Measurement(name="points a second", value=judged.height / seconds, unit="points/s"),
                Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
            ],
        ),
        as_json=given.json,
    )


if __name__ == "__main__":
    main()
