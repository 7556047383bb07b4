# SPDX-License-Identifier: Apache-2.0
"""What must hold after every commit, at every wire write and at the end, judged from outside the product.

The judge reads the committed store on a connection of its own, the provider's record, and the order in which facts and
releases were committed. It shares with the product only the table of lawful moves.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from rightparty.dispatch.reminder_state import MOVES, RESTING, ReminderState
from tests.simulation.provider import ScriptedProvider, WireWrite
from tests.simulation.scheduler import Actor, Scheduler
from tests.simulation.store_faults import FaultyStore

LEASE_SECONDS = 60
HALT_EFFECT_SECONDS = 1.0
CAP_PER_DAY, CAP_PER_WEEK = 1, 3
SHANGHAI = timedelta(hours=8)

ROWS = (
    "SELECT id, account_id, party_id, person_id, address, state, outcome, claimed_by, released_at, reasons_mask,"
    " evidence_index FROM dispatch_reminder"
)


class Row(NamedTuple):
    """A reminder as committed."""

    id: str
    account_id: str
    party_id: str
    person_id: str
    address: str
    state: str
    outcome: str
    claimed_by: str
    released_at: str | None
    reasons_mask: int
    evidence_index: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was broken."""

    promise: str
    detail: str


class Promises:
    """The judge of one history."""

    def __init__(self, scheduler: Scheduler, store: FaultyStore, provider: ScriptedProvider) -> None:
        self.scheduler, self.store, self.provider = scheduler, store, provider
        self.broken: list[Broken] = []
        self.rows: dict[str, Row] = {}
        #: how many reminders are in each state
        self.standing: Counter[str] = Counter()
        #: (kind, key) -> number of the commit that made it true
        self.facts: dict[tuple[str, str], int] = {}
        self.halted_since: float | None = None
        self.lease_ends: dict[str, float] = {}
        #: by human: the instants of the releases to him
        self.releases: dict[str, list[datetime]] = defaultdict(list)
        self.released = 0
        #: by reminder: number of the commit that claimed it last
        self.claims: dict[str, int] = {}
        #: why reminders ended without a message, as masks
        self.refused: Counter[int] = Counter()
        #: of those withheld, the ones whose fact was committed while a worker held the reminder
        self.raced = 0
        self.moves: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        store.on_commit = self.after_commit
        provider.on_write = self.at_write

    def breaks(self, promise: str, detail: str) -> None:
        """Note a broken promise."""
        self.broken.append(Broken(promise, detail))
        self.scheduler.note(f"BROKEN {promise}: {detail}")

    def after_commit(self, actor: Actor) -> None:
        """Look at what the commit has changed."""
        for fact in actor.deeds:
            self._fact(fact)
        for row in self._changed():
            before = self.rows.get(row.id)
            self.rows[row.id] = row
            state = before.state if before else "planned"
            self.standing[state] -= before is not None
            self.standing[row.state] += 1
            if state != row.state:
                self._moved(row.id, state, row)
            if before and before.released_at and before.released_at != row.released_at:
                self.breaks("released once", row.id)

    def _changed(self) -> Iterable[Row]:
        """Return the reminders as they stand now; at least those that the commit changed."""
        now = [Row._make(row) for row in self.store.observer.execute(ROWS)]
        if gone := self.rows.keys() - {row.id for row in now}:
            self.breaks("nothing is lost", f"{len(gone)} rows vanished")
        return now

    def _fact(self, deed: tuple[str, str]) -> None:
        kind, key = deed
        if kind == "halt":
            self.halted_since = self.scheduler.ticks if self.halted_since is None else self.halted_since
        elif kind == "lift":
            self.halted_since = None
        elif kind == "reversed":
            self.facts.pop(("paid", key), None)
        else:
            self.facts.setdefault((kind, key), self.store.commits)

    def _moved(self, key: str, before: str, row: Row) -> None:
        self.moves[f"{before}>{row.state}"] += 1
        self._note_move(key, before, row)
        if ReminderState(row.state) not in MOVES[ReminderState(before)]:
            self.breaks("only lawful moves", f"{before} > {row.state}")
        if row.state == "claimed":
            self.lease_ends[key] = self.scheduler.ticks + LEASE_SECONDS
            self.claims[key] = self.store.commits
        elif row.state == "released":
            self._released(row)
        elif row.state in ("withheld", "cancelled"):
            self.refused[row.reasons_mask] += 1
            claimed = self.claims.get(key, self.store.commits)
            since = any(self.facts.get(fact, -1) > claimed for fact in _concerns(row))
            self.raced += since and before == "claimed"

    def _note_move(self, key: str, before: str, row: Row) -> None:
        self.scheduler.note(f"moved {key[:6]} {before} > {row.state} {row.outcome}")

    def _released(self, row: Row) -> None:
        for fact in _concerns(row):
            if self.facts.get(fact, self.store.commits) < self.store.commits:
                self.breaks(f"no release after {fact[0]}", f"{row.account_id} {fact}")
        at = datetime.fromisoformat(str(row.released_at))
        earlier = self.releases[row.person_id]
        day = [when for when in earlier if _day(when) == _day(at)]
        week = [when for when in earlier if abs(when - at) < timedelta(days=7)]
        earlier.append(at)
        self.released += 1
        if len(day) >= CAP_PER_DAY or len(week) >= CAP_PER_WEEK:
            self.breaks("cap per person", f"{row.person_id} {len(day) + 1} on {_day(at)}")

    def at_write(self, write: WireWrite) -> None:
        """Look at one message as it leaves."""
        row, now = self.rows.get(write.reminder_id), self.scheduler.ticks
        if write.behaviour != "busy":
            self.written[write.reminder_id] += 1
        if self.written[write.reminder_id] > 1:
            self.breaks("once", f"{write.reminder_id[:6]} was written again by {write.worker}")
        if row is None or row.released_at is None or (row.outcome != "handing_over" and row.state != "unknown"):
            self.breaks("intent before the wire", f"{write.reminder_id[:6]} {row and row.state}")
        if now > self.lease_ends.get(write.reminder_id, 0.0) + 0.05:
            self.breaks("within the lease", f"{now - self.lease_ends.get(write.reminder_id, 0.0):.3f} s late")
        if self.halted_since is not None and now - self.halted_since > HALT_EFFECT_SECONDS:
            self.breaks("halt within a second", f"{now - self.halted_since:.3f} s after it")

    def at_end(self, planned: int, crashes: int, window: int) -> None:
        """Look at the whole, when nobody has anything left to do."""
        if len(self.rows) != planned:
            self.breaks("nothing is lost", f"planned {planned}, found {len(self.rows)}")
        taken = Counter(self.provider.took.values())
        said: dict[str, set[str]] = defaultdict(set)
        for name, key in self.provider.took.items():
            said[key] |= self.provider.said.get(name, set())
        for key, row in self.rows.items():
            self._ended(row, taken[key], said[key])
        unknown = sum(self.moves[f"released>{state}"] for state in ("unknown",))
        silent = sum(w.behaviour.endswith("silently") or w.behaviour == "reset_the_window" for w in self.provider.wire)
        if unknown > (silent + crashes) * max(window, 1):
            self.breaks("unknown is bounded", f"{unknown} unknown, {crashes} crashes, {silent} silent")
        self._leaves()
        self._own_leaves()
        self._receipts()

    def _ended(self, row: Row, taken: int, said: set[str]) -> None:
        name = f"{row.id[:6]} {row.state}/{row.outcome}"
        if ReminderState(row.state) not in RESTING:
            self.breaks("everything comes to rest", name)
        if row.state in ("withheld", "cancelled") and row.reasons_mask <= 0:
            self.breaks("every end has a reason", name)
        if row.state in ("failed", "unknown") and not row.outcome:
            self.breaks("every end has a reason", name)
        on_the_phone = ("handed_over", "delivered", "unknown")
        if taken and row.state not in on_the_phone and row.outcome != "undelivered":
            self.breaks("the books say what happened", f"{name}, but the provider has it")
        if not taken and row.state in ("handed_over", "delivered"):
            self.breaks("the books say what happened", f"{name}, but the provider never had it")
        if row.state == "delivered" and "delivered" not in said:
            self.breaks("receipts reach their own message", name)
        if row.outcome == "undelivered" and "undelivered" not in said:
            self.breaks("receipts reach their own message", name)

    def _leaves(self) -> None:
        leaves: Counter[str] = Counter()
        several = "('reminder.lease_lost', 'reminder.cancelled', 'batch.stopped')"
        ask = self.store.observer.execute
        leaves.update(dict(ask(f"SELECT kind, COUNT(*) FROM evidence_leaf WHERE kind NOT IN {several} GROUP BY kind")))
        for kind, payload in ask(f"SELECT kind, payload FROM evidence_leaf WHERE kind IN {several}"):
            facts = json.loads(payload).get("facts", {})
            if kind == "reminder.lease_lost":
                leaves["lease_lost"] += facts["unknown"] + facts["cancelled"]
            elif kind == "reminder.cancelled" and "reminders" in facts:
                leaves["cancelled"] += facts["reminders"]
            elif kind == "batch.stopped":
                leaves["cancelled"] += facts["cancelled"]
            else:
                leaves[kind] += 1
        into: Counter[str] = Counter()
        for move, count in self.moves.items():
            into[move.partition(">")[2]] += count
        for state in ("released", "withheld", "handed_over", "delivered", "failed"):
            if leaves[f"reminder.{state}"] < into[state]:
                self.breaks(
                    "a record of each move", f"{state}: {into[state]} moves, {leaves[f'reminder.{state}']} leaves"
                )

    def _own_leaves(self) -> None:
        """Each decided reminder names a leaf of its own that says what was decided."""
        decided = "r.released_at IS NOT NULL OR r.state = 'withheld'"
        right = "CASE WHEN r.released_at IS NOT NULL THEN 'reminder.released' ELSE 'reminder.withheld' END"
        without, named, different = self.store.observer.execute(
            f"SELECT COALESCE(SUM(l.kind IS NULL OR l.kind <> {right}), 0), COUNT(*), COUNT(DISTINCT r.evidence_index)"
            f' FROM dispatch_reminder r LEFT JOIN evidence_leaf l ON l."index" = r.evidence_index WHERE {decided}'
        ).fetchone()
        if without or named != different:
            self.breaks("a record of each move", f"{without} without their leaf, {named - different} share one")

    def _receipts(self) -> None:
        waiting = self.store.observer.execute(
            "SELECT COUNT(*) FROM inbound_receipt r JOIN dispatch_segment s ON s.provider_id = r.provider_id"
            " AND s.channel = r.channel WHERE r.reminder_id IS NULL"
        ).fetchone()[0]
        if waiting:
            self.breaks("no receipt is forgotten", f"{waiting} receipts of known messages have had no effect")


def _concerns(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the facts that forbid a reminder."""
    return (
        ("paid", row.account_id), ("held", row.account_id), ("held", row.party_id), ("stopped", row.address),
        ("disowned", row.address),
    )  # fmt: skip


def _day(at: datetime) -> str:
    return str((at + SHANGHAI).date())
