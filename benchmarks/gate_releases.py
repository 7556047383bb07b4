# SPDX-License-Identifier: Apache-2.0
"""Releases per second through the whole gate, beside a bare claim-and-mark of the same rows on the same store.

`python -m benchmarks.gate_releases --json [--rows N] [--batch N]`. Every row is claimed, locked, judged on all facts,
rendered, recorded as evidence and marked; the hand-over to a carrier is not part of it. The store is a throw-away
SQLite file unless DATABASE_URL is set.
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
UTC_TYPE = pl.Datetime("us", "UTC")


def fill(rows: int) -> pl.DataFrame:
    """Write one lawful, verified, overdue debtor per row and return the proposals."""
    from rightparty.store.operations.append_rows import append_rows

    n = pl.select(n=pl.int_range(rows))
    version = {"load_id": pl.lit(0), "extra": pl.lit("")}
    party, account = pl.format("P{}", "n").alias("party_id"), pl.format("A{}", "n").alias("account_id")
    # a mobile prefix given to nobody, in the zone of the persons: a foreign one would make its clock count too
    value = pl.format("+86{}", pl.col("n") + 15_400_000_000).alias("value")
    blank = {
        name: pl.lit("")
        for name in ("latin_name", "national_id", "national_id_type", "region", "postcode", "address", "employer",
                     "represented_by")
    }  # fmt: skip
    append_rows("parties_party", n.select(
        party, person_id=pl.format("H{}", "n"), full_name=pl.lit("Somebody"), language=pl.lit("zh-CN"),
        country=pl.lit("CN"), time_zone=pl.lit("Asia/Shanghai"), **blank, **version,
    ))  # fmt: skip
    append_rows("parties_contactpoint", n.select(
        party, value, channel=pl.lit("phone"), value_as_given=pl.lit(""), source=pl.lit("branch"),
        collected_at=pl.lit(AT - timedelta(days=300)).cast(UTC_TYPE), relation=pl.lit("self"), **version,
    ))  # fmt: skip
    append_rows("parties_contactevent", n.select(
        party, value, event_id=pl.format("otp-{}", "n"), channel=pl.lit("phone"), kind=pl.lit("otp_verified"),
        occurred_at=pl.lit(AT - timedelta(days=15)).cast(UTC_TYPE), account_id=pl.lit(""), detail=pl.lit(""), **version,
    ))  # fmt: skip
    append_rows("lending_account", n.select(
        account, product=pl.lit("cash_loan"), opened_on=pl.lit(date(2026, 1, 5)), currency=pl.lit("CNY"),
        principal_minor=pl.lit(100_000), creditor=pl.lit(""), status=pl.lit("open"), market=pl.lit("CN"), **version,
    ))  # fmt: skip
    append_rows("lending_accountparty", n.select(account, party, role=pl.lit("debtor"), **version))
    append_rows("lending_instalment", n.select(
        account, due_on=pl.lit(date(2026, 11, 1)), amount_minor=pl.lit(100_000), principal_minor=pl.lit(100_000),
        interest_minor=pl.lit(0), fee_minor=pl.lit(0), **version,
    ))  # fmt: skip
    return n.select(
        account, party, person_id=pl.format("H{}", "n"), channel=pl.lit("sms"), address=value, step=pl.lit("due"),
        template=pl.lit("due"), tone=pl.lit("plain"), language=pl.lit("zh-CN"),
    )  # fmt: skip


def bare(batch: int) -> float:
    """Return the seconds that a claim and a mark of every row take, two commits a batch, nothing else."""
    from django.db import transaction

    from rightparty.dispatch.models import Reminder
    from rightparty.dispatch.operations.claim import claim

    start = time.perf_counter()
    while ids := claim(worker="bare", at=AT, batch=batch, lease_seconds=600, channels=["sms"]):
        with transaction.atomic():
            Reminder.objects.filter(id__in=ids).update(state="cancelled", state_changed_at=AT, lease_expires_at=None)
    return time.perf_counter() - start


def gated(batch: int) -> tuple[int, float]:
    """Return how many were released and in how many seconds."""
    from rightparty.dispatch.operations.claim import claim
    from rightparty.dispatch.operations.release import release
    from rightparty.planning.drafts.queries import installed_packs

    packs, released = installed_packs(), 0
    start = time.perf_counter()
    while ids := claim(worker="gate", at=AT, batch=batch, lease_seconds=600, channels=["sms"]):
        released += len(release(ids, at=AT, worker="gate", packs=packs).released)
    return released, time.perf_counter() - start


def measure(rows: int, batch: int) -> BenchmarkReport:
    """Drain the same number of rows bare and through the gate."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connection, transaction

    from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        proposals = fill(rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    enqueue_proposals(proposals.with_columns(cycle=pl.lit("bare")), plan_id=1, at=AT)
    floor = rows / bare(batch)
    enqueue_proposals(proposals.with_columns(cycle=pl.lit("gate")), plan_id=2, at=AT)
    released, seconds = gated(batch)
    if released != rows:
        raise RuntimeError(f"only {released} of {rows} lawful reminders were released")
    return BenchmarkReport(
        benchmark="gate_releases",
        parameters={"rows": rows, "batch": batch, "store": connection.vendor},
        measurements=[
            Measurement(name="releases per second", value=rows / seconds, unit="reminders/s", floor=floor),
            Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
        ],
    )


def main() -> None:
    """Run the benchmark in a throw-away home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RIGHTPARTY_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
        print_report(measure(options.rows, options.batch), as_json=options.json)


if __name__ == "__main__":
    main()
