# SPDX-License-Identifier: Apache-2.0
"""Rows per second of `rightparty import` into the store, beside a bare read of the same columns in the same run.

`python -m benchmarks.import_rows --json [--accounts N]`; the store is a throw-away SQLite file, or DATABASE_URL.
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def write_portfolio(directory: Path, *, accounts: int) -> int:
    """Write one party, two points, three instalments and two payments an account; return the rows."""
    n = pl.int_range(accounts, eager=True).alias("n")
    account = pl.select(account_id=pl.format("A{}", n), party_id=pl.format("P{}", n), n=n)
    tables = {
        "parties": account.select(
            "party_id", full_name=pl.format("Person {}", "n"), country=pl.lit("CN"), language=pl.lit("zh-Hans"),
            national_id_type=pl.lit("id"), national_id=pl.format("N{}", "n"), date_of_birth=pl.lit(date(1990, 1, 2)),
        ),
        "contact_points": pl.concat([
            account.select(
                "party_id", channel=pl.lit("phone"), value=pl.format("+861{}", pl.col("n") + 3_800_000_000),
                source=pl.lit("application"), collected_at=pl.lit("2025-01-02T10:00:00+08:00"),
            ),
            account.select(
                "party_id", channel=pl.lit("email"), value=pl.format("person{}@example.com", "n"),
                source=pl.lit("application"), collected_at=pl.lit("2025-01-02T10:00:00+08:00"),
            ),
        ]),
        "accounts": account.select(
            "account_id", product=pl.lit("instalment"), opened_on=pl.lit(date(2025, 1, 2)), currency=pl.lit("CNY"),
            principal=pl.format("{}.50", pl.col("n") % 9000 + 1000), market=pl.lit("CN"),
        ),
        "account_parties": account.select("account_id", "party_id", role=pl.lit("debtor")),
        "instalments": pl.concat([
            account.select(
                "account_id", due_on=pl.lit(date(2025, month, 2)), amount=pl.format("{}.25", pl.col("n") % 900),
            )
            for month in (2, 3, 4)
        ]),
        "payments": pl.concat([
            account.select(
                payment_id=pl.format("Y{}-{}", pl.lit(month), "n"), account_id="account_id",
                paid_at=pl.lit(f"2025-0{month}-01T10:00:00+08:00"), amount=pl.format("{}.25", pl.col("n") % 900),
            )
            for month in (2, 3)
        ]),
    }  # fmt: skip
    for name, frame in tables.items():
        frame.write_csv(directory / f"{name}.csv")
    return sum(frame.height for frame in tables.values())


def read_bare(directory: Path) -> float:
    """Return the seconds that a bare columnar read of the same files takes."""
    start = time.perf_counter()
    for path in sorted(directory.glob("*.csv")):
        pl.read_csv(path, infer_schema=False)
    return time.perf_counter() - start


def measure(accounts: int) -> BenchmarkReport:
    """Load a synthetic delivery into an empty store."""
    import django
    from django.core.management import call_command

    django.setup()
    from rightparty.intake.operations.load_portfolio import load_portfolio

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        rows = write_portfolio(Path(folder), accounts=accounts)
        floor = read_bare(Path(folder))
        stages: list[tuple[str, float]] = []
        start = time.perf_counter()
        report = load_portfolio(
            Path(folder), at=AT, on_progress=lambda stage: stages.append((stage, time.perf_counter()))
        )
        end = time.perf_counter()
    if sum(t.added for t in report.tables) != rows:
        raise RuntimeError("the load did not take every row")
    ends = [at for _, at in stages[1:]] + [end]
    parts = [Measurement(name=name, value=done - at, unit="s") for (name, at), done in zip(stages, ends, strict=True)]
    return BenchmarkReport(
        benchmark="import_rows",
        parameters={"accounts": accounts, "rows": rows},
        measurements=[
            Measurement(name="rows per second", value=rows / (end - start), unit="rows/s", floor=rows / floor),
            Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
            *parts,
        ],
    )


def main() -> None:
    """Run the benchmark in a throw-away home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--accounts", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RIGHTPARTY_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
        print_report(measure(options.accounts), as_json=options.json)


if __name__ == "__main__":
    main()
