# SPDX-License-Identifier: Apache-2.0
"""Histories of thousands of reminders: every release is judged, at a small price for each.

The judge is that of the small histories; it learns what a commit changed from a log that triggers of its own write in
the store, instead of reading every row. The provider is hostile as ever, but scheduled at some messages, not at each.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from django.db import OperationalError

from rightparty.dispatch.channels.adapter import Handover, MaySend, OutboundMessage
from rightparty.dispatch.channels.one_by_one import FENCED
from rightparty.intake.operations.take_facts import take_facts
from tests.integration.dispatch.lender import phone_of
from tests.simulation.history import History
from tests.simulation.mass_scenario import human_of
from tests.simulation.promises import ROWS, Promises, Row
from tests.simulation.provider import ScriptedProvider, without_answer
from tests.simulation.scenario import Deed, WorkerPlan
from tests.simulation.scheduler import Actor

POINT_EVERY: Final = 8
"""On average so many messages between two instants at which another actor may run or a fault strikes at the wire."""

SCALE: Final = 65_536
#: what the provider does with so many messages of SCALE; the rest it accepts
_BEHAVIOURS: Final = (
    ("refuse", 2_600), ("busy", 2_600), ("took_it_silently", 900), ("lost_it_silently", 600), ("reset_the_window", 30),
)  # fmt: skip
_FEW_RECEIPTS: Final = 1_000
_MANY_RECEIPTS: Final = 12_000
_EVERY: Final = 10
"""Of so few messages of SCALE there are receipts, and in every tenth history of so many: each costs much."""


def watch(path: Path) -> None:
    """Let the store at a path keep a log of every change of a reminder, for the judge."""
    columns = ROWS.removeprefix("SELECT ").partition(" FROM ")[0]
    names = [name.strip() for name in columns.split(",")]

    def log(event: str, side: str) -> str:
        values = ", ".join(f"{side}.{name}" for name in names)
        return (
            f"CREATE TRIGGER simulation_{event.lower()} AFTER {event} ON dispatch_reminder BEGIN INSERT INTO"
            f" simulation_change (gone, {columns}) VALUES ({int(event == 'DELETE')}, {values}); END"
        )

    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute(f"CREATE TABLE simulation_change (n INTEGER PRIMARY KEY, gone, {columns})")
    for event, side in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        raw.execute(log(event, side))
    # histories begin with a copy of the file alone
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


class MassPromises(Promises):
    """The judge, who reads what has changed since he looked last."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen = 0
        self._noted: list[str] = []

    def after_commit(self, actor: Actor) -> None:
        super().after_commit(actor)
        if self._noted:
            sum_of_moves = hashlib.sha256("".join(self._noted).encode()).hexdigest()
            self.scheduler.note(f"moved {len(self._noted)} {sum_of_moves}")
            self._noted.clear()

    def _changed(self) -> Iterable[Row]:
        columns = ROWS.removeprefix("SELECT ").partition(" FROM ")[0]
        found = self.store.observer.execute(
            f"SELECT {columns}, gone, n FROM simulation_change WHERE n > ? ORDER BY n", [self.seen]
        ).fetchall()
        if found:
            self.seen = found[-1][-1]
        if gone := sum(row[-2] for row in found):
            self.breaks("nothing is lost", f"{gone} rows vanished")
        return [Row._make(row[:-2]) for row in found]

    def _note_move(self, key: str, before: str, row: Row) -> None:
        self._noted.append(f"{key[:6]}{before}{row.state}{row.outcome}")
        self.scheduler.tell(f"moved {key[:6]} {before} > {row.state} {row.outcome}")

    def at_end(self, planned: int, crashes: int, window: int) -> None:
        """Compare first what he believes with the whole table."""
        stored = {row[0]: row for row in self.store.observer.execute(ROWS)}
        if stored != self.rows:
            self.breaks("nothing is lost", "rows changed unseen")
        super().at_end(planned, crashes, window)


class MassProvider(ScriptedProvider):
    """Draws what it does from the message's number itself, which is random already."""

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Deal with a group; between any two messages something may happen, and now and then it does."""
        answers: list[Handover] = []
        wire = self.scheduler
        dice = wire.current.dice if wire.current else None
        for message in messages:
            stops_here = dice is not None and dice.random() < 1 / POINT_EVERY
            if stops_here:
                self._pass_point("before")
            wire.at_the_wire = True
            try:
                allowed = may_send()
            finally:
                wire.at_the_wire = False
            if not allowed:
                answers.append(FENCED)
                continue
            behaviour = self._behaviour_of(message.reminder_id)
            answers.append(self._write(message, behaviour))
            if stops_here:
                self._pass_point("after")
            if behaviour == "reset_the_window":
                answers = [without_answer(answer) for answer in answers]
        return answers

    def _behaviour_of(self, reminder_id: str) -> str:
        if self.calm:
            return "accept"
        drawn = int(reminder_id[:4], 16)
        for behaviour, weight in _BEHAVIOURS:
            if drawn < weight:
                return behaviour
            drawn -= weight
        return "accept"

    def _promise_receipts(self, provider_id: str) -> None:
        number = provider_id.partition("-")[2]
        if int(number[4:8], 16) < (_FEW_RECEIPTS if self.seed % _EVERY else _MANY_RECEIPTS):
            super()._promise_receipts(provider_id)


class MassHistory(History):
    """One run of a mass scenario."""

    kind_of_provider: ClassVar[type[ScriptedProvider]] = MassProvider
    kind_of_judge: ClassVar[type[Promises]] = MassPromises

    @staticmethod
    def human_of(number: int) -> str:
        return human_of(number)

    def _working(self, plan: WorkerPlan) -> Callable[[Actor], None]:
        """Work until all rests; after rounds that released nothing, as under a halt, wait longer and longer."""

        def work(actor: Actor) -> None:
            name, idle = (plan.name if plan.keeps_name else actor.name), 0
            for _ in range(2 * plan.rounds):
                before = self.promises.released
                try:
                    self.one_round(name, plan.batch, plan.window, plan.skew)
                except OperationalError:
                    if not plan.survives:
                        self.scheduler.crash(actor)
                if not self.waiting():
                    return
                idle = 0 if self.promises.released > before else idle + 1
                self.scheduler.sleep(0.02 + actor.dice.random() * 0.1 * 4 ** min(idle, 5))

        return work

    def between_claim_and_gate(self) -> None:
        """A worker may be slow: what is committed meanwhile concerns reminders that it holds."""
        actor = self.scheduler.current
        if actor is not None and actor.dice.random() < 0.5:
            self.scheduler.sleep(actor.dice.random() * 0.3)

    def _doing(self, deed: Deed) -> Callable[[Actor], None]:
        return super()._doing(deed) if deed.kind != "feed" else self._feeding(deed)

    def _feeding(self, deed: Deed) -> Callable[[Actor], None]:
        """Somebody delivers many facts at once."""

        def run(actor: Actor) -> None:
            begun = self.scheduler.clock()
            told = [_told(*fact, f"{deed.name}-{n}", begun) for n, fact in enumerate(deed.told)]
            actor.deeds = tuple(fact for _, fact in told)
            self._until_done(actor, lambda: take_facts([each for each, _ in told], at=begun))

        return run


def _told(kind: str, person: int, which: int, name: str, at: datetime) -> tuple[dict[str, Any], tuple[str, str]]:
    """Return a fact as it is delivered, and as the judge knows it."""
    account, party, address = f"A{person}-{which}", f"P{person}", phone_of(person)
    stop = {"event_id": name, "channel": "phone", "value": address, "occurred_at": at}
    hold = {"from_at": at}
    facts: dict[str, tuple[str, dict[str, Any], tuple[str, str]]] = {
        "paid": ("payment.posted", {"payment_id": name, "account_id": account, "paid_at": at, "amount_minor": 120_000},
                 ("paid", account)),
        "held": ("hold.placed", {**hold, "kind": "dispute", "account_id": account}, ("held", account)),
        "held_person": ("hold.placed", {**hold, "kind": "legal", "party_id": party}, ("held", party)),
        "stopped": ("stop.opted_out", stop, ("stopped", address)),
        "disowned": ("stop.wrong_party", stop, ("disowned", address)),
    }  # fmt: skip
    named, data, known = facts[kind]
    return {"type": named, "data": data}, known
