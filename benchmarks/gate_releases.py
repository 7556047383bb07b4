# SPDX-License-Identifier: Apache-2.0
"""Releases per second through the whole gate, beside a bare claim-and-mark of the same rows on the same store.

`python -m benchmarks.gate_releases [--json] [--rows N] [--batch N] [--workers N] [--contacts N]`. Every row is claimed,
locked, judged on all facts, rendered, recorded as evidence and marked; the hand-over to a carrier is not part of it.
Each worker is a process of its own; what it needs to start is done before the clock starts. The store is a throw-away
SQLite file unless DATABASE_URL is set.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from benchmarks.server_time import server_seconds

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
UTC_TYPE = pl.Datetime("us", "UTC")
WARM = 200
"""Rows each worker releases before the clock starts."""


def fill(rows: int, *, contacts: int = 0) -> pl.DataFrame:
    """Write one lawful, verified, overdue debtor per row and return the proposals.

    Args:
        rows: how many.
        contacts: messages each has had in the last month, few enough for all the caps.
    """
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
    for number in range(contacts):
        append_rows("parties_contactevent", n.select(
            party, value, account, event_id=pl.format("sent-{}-{}", "n", pl.lit(number)), channel=pl.lit("phone"),
            kind=pl.lit("sent"), detail=pl.lit("sms"),
            occurred_at=pl.lit(AT - timedelta(days=9 + 5 * number)).cast(UTC_TYPE), **version,
        ))  # fmt: skip
    append_rows("lending_account", n.select(
        account, product=pl.lit("cash_loan"), opened_on=pl.lit(date(2026, 1, 5)), currency=pl.lit("CNY"),
        principal_minor=pl.lit(100_000), creditor=pl.lit(""), status=pl.lit("open"), market=pl.lit("CN"), **version,
    ))  # fmt: skip
    append_rows("lending_accountparty", n.select(account, party, role=pl.lit("debtor"), **version))
    append_rows("lending_instalment", n.select(
        account, due_on=pl.lit(date(2026, 11, 1)), amount_minor=100_000 + pl.col("n") * 7 % 90_001,
        principal_minor=pl.lit(100_000),
        interest_minor=pl.lit(0), fee_minor=pl.lit(0), **version,
    ))  # fmt: skip
    return n.select(
        account, party, person_id=pl.format("H{}", "n"), channel=pl.lit("sms"), address=value, step=pl.lit("due"),
        template=pl.lit("due"), tone=pl.lit("plain"), language=pl.lit("zh-CN"),
    )  # fmt: skip


def bare(batch: int) -> int:
    """Claim and mark every row, two commits a batch, nothing else; return how many."""
    from django.db import transaction

    from rightparty.dispatch.models import Reminder
    from rightparty.dispatch.operations.claim import claim

    done = 0
    while ids := claim(worker=str(os.getpid()), at=AT, batch=batch, lease_seconds=600, channels=["sms"]):
        with transaction.atomic():
            Reminder.objects.filter(id__in=ids).update(state="cancelled", state_changed_at=AT, lease_expires_at=None)
        done += len(ids)
    return done


def gated(batch: int) -> int:
    """Take every row through the gate; return how many were released."""
    from rightparty.dispatch.operations.claim import claim
    from rightparty.dispatch.operations.release import release

    released, worker = 0, str(os.getpid())
    while ids := claim(worker=worker, at=AT, batch=batch, lease_seconds=600, channels=["sms"]):
        released += len(release(ids, at=AT, worker=worker).released)
    return released


def drain(batch: int) -> None:
    """Be a worker: get warm on a few rows, then drain at each word of the parent's and say how it went."""
    import django

    django.setup()
    from rightparty.dispatch.operations.claim import claim
    from rightparty.dispatch.operations.release import release

    ways: dict[str, Callable[[int], int]] = {"bare": bare, "gate": gated}
    ids = claim(worker="warm", at=AT, batch=WARM, lease_seconds=600, channels=["sms"])
    release(ids, at=AT, worker="warm")
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        start, used = time.perf_counter(), time.process_time()
        done = ways[line.strip()](batch)
        end, used = time.perf_counter(), time.process_time() - used
        print(json.dumps({"done": done, "start": start, "end": end, "processor": used}), flush=True)


class Workers:
    """Processes that drain the outbox side by side."""

    def __init__(self, count: int, batch: int) -> None:
        own = [sys.executable, "-m", "benchmarks.gate_releases", "--drain", "--batch", str(batch)]
        # several workers on few cores: threads of one's own only take the others' time
        alone = {} if count == 1 else {"POLARS_MAX_THREADS": "1"}
        self._all = [
            subprocess.Popen(own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | alone)
            for _ in range(count)
        ]
        for each in self._all:
            if self._line(each) != "ready":
                raise RuntimeError("a worker did not start")

    def drain(self, way: str, rows: int) -> tuple[float, float]:
        """Drain `rows` rows; return rows per second, and seconds of processor of all workers per row."""
        for each in self._all:
            each.stdin.write(way + "\n")  # type: ignore[union-attr]
            each.stdin.flush()  # type: ignore[union-attr]
        told = [json.loads(self._line(each)) for each in self._all]
        if sum(each["done"] for each in told) != rows:
            raise RuntimeError(f"{sum(each['done'] for each in told)} of {rows} rows were done")
        seconds = max(each["end"] for each in told) - min(each["start"] for each in told)
        return rows / seconds, sum(each["processor"] for each in told) / rows

    def end(self) -> None:
        """Let them go."""
        for each in self._all:
            each.communicate()

    def _line(self, process: "subprocess.Popen[str]") -> str:
        return process.stdout.readline().strip()  # type: ignore[union-attr]


@dataclass
class Used:
    """What the server of the store has used meanwhile; nothing where the store is a file."""

    seconds: float = 0.0


@contextmanager
def counted_server() -> Iterator[Used]:
    """Count the processor time of a PostgreSQL server on this machine."""
    from django.db import connection

    used = Used()
    if connection.vendor != "postgresql":
        yield used
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    before = server_seconds(backend)
    yield used
    after = server_seconds(backend)
    used.seconds = after - before if after is not None and before is not None else float("nan")


def measure(rows: int, batch: int, *, workers: int = 1, contacts: int = 0) -> BenchmarkReport:
    """Drain the same number of rows bare and through the gate."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connection, transaction

    from rightparty.dispatch.models import Reminder
    from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals

    call_command("migrate", verbosity=0)
    spare = WARM * workers
    with transaction.atomic():
        proposals = fill(rows + spare, contacts=contacts)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    enqueue_proposals(proposals.tail(spare).with_columns(cycle=pl.lit("warm")), plan_id=1, at=AT)
    started = Workers(workers, batch)
    # workers that got warm at the same time may have left some
    Reminder.objects.filter(state="planned").update(state="cancelled", state_changed_at=AT)
    enqueue_proposals(proposals.head(rows).with_columns(cycle=pl.lit("bare")), plan_id=2, at=AT)
    with counted_server() as used:
        floor, least = started.drain("bare", rows)
    least += used.seconds / rows
    enqueue_proposals(proposals.head(rows).with_columns(cycle=pl.lit("gate")), plan_id=3, at=AT)
    with counted_server() as used:
        rate, processor = started.drain("gate", rows)
    processor += used.seconds / rows
    started.end()
    return BenchmarkReport(
        benchmark="gate_releases",
        parameters={
            "rows": rows, "batch": batch, "workers": workers, "contacts": contacts, "store": connection.vendor,
        },
        measurements=[
            Measurement(name="releases per second", value=rate, unit="reminders/s", floor=floor),
            Measurement(name="processor per release", value=processor * 1e6, unit="us", floor=least * 1e6),
            Measurement(name="of it the server's", value=used.seconds / rows * 1e6, unit="us"),
        ],
    )  # fmt: skip


def main() -> None:
    """Run the benchmark in a throw-away home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=1, help="processes; on SQLite one")
    parser.add_argument("--contacts", type=int, default=0, help="messages that each person has had in the last month")
    parser.add_argument("--drain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drain:
        drain(options.batch)
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["RIGHTPARTY_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
        report = measure(options.rows, options.batch, workers=options.workers, contacts=options.contacts)
        print_report(report, as_json=options.json)


if __name__ == "__main__":
    main()
