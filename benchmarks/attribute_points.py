# SPDX-License-Identifier: Apache-2.0
"""Judges a whole portfolio's contact points from Parquet files, beside a bare pass over the same columns.

`python -m benchmarks.attribute_points --points 1000000 --points 10000000 --json`

Five events a point on average, in four markets; one point in thirty is another person's, too, and half of those
persons have an account together; a few switchboards stand under hundreds. Each portfolio is made in one process and
judged in another, so that the memory told is that of judging alone. What is timed begins with the files and ends with
the table of probabilities. The floor, run afterwards in the same process, scans the files, joins events to values and
sorts them: the least that putting evidence in order has to do.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import numpy as np
import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.parties.attribution.judge import attribute
from rightparty.parties.attribution.parameters import shipped_parameters

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
EVENTS_PER_POINT: Final = 5
SHARED: Final = 1 / 30
SHARES: Final = {
    "sent": 0.27, "delivered": 0.24, "login": 0.24, "otp_verified": 0.05, "called": 0.03, "undelivered": 0.03,
    "replied": 0.03, "paid": 0.02, "status_live": 0.02, "status_dead": 0.005, "answered": 0.015, "holder_same": 0.01,
    "holder_changed": 0.002, "subscriber_matches": 0.005, "wrong_party": 0.005, "name_agrees": 0.005,
    "name_differs": 0.002, "opted_out": 0.005, "consent_given": 0.005, "reassigned": 0.001, "telepathy": 0.01,
}  # fmt: skip
"""How often each kind of event is; the last one is none that the model knows."""

OF_VALUE: Final = ("delivered", "undelivered", "status_live", "status_dead", "wrong_party", "opted_out", "reassigned")
PREFIXES: Final = ("+1", "+86", "+84", "+420")
INSTANT: Final = pl.Datetime("us", "UTC")
_DAY: Final = 86_400_000_000
_PIECE: Final = 1_000_000


def _points(dice: np.random.Generator, points: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    party, owner = np.arange(points) // 2, np.arange(points)
    taken = dice.random(points) < SHARED
    owner[taken] = dice.integers(0, points, taken.sum())
    crowded = dice.random(points) < 2e-4
    owner[crowded] = dice.integers(0, max(points // 1_000_000, 1), crowded.sum())
    base = int(AT.timestamp() * 1e6)
    is_mail = pl.col("owner") % 4 == 3
    prefix = pl.col("owner").floordiv(4) % len(PREFIXES)
    rows = pl.DataFrame({"party": party, "owner": owner, "age": dice.integers(30, 2_000, points)}).select(
        "party", "owner", "age",
        party_id=pl.format("P{}", "party"),
        channel=pl.when(is_mail).then(pl.lit("email")).otherwise(pl.lit("phone")),
        value=pl.when(is_mail).then(pl.format("m{}@example.com", "owner")).otherwise(
            pl.format("{}{}", prefix.replace_strict(dict(enumerate(PREFIXES)), return_dtype=pl.String),
                      pl.col("owner") + 2_000_000_000)
        ),
        source=pl.Series(dice.choice(["application", "portal", "agent", "bureau"], points, p=[0.6, 0.2, 0.15, 0.05])),
        relation=pl.Series(dice.choice(["self", "emergency"], points, p=[0.97, 0.03])),
        collected_at=(base - pl.col("age") * _DAY).cast(INSTANT),
        valid_to=pl.when(pl.col("owner") % 97 == 0).then((base + (pl.col("age") - 1_000) * _DAY).cast(INSTANT)),
    )  # fmt: skip
    together = pl.DataFrame({"party": party[taken], "other": owner[taken] // 2}).filter(pl.col("party") % 2 == 0)
    pairs = together.with_row_index("n").unpivot(["party", "other"], index="n", value_name="id")
    return rows, pairs.select(party_id=pl.format("P{}", "id"), group_id=pl.format("account:{}", "n"))


def _events(dice: np.random.Generator, rows: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return the events at a piece of the points."""
    piece = rows.slice(first, _PIECE)
    count = piece.height * EVENTS_PER_POINT
    which = dice.integers(0, piece.height, count)
    base = int(AT.timestamp() * 1e6)
    kinds = pl.Series(dice.choice(list(SHARES), count, p=np.array(list(SHARES.values())) / sum(SHARES.values())))
    met = piece.select("party_id", "channel", "value", "age")[which].with_columns(kind=kinds)
    ago = (pl.Series(dice.random(count)) * met["age"] * _DAY).cast(pl.Int64)
    asked = pl.col("kind").str.starts_with("holder")
    return met.select(
        "channel", "value",
        pl.when(pl.col("kind").is_in(OF_VALUE)).then(pl.lit("")).otherwise("party_id").alias("party_id"),
        "kind",
        occurred_at=(base - ago).cast(INSTANT),
        detail=pl.when(asked).then(pl.lit("2024-06-01")).when(pl.col("kind") == "undelivered").then(
            pl.lit("unknown subscriber")
        ).otherwise(pl.lit("")),
    )  # fmt: skip


def write(folder: Path, points: int) -> None:
    """Write a portfolio's files, its events in pieces."""
    dice = np.random.default_rng(1)
    rows, links = _points(dice, points)
    keep = ("party_id", "channel", "value", "source", "relation", "collected_at", "valid_to")
    rows.select(keep).write_parquet(folder / "points.parquet")
    links.write_parquet(folder / "links.parquet")
    (folder / "events").mkdir()
    for first in range(0, points, _PIECE):
        _events(dice, rows, first).sort("occurred_at").write_parquet(folder / "events" / f"{first:09}.parquet")


def judge(folder: Path) -> BenchmarkReport:
    """Judge a written portfolio once, after the compiled code has been loaded on a few rows of it."""
    points, events = pl.scan_parquet(folder / "points.parquet"), pl.scan_parquet(folder / "events")
    links = pl.read_parquet(folder / "links.parquet")
    parameters = shipped_parameters()
    attribute(points.head(100).collect(), events.head(100).collect(), links, at=AT, parameters=parameters)
    before, begin, used = peak_memory_mib(), perf_counter(), process_time()
    judged = attribute(points, events, links, at=AT, parameters=parameters)
    seconds, used = perf_counter() - begin, process_time() - used
    memory, height = peak_memory_mib(), judged.height
    del judged
    begin, floor_used = perf_counter(), process_time()
    put_in_order = _in_order(points, events)
    floor, floor_used = perf_counter() - begin, process_time() - floor_used
    return BenchmarkReport(
        benchmark="attribute_points",
        parameters={"points": height, "events": events.select(pl.len()).collect().item(), "in order": put_in_order},
        measurements=[
            Measurement(name="judging every point, with reading", value=seconds, unit="s", floor=floor),
            Measurement(name="processor time of it, all cores", value=used, unit="s", floor=floor_used),
            Measurement(name="points a second", value=height / seconds, unit="points/s"),
            Measurement(name="peak memory of the process", value=memory, unit="MiB"),
            Measurement(name="of it before it began", value=before, unit="MiB"),
        ],
    )


def _in_order(points: pl.LazyFrame, events: pl.LazyFrame) -> int:
    """Scan, join and sort the columns that judging reads; returns how many rows came out."""
    values = points.select("channel", "value").unique().with_row_index("v").collect(engine="streaming")
    ordered = (
        events.join(values.lazy(), on=["channel", "value"])
        .select("v", "occurred_at", pl.col("kind").cast(pl.Enum(list(SHARES))), pl.col("party_id").hash())
        .sort("v", "occurred_at")
        .collect(engine="streaming")
    )
    return ordered.height


def main() -> None:
    """Make each portfolio in one process and judge it in another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, action="append", help="how many; may be given several times")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write(given.write, given.points[0])
    elif given.judge:
        print_report(judge(given.judge), as_json=given.json)
    else:
        for points in given.points or [1_000_000, 5_000_000, 10_000_000]:
            with tempfile.TemporaryDirectory() as folder:
                _again("--write", folder, "--points", str(points))
                _again("--judge", folder, *(["--json"] if given.json else []))


def _again(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.attribute_points", *arguments], check=True)


if __name__ == "__main__":
    main()
