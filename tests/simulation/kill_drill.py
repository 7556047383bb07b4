# SPDX-License-Identifier: Apache-2.0
"""Real workers killed with SIGKILL at random instants, hand over to a real SMSC, audited from the SMSC's own record.

`python -m tests.simulation.kill_drill --store sqlite --kills 5000 [--seed N] [--at-once N]`, and the same with
`--store postgresql`, each on a store of its own; the two may run side by side. Half of the kills strike exactly at a
point that the worker was told (a statement, a commit, a message, an answer), half somewhat after it.
"""

import argparse
import atexit
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tests.peers.real_smsc import running_smsc
from tests.simulation.kill_audit import (
    AFTER_THE_GATE,
    AT_THE_GATE,
    NOTHING,
    ON_THE_WIRE,
    Audit,
    Strike,
    audit,
    report_line,
)
from tests.simulation.kill_facts import add_portion, head, numbers
from tests.simulation.kill_worker import ANY, BATCH, LEASE_SECONDS, PAYER_SLOT, Slots
from tests.simulation.soak_report import REPORT, add_to_report

HOUSE_RULES: Final = Path(__file__).parents[1] / "house.toml"

AIMS: Final = {
    ANY: (6, 260), "recovery": (1, 9), "claim": (1, 5), "gate": (4, 40), "mark": (2, 9), "wire": (3, 32),
    "settle": (2, 18), "receipts": (1, 40),
}  # fmt: skip
"""Of 20 kills, how many are aimed at a phase of a worker's life, and at the latest at which of its points."""

MEAN_DELAY: Final = 0.004
"""Seconds after the point, on average, where a kill does not strike exactly at it."""

LONGEST_LIFE: Final = 30.0
"""Seconds after which a worker is killed that does not come to its point: nothing more is there to do."""

FEW: Final = 3 * BATCH
PORTION: Final = 6 * BATCH
"""Below FEW planned reminders for each worker at work so many are added for each."""


class Nursery:
    """The process that forks the workers."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.simulation.kill_worker"], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self._answer() != "ready":
            raise RuntimeError("the nursery did not start")

    def ask(self, **order: object) -> int:
        """Tell it something and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if not said:
            raise RuntimeError("the nursery has died")
        return said

    def close(self) -> None:
        """Let it end; it leaves no child behind."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass(slots=True)
class _Life:
    """A worker at work."""

    name: str
    pid: int
    slot: int
    ends: float
    delay: float
    dies: float = float("inf")


class Supply:
    """What there is to do, added in portions; and the heads of the evidence log that were seen meanwhile."""

    def __init__(self, workers: int) -> None:
        self._workers, self._numbers = workers, numbers()
        #: index -> chain hash
        self.held: dict[int, str] = {}

    def top_up(self) -> None:
        """See that there is something to do."""
        from django.db import connection

        from rightparty.dispatch.models import Reminder
        from rightparty.evidence.models import Leaf

        if Reminder.objects.filter(state="planned").count() < FEW * self._workers:
            add_portion(list(itertools.islice(self._numbers, PORTION * self._workers)))
            if (last := head()) >= 0:
                self.held[last] = Leaf.objects.get(index=last).chain_hash
        connection.close()


class Drill:
    """One run: workers are born, work for a while and are killed, until so many were."""

    def __init__(self, *, seed: int, nursery: Nursery, slots: Slots, supply: Supply) -> None:
        self._dice = random.Random(seed)
        self._nursery, self._slots, self._supply = nursery, slots, supply
        self._aims = self._drawn_aims()
        self._names = itertools.count(1)
        self.strikes: list[Strike] = []

    def _drawn_aims(self) -> Iterator[tuple[str, int]]:
        """Draw aims from a deck, so that even few kills strike everywhere."""
        deck = [(phase, last) for phase, (count, last) in AIMS.items() for _ in range(count)]
        while True:
            self._dice.shuffle(deck)
            yield from ((phase, self._dice.randint(1, last)) for phase, last in deck)

    def kill_some(self, kills: int, *, at_once: int) -> None:
        """Kill so many, several at work at once."""
        lives: list[_Life] = []
        while len(self.strikes) < kills:
            while len(lives) < min(at_once, kills - len(self.strikes)):
                self._supply.top_up()
                lives.append(self._born({life.slot for life in lives}))
            time.sleep(0.0005)
            now = time.monotonic()
            for life in lives:
                if life.dies == float("inf") and self._slots.read(life.slot)[3]:
                    life.dies = now + life.delay
            for life in [life for life in lives if now >= min(life.dies, life.ends)]:
                lives.remove(life)
                self._kill(life)

    def _born(self, taken: set[int]) -> _Life:
        slot = next(number for number in itertools.count() if number not in taken)
        phase, nth = next(self._aims)
        is_exact = self._dice.random() < 0.5
        self._slots.clear(slot)
        name = f"w{next(self._names)}"
        pid = self._work(name, slot=slot, phase=phase, nth=nth, is_exact=is_exact)
        delay = 0.0 if is_exact else self._dice.expovariate(1 / MEAN_DELAY)
        return _Life(name, pid, slot, time.monotonic() + LONGEST_LIFE, delay)

    def _kill(self, life: _Life) -> None:
        os.kill(life.pid, signal.SIGKILL)
        ended = self._nursery.ask(do="reap", pid=life.pid)
        _, phase, is_inside, _ = self._slots.read(life.slot)
        self.strikes.append(
            Strike(worker=life.name, phase=phase, is_inside=is_inside, left=_left_by(life.name), ended=ended)
        )

    def come_to_rest(self) -> int:
        """Let the clock run until every lease is over and a last worker do what is left; return how it ended."""
        os.environ["DRILL_BEGAN"] = str(float(os.environ["DRILL_BEGAN"]) - LEASE_SECONDS - 1)
        self._slots.clear(0)
        pid = self._work("last", slot=0, phase=ANY, nth=2**31 - 1, is_exact=False, is_last=True)
        return self._nursery.ask(do="reap", pid=pid)

    def _work(self, name: str, *, slot: int, phase: str, nth: int, is_exact: bool, is_last: bool = False) -> int:
        return self._nursery.ask(
            do="work", name=name, slot=slot, phase=phase, nth=nth, exact=is_exact, is_last=is_last,
            began=os.environ["DRILL_BEGAN"],
        )  # fmt: skip


def _left_by(worker: str) -> str:
    """Tell what a killed worker has left behind, of what matters most."""
    from rightparty.dispatch.models import Reminder

    held = Reminder.objects.filter(lease_expires_at__isnull=False, claimed_by=worker)
    left = set(held.values_list("state", "outcome").distinct())
    if ("released", "handing_over") in left:
        return ON_THE_WIRE
    if ("released", "") in left:
        return AFTER_THE_GATE
    return AT_THE_GATE if ("claimed", "") in left else NOTHING


def run(
    folder: Path, *, kills: int, seed: int, at_once: int, on_progress: Callable[[int], object] = lambda _kills: None
) -> Audit:
    """Run a drill on the present store, which is empty and migrated; what was recorded stays in the folder."""
    from django.db import connection

    os.environ["DRILL_BEGAN"] = str(time.time())
    with running_smsc("smsc.js") as (port, record):
        slots, supply = Slots(folder / "slots"), Supply(at_once)
        supply.top_up()
        nursery = Nursery(_environment(folder, port=port, database=url_of(connection.settings_dict)))
        drill = Drill(seed=seed, nursery=nursery, slots=slots, supply=supply)
        try:
            slots.clear(PAYER_SLOT)
            payer = nursery.ask(do="pay", seed=seed, file=str(folder / "facts"))
            for upto in range(min(100, kills), kills + 100, 100):
                drill.kill_some(min(upto, kills), at_once=at_once)
                on_progress(len(drill.strikes))
            slots.write(PAYER_SLOT, points=0, phase=0, is_inside=False, is_reached=True)
            ends = [nursery.ask(do="reap", pid=payer), drill.come_to_rest()]
        finally:
            nursery.close()
        shutil.copy(record, folder / "record")
        result = audit(folder, seed=seed, strikes=drill.strikes, held=supply.held)
        result.strange_ends += [end for end in ends if end]
        return result


def _environment(folder: Path, *, port: int, database: str) -> dict[str, str]:
    """Return what a worker's process is told: the product's own settings and a carrier that is an SMSC."""
    return os.environ | {
        "RIGHTPARTY_SMS": f"smpp://lender:secret@127.0.0.1:{port}", "RIGHTPARTY_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "rightparty.site.settings", "DATABASE_URL": database,
        "RIGHTPARTY_LOG": str(folder / "log"), "RIGHTPARTY_SECRET_KEY": "drill",
        "RIGHTPARTY_HOUSE_RULES": str(HOUSE_RULES),
        "DRILL_SLOTS": str(folder / "slots"), "DRILL_OUTPUT": str(folder / "output"),
        "PYTHONPATH": os.pathsep.join(sys.path), "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip


def url_of(database: dict[str, Any]) -> str:
    """Return the DATABASE_URL of a connection's settings."""
    if str(database["ENGINE"]).endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    name, user, password = (str(database[key]) for key in ("NAME", "USER", "PASSWORD"))
    options = database.get("OPTIONS")
    host = quote(str(database["HOST"] or (options.get("host", "") if isinstance(options, dict) else "")), safe="")
    return f"postgresql://{user}:{quote(password)}@/{name}?host={host}&port={database['PORT'] or 5432}"


def set_up_store(store: str, home: Path) -> None:
    """Set Django up on a new store of its own."""
    if store == "postgresql":
        from tests.postgresql import started_server_url

        os.environ["DATABASE_URL"] = started_server_url(home)
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{home / 'drill.db'}"
    os.environ |= {"DJANGO_SETTINGS_MODULE": "rightparty.site.settings", "RIGHTPARTY_HOME": str(home),
                   "RIGHTPARTY_SECRET_KEY": "drill", "RIGHTPARTY_HOUSE_RULES": str(HOUSE_RULES)}  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def main() -> None:
    """Run a drill on a store of its own, print the audit and add it to the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, help="workers at work; SQLite lets one work at a time (1; 3)")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    at_once = options.at_once or (1 if options.store == "sqlite" else 3)
    home = Path(tempfile.mkdtemp(prefix="rp-drill-"))
    # before the server is told the same, so that it has stopped when its folder goes
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    set_up_store(options.store, home)
    began = time.monotonic()

    def tell(kills: int) -> None:
        print(f"{kills:,} kills, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    (home / "drill").mkdir()
    result = run(home / "drill", kills=options.kills, seed=options.seed, at_once=at_once, on_progress=tell)
    took = time.monotonic() - began
    line = report_line(result, store=options.store)
    add_to_report(options.report, line)
    print(line)
    used = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{took:.0f} s, {used:.0f} s of processor (without PostgreSQL's own), {took / options.kills:.3f} s a kill")
    sys.exit("; ".join(result.faults()) if result.faults() else 0)


if __name__ == "__main__":
    main()
