# SPDX-License-Identifier: Apache-2.0
"""Audits a whole portfolio, beside a bare scan of the same frames in the same run.

`python -m benchmarks.audit_points --points 1000000 --json`

Two points a person (a phone and a mailbox that mostly spells his name), five events a point, one point in two hundred
under a second person; persons of four markets with ids and birth dates. The floor groups the same points by value and
the same events by value and kind: the least that any audit has to do.
"""

import argparse
from time import perf_counter, process_time
from typing import Final

import numpy as np
import polars as pl

from benchmarks.attribute_points import AT, EVENTS_PER_POINT, INSTANT, SHARES
from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.audit.examine import report_on
from rightparty.parties.audit.frames import Audited, audited

COUNTRIES: Final = ("CN", "US", "VN", "CZ")
PHONES: Final = ("+8613", "+1202", "+8490", "+42060")
DIGITS: Final = (9, 7, 7, 7)
SYLLABLES: Final = (
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qi", "ro", "su", "ta", "ve", "wi", "xo",
    "yu", "za", "che", "shi", "zhu",
)  # fmt: skip


def portfolio(points: int) -> Audited:
    """Return an audit's frames."""
    dice = np.random.default_rng(1)
    persons = points // 2
    n = np.arange(persons)
    sounds = np.array(SYLLABLES)
    parts = [sounds[dice.integers(0, len(sounds), persons)] for _ in range(5)]
    market = n % len(COUNTRIES)
    people = pl.DataFrame({"n": n, "market": market, **{f"s{i}": part for i, part in enumerate(parts)}}).with_columns(
        party_id=pl.format("P{}", "n"), country=pl.Series(np.array(COUNTRIES)[market]),
        full_name=pl.format("{}{} {}{}{}", "s0", "s1", "s2", "s3", "s4"),
        date_of_birth=pl.date(1950, 1, 1) + pl.duration(days=pl.lit(pl.Series(dice.integers(0, 18_000, persons)))),
    )  # fmt: skip
    born = pl.col("date_of_birth").dt.strftime("%Y%m%d")
    people = people.with_columns(
        national_id=pl.format("110105{}{}X", born, (pl.col("n") % 1000).cast(pl.String).str.zfill(3)),
        national_id_type=pl.lit("id"), load_id=pl.col("n") % 12 + 1,
    )  # fmt: skip
    events_of = dice.integers(0, points, points * EVENTS_PER_POINT)
    rows = _points(dice, people, persons)
    when = dice.integers(0, 700, len(events_of)) * 86_400_000_000
    weights = np.array(list(SHARES.values()))
    events = rows[events_of].select(
        "channel", "value", "party_id", "load_id",
        kind=pl.Series(dice.choice(list(SHARES), len(events_of), p=weights / weights.sum())),
        occurred_at=pl.Series(int(AT.timestamp() * 1e6) - when).cast(INSTANT), detail=pl.lit(""),
    )  # fmt: skip
    links = people.select("party_id", group_id=pl.format("A{}", pl.col("n") // 2))
    return audited(rows, events, people, links)


def _points(dice: np.random.Generator, people: pl.DataFrame, persons: int) -> pl.DataFrame:
    owner = np.where(dice.random(persons) < 0.01, dice.integers(0, persons, persons), np.arange(persons))
    width = pl.col("market").replace_strict(dict(enumerate(DIGITS)), return_dtype=pl.Int64)
    digits = pl.Series(owner).cast(pl.String).str.zfill(7)
    prefix = pl.col("market").replace_strict(dict(enumerate(PHONES)), return_dtype=pl.String)
    phone = pl.concat_str(prefix, pl.when(width == 9).then(pl.lit("90")).otherwise(pl.lit("")), digits)
    age = dice.integers(30, 2_000, persons) * 86_400_000_000
    sources = np.array(["application", "bureau", "agent", "portal"])
    shared: dict[str, pl.Expr] = {
        "source": pl.lit(pl.Series(sources[dice.integers(0, 4, persons)])),
        "collected_at": pl.lit(pl.Series(int(AT.timestamp() * 1e6) - age).cast(INSTANT)),
        "relation": pl.lit("self"), "load_id": pl.col("load_id"),
    }  # fmt: skip
    mail = pl.format("{}.{}@mail{}.net", pl.concat_str("s0", "s1"), pl.concat_str("s2", "s3", "s4"), pl.col("n") % 50)
    return pl.concat([
        people.select("party_id", channel=pl.lit("phone"), value=phone, **shared),
        people.select("party_id", channel=pl.lit("email"), value=mail, **shared),
    ])  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    given = portfolio(options.points)
    begin, used = perf_counter(), process_time()
    given.points.group_by("channel", "value").agg(pl.col("party_id").n_unique())
    given.events.group_by("channel", "value", "kind").agg(pl.col("occurred_at").max())
    given.parties.group_by("country", "national_id").len()
    floor, floor_used = perf_counter() - begin, process_time() - used
    begin, used = perf_counter(), process_time()
    report = report_on(given, at=AT, parameters=shipped_parameters())
    seconds, used = perf_counter() - begin, process_time() - used
    print_report(
        BenchmarkReport(
            benchmark="audit_points",
            parameters={**report.looked_at, "findings": report.findings["finding"].to_list()},
            measurements=[
                Measurement(name="an audit", value=seconds, unit="s", floor=floor),
                Measurement(name="processor time", value=used, unit="s", floor=floor_used),
                Measurement(name="points a second", value=given.points.height / seconds, unit="points/s"),
                Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
            ],
        ),
        as_json=options.json,
    )


if __name__ == "__main__":
    main()
