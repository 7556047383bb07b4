# SPDX-License-Identifier: Apache-2.0
"""Real workers killed with SIGKILL at random instants, hand over to a real SMSC, audited from the SMSC's own record.

`python -m tests.simulation.kill_drill --kills 200 --persons 4000 [--seed N]`; the store is DATABASE_URL, or a file of
SQLite. The next worker is started, loaded and waiting while one works, so that a kill costs little.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.peers.real_smsc import running_smsc
from tests.simulation.soak_report import REPORT, add_to_report

LONGEST_LIFE = 1.2
"""Seconds that a worker lives at most, from its first claim."""

REFUSED = 9
"""Numbers that end so are refused by the SMSC; those that end in 7 or 8 answer or cut the line, and are not used."""


@dataclass(slots=True)
class Audit:
    """What the SMSC's record and the store say of each other."""

    kills: int
    seed: int
    reminders: int
    #: messages, by number of the recipient, that the SMSC took
    received: int
    duplicates: int
    #: not in a resting state, or resting without a reason or a fate
    lost: int
    #: the books say that it was never sent, and the SMSC has it; or the other way round
    contradictions: int
    unknown: int
    after_payment: int
    payments: int
    states: dict[str, int] = field(default_factory=dict)
    window: int = 50

    def faults(self) -> list[str]:
        """Return what must not be."""
        wrong = [f"{n} {what}" for what, n in (
            ("duplicates", self.duplicates), ("lost", self.lost), ("contradictions", self.contradictions),
            ("released after a payment", self.after_payment),
        ) if n]  # fmt: skip
        if not self.received:
            wrong.append("nothing reached the SMSC, so that nothing was tried")
        if self.unknown > self.kills * self.window:
            wrong.append(f"{self.unknown} unknown of {self.kills} kills")
        return wrong


def fill(persons: int, at: object) -> dict[str, str]:
    """Plan a reminder for each of so many persons; return number -> account."""
    from django.db import transaction

    from tests.integration.dispatch.lender import add_person, enqueue, phone_of

    numbers = [n for n in range(10, 10 + 2 * persons) if n % 10 not in (7, 8)][:persons]
    with transaction.atomic():
        rows = [(add_person(n, at)[0], n) for n in numbers]  # type: ignore[arg-type]
        enqueue(rows, at)  # type: ignore[arg-type]
    return {phone_of(n): account for account, n in rows}


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until it is so."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("waited in vain")
        time.sleep(0.02)


class Drill:
    """One run: workers are born, work for a while and are killed, until so many were."""

    def __init__(self, *, seed: int, environment: dict[str, str]) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.environment = environment
        self.waiting: deque[subprocess.Popen[str]] = deque()
        self.kills = 0

    def prepare(self, count: int) -> None:
        """Have so many workers loaded and waiting."""
        while len(self.waiting) < count:
            self.waiting.append(subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.simulation.kill_worker"], env=self.environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            ))  # fmt: skip

    def kill_some(self, kills: int, *, at_once: int, meanwhile: Callable[[], object]) -> None:
        """Kill so many, several at work at once."""
        at_work: list[tuple[float, subprocess.Popen[str]]] = []
        while self.kills < kills:
            still = kills - self.kills - len(at_work)
            self.prepare(min(at_once + 1, still))
            while self.waiting and len(at_work) < at_once:
                worker = self.waiting.popleft()
                if worker.stdout is None or worker.stdout.readline() != "ready\n" or worker.stdin is None:
                    raise RuntimeError("a worker did not start")
                worker.stdin.write("go\n")
                worker.stdin.flush()
                at_work.append((time.monotonic() + self.dice.uniform(0.01, LONGEST_LIFE), worker))
            at_work.sort(key=lambda pair: pair[0])
            dies, worker = at_work.pop(0)
            while time.monotonic() < dies:
                meanwhile()
                time.sleep(max(0.0, min(0.02, dies - time.monotonic())))
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            self.kills += 1
        for _, worker in at_work:
            worker.kill()
            worker.wait()
            self.kills += 1
        for worker in self.waiting:
            worker.kill()
            worker.wait()


def audit(record: Path, paid: dict[str, object], drill: Drill) -> Audit:
    """Compare the SMSC's record with the store."""
    from rightparty.dispatch.models import Reminder
    from rightparty.dispatch.reminder_state import RESTING, ReminderState

    parts: Counter[tuple[str, str]] = Counter()
    for line in record.read_text("utf-8").splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            parts[said["to"], str(said["udh"][0][-2:] if said["udh"] else "")] += 1
    received = {f"+{to.lstrip('+')}" for to, _ in parts}
    result = Audit(
        kills=drill.kills, seed=drill.seed, reminders=0, received=len(received),
        duplicates=sum(count - 1 for count in parts.values()), lost=0, contradictions=0, unknown=0, after_payment=0,
        payments=len(paid),
    )  # fmt: skip
    for row in Reminder.objects.all():
        result.reminders += 1
        result.states[row.state] = result.states.get(row.state, 0) + 1
        has = row.address in received
        reasoned = (
            row.reasons_mask > 0
            if row.state in ("withheld", "cancelled")
            else bool(row.outcome or row.state in ("handed_over", "delivered"))
        )
        result.lost += ReminderState(row.state) not in RESTING or not reasoned
        result.unknown += row.state == "unknown"
        may_have = row.state in ("handed_over", "delivered", "unknown", "failed")
        result.contradictions += (has and not may_have) or (not has and row.state in ("handed_over", "delivered"))
        committed = paid.get(row.account_id)
        result.after_payment += bool(committed and row.released_at and row.released_at > committed)  # type: ignore[operator]
    return result


def run(*, kills: int, persons: int, seed: int, at_once: int) -> Audit:
    """Run a drill on the present store, which is empty and migrated."""
    from django.db import connection

    from rightparty.dispatch.worker import Worker, WorkOptions
    from rightparty.lending.operations.record_payment import record_payment
    from tests.simulation.kill_worker import LEASE_SECONDS, clock

    os.environ["DRILL_BEGAN"] = str(time.time())
    dice, paid = random.Random(f"payer/{seed}"), {}
    accounts = list(fill(persons, clock()).values())
    dice.shuffle(accounts)

    def pay() -> None:
        """Somebody pays now and then; from when the answer is here on, no release may follow."""
        if accounts and dice.random() < 0.15:
            account = accounts.pop()
            record_payment(payment_id=f"p-{account}", account_id=account, paid_at=clock(), amount_minor=120_000,
                           status="posted")  # fmt: skip
            paid[account] = clock()

    with tempfile.TemporaryDirectory(prefix="rp-drill-") as made, running_smsc("smsc.js") as (port, record):
        url = f"smpp://lender:secret@127.0.0.1:{port}"
        database = connection.settings_dict
        environment = os.environ | {"RIGHTPARTY_SMS": url, "DJANGO_SETTINGS_MODULE": "rightparty.site.settings",
                                    "DATABASE_URL": url_of(database), "RIGHTPARTY_LOG": "/dev/null",
                                    "RIGHTPARTY_HOUSE_RULES": str(Path(__file__).parents[1] / "house.toml"),
                                    "RIGHTPARTY_HOME": made, "RIGHTPARTY_SECRET_KEY": "drill",
                                    "PYTHONPATH": os.pathsep.join(sys.path)}  # fmt: skip
        drill = Drill(seed=seed, environment=environment)
        drill.kill_some(kills, at_once=at_once, meanwhile=pay)
        time.sleep(LEASE_SECONDS + 0.5)
        from rightparty.dispatch.channels import registry
        from rightparty.dispatch.channels.smpp import SmppChannel

        before = dict(registry._adapters)
        registry.connect("sms", SmppChannel.from_url(url, sender="1069000000"))
        try:
            last = Worker(clock=clock, options=WorkOptions(batch=500, lease_seconds=60, is_patient=False))
            last.run(until_empty=True)
        finally:
            registry.adapter_of("sms").close()
            registry._adapters.clear()
            registry._adapters.update(before)
        return audit(record, paid, drill)


def url_of(database: dict[str, object]) -> str:
    """Return the DATABASE_URL of a connection's settings."""
    if str(database["ENGINE"]).endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    name, user, password = (str(database[key]) for key in ("NAME", "USER", "PASSWORD"))
    options = database.get("OPTIONS")
    host = quote(str(database["HOST"] or (options.get("host", "") if isinstance(options, dict) else "")), safe="")
    return f"postgresql://{user}:{quote(password)}@/{name}?host={host}&port={database['PORT'] or 5432}"


def main() -> None:
    """Run a drill on a store of its own and print the audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--persons", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    result = run(kills=options.kills, persons=options.persons, seed=options.seed, at_once=options.at_once)
    ends = ", ".join(f"{count} {state}" for state, count in sorted(result.states.items()))
    line = (
        f"SIGKILL on {connection.vendor}, seed {result.seed}: {result.kills} kills of workers, {result.reminders}"
        f" reminders, {result.received} received by the SMSC, {result.duplicates} twice, {result.lost} lost,"
        f" {result.contradictions} against the books, {result.unknown} of unknown outcome, {result.payments} payments,"
        f" {result.after_payment} released after one; ends: {ends}."
    )
    add_to_report(options.report, line)
    print(line, f"{time.monotonic() - began:.0f} s")
    sys.exit("; ".join(result.faults()) if result.faults() else 0)


if __name__ == "__main__":
    main()
