# SPDX-License-Identifier: Apache-2.0
"""How long the store takes to apply what linkage found: `python -m benchmarks.relink_persons`.

`--people N` parties in a throw-away store; of each twenty two are one human by the model, two a household, two a
doubtful pair. Prints seconds for applying, for applying the same again, and for one decision.
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def pairs_of(people: int) -> pl.DataFrame:
    """Return PAIRS among the parties."""
    from rightparty.parties.linkage.frames import PAIRS

    first = pl.DataFrame({"n": pl.arange(0, people - 1, 20, eager=True)})
    kinds = (("same", 0, 0.99999, 0.0), ("household", 4, 0.0, 0.99), ("review", 8, 0.6, 0.1))
    frames = [
        first.select(
            left_id=_id(pl.col("n") + offset), right_id=_id(pl.col("n") + offset + 1), p_same=pl.lit(same),
            p_household=pl.lit(home), p_other=pl.lit(1.0 - same - home), weight_bits=pl.lit(10.0),
            reasons=pl.concat_list(pl.lit("address.same")), verdict=pl.lit(verdict),
        )
        for verdict, offset, same, home in kinds
    ]  # fmt: skip
    return pl.concat(frames).select(pl.col(name).cast(kind) for name, kind in PAIRS.items())


def _id(number: pl.Expr) -> pl.Expr:
    return pl.format("P{}", number.cast(pl.String).str.zfill(8))


def fill(people: int) -> None:
    """Put parties into the store."""
    from rightparty.parties.models import Party
    from rightparty.store.operations.append_rows import append_rows
    from rightparty.store.queries import versioned_table

    table = versioned_table(Party)
    numbers = pl.DataFrame({"n": pl.arange(0, people, eager=True)})
    rows = numbers.select(
        party_id=_id(pl.col("n")), person_id=_id(pl.col("n")), full_name=pl.format("Person {}", "n"),
        country=pl.lit("CN"), national_id=pl.lit(""), date_of_birth=pl.lit(date(1990, 1, 2)),
    )  # fmt: skip
    dates = {"deceased_on", "bankrupt_on"}
    missing = [
        pl.lit(None if name in dates else "", dtype=pl.Date if name in dates else pl.String).alias(name)
        for name in table.columns if name not in rows.columns
    ]  # fmt: skip
    append_rows(table.name, rows.with_columns(missing).with_columns(load_id=pl.lit(1, pl.Int64), extra=pl.lit("")))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    os.environ.setdefault("RIGHTPARTY_HOME", tempfile.mkdtemp(prefix="rp-relink-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "rightparty.site.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from rightparty.parties.linked.rules import read_rules
    from rightparty.parties.operations.apply_pairs import apply_pairs
    from rightparty.parties.operations.decide_link import decide_link

    fill(people)
    pairs = pairs_of(people)
    cpus = os.cpu_count()
    print(
        f"{people:,} parties, {pairs.height:,} pairs, {cpus} cores, {Path('/proc/loadavg').read_text().split()[0]} load"
    )
    for what in ("first", "again"):
        begin = time.perf_counter()
        done = apply_pairs(pairs=pairs, at=AT, model="benchmark", rules=read_rules(), about=None)
        print(f"{what}: {time.perf_counter() - begin:.1f} s, {done}")
    begin = time.perf_counter()
    decide_link(left_id="P00000000", right_id="P00000001", verdict="not_same", by="benchmark", reason="measured", at=AT)
    print(f"one decision: {1000 * (time.perf_counter() - begin):.0f} ms")


if __name__ == "__main__":
    main()
