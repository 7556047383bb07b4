# SPDX-License-Identifier: Apache-2.0
"""Runs one history: the product's own operations under the scheduler; first faults, then calm until all rests."""

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
from django.db import OperationalError, connections

from rightparty.dispatch.channels import registry
from rightparty.dispatch.channels.adapter import InboundText
from rightparty.dispatch.operations import hand_over as handing
from rightparty.dispatch.operations.claim import claim
from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.operations.resolve_unknown import resolve_unknown
from rightparty.evidence.queries import verify_log
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.operations.open_hold import open_hold
from rightparty.lending.operations.record_payment import record_payment
from tests.integration.dispatch.lender import phone_of
from tests.simulation.light_gate import LightGate, light
from tests.simulation.promises import LEASE_SECONDS, Broken, Promises
from tests.simulation.provider import ScriptedProvider
from tests.simulation.scenario import PERSONS, Deed, Scenario, WorkerPlan
from tests.simulation.scheduler import START, Actor, Scheduler, Stuck
from tests.simulation.store_faults import FaultyStore

MOST_RESTARTS = 6
MOST_ROUNDS = 40
RAM = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())


@dataclass(slots=True)
class Outcome:
    """What a history came to."""

    seed: int
    broken: list[Broken]
    trace: str
    points: int
    released: int
    written: int
    commits: int
    moves: Counter[str]
    fired: Counter[str]
    #: facts committed in the course, by kind
    facts: Counter[str]
    #: reminders that ended without a message, by the mask of their reasons
    refused: Counter[int]
    #: withheld for a fact that was committed while a worker held the reminder
    raced: int
    #: releases after the faults had ended
    calmly: int
    lines: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return what is added up over many histories."""
        found = Counter(
            {
                "histories": 1, "releases": self.released, "wire writes": self.written, "commits": self.commits,
                "points": self.points, "unknown": self.moves["released>unknown"], "raced": self.raced,
                "calm": self.calmly,
            }
        )  # fmt: skip
        found.update({f"fault {what}": count for what, count in self.fired.items()})
        found.update({f"fact {kind}": count for kind, count in self.facts.items()})
        for mask, count in self.refused.items():
            found.update({f"refused {reason.code}": count for reason in reasons_in(mask)})
        return dict(found)


class History:
    """One run of a scenario."""

    kind_of_provider: ClassVar[type[ScriptedProvider]] = ScriptedProvider
    kind_of_judge: ClassVar[type[Promises]] = Promises

    def __init__(self, scenario: Scenario, *, template: Path, folder: Path, keep_lines: bool = False) -> None:
        self.scenario = scenario
        #: by worker: the tick at which the lease of its last claim ends
        self.lease_ends: dict[str, float] = {}
        self.scheduler = Scheduler(scenario.seed)
        self.scheduler.keep_lines = keep_lines
        self.store = FaultyStore(template, folder, self.scheduler)
        self.scheduler.on_switch = self.store.switch_to
        self.scheduler.on_end = self._ended
        window = max(worker.window for worker in scenario.workers)
        self.provider = self.kind_of_provider(
            self.scheduler, seed=scenario.seed, on_unknown=scenario.on_unknown,
            calm=not scenario.hostile_provider, window=window,
        )  # fmt: skip
        self.promises = self.kind_of_judge(self.scheduler, self.store, self.provider)
        self.scheduler.on_failure = lambda actor, fault: self.promises.breaks(
            "no operation fails by itself", f"{actor.name}: {type(fault).__name__}: {str(fault)[:200]}"
        )
        self.scheduler.is_over = lambda: bool(self.promises.broken)
        self.plans: dict[Actor, WorkerPlan] = {}
        self.window = window
        self.restarts = 0
        self.crashes = 0
        self.planned = 0
        self.codes = 0
        #: releases until the faults end
        self.amid_faults = 0

    def run(self) -> Outcome:
        """Run it to its end, or to the first broken promise."""
        with _connected(self.provider), self._own_connection():
            try:
                self._begin()
                self.scheduler.run()
                if not self.promises.broken:
                    self._calm_down()
                    self.scheduler.run()
                if not self.promises.broken:
                    self._judge()
            except Stuck as fault:
                self.promises.breaks("everything comes to rest", str(fault))
            finally:
                self.scheduler.abandon()
                self.store.close()
        return Outcome(
            seed=self.scenario.seed, broken=self.promises.broken, trace=self.scheduler.digest.hexdigest(),
            points=self.scheduler.total, released=self.promises.released, written=len(self.provider.wire),
            commits=self.store.commits, moves=self.promises.moves, fired=self.scheduler.fired,
            facts=Counter(kind for kind, _ in self.promises.facts), refused=self.promises.refused,
            raced=self.promises.raced, calmly=self.promises.released - self.amid_faults,
            lines=self.scheduler.lines,
        )  # fmt: skip

    def _lease_end(self) -> float:
        """Return the tick at which the running worker's lease ends."""
        return self.lease_ends[self.scheduler.current.name] if self.scheduler.current else self.scheduler.ticks

    @contextmanager
    def _own_connection(self) -> Iterator[None]:
        before = connections["default"]
        connections["default"] = self.store.own
        try:
            yield
        finally:
            connections["default"] = before

    def _begin(self) -> None:
        scenario, faults = self.scenario, list(self.scenario.faults)
        self._plan("c1")
        for worker in scenario.workers:
            self._start(worker, at=worker.begins)
        for deed in scenario.deeds:
            self.scheduler.add(deed.name, self._doing(deed), at=deed.at, faults=faults)
        for number, jump in enumerate(scenario.jumps):
            self.scheduler.add(f"clock{number}", lambda _a, by=jump.seconds: self.scheduler.set_clock(by), at=jump.at)

    def _plan(self, cycle: str) -> None:
        rows = self.scenario.reminders
        proposals = pl.DataFrame(
            {
                "account_id": [f"A{n}-{k}" for n, k in rows], "party_id": [f"P{n}" for n, _ in rows],
                "person_id": [self.human_of(n) for n, _ in rows], "channel": "sms",
                "address": [phone_of(n) for n, _ in rows], "step": "due", "cycle": cycle, "template": "due",
                "tone": "plain", "language": "zh-CN",
            }
        )  # fmt: skip
        made = enqueue_proposals(proposals, plan_id=1, at=self.scheduler.clock(), new_ids=self._new_ids)
        self.planned += made.added

    @staticmethod
    def human_of(number: int) -> str:
        """Return the human behind a party of the template world."""
        return PERSONS.get(number, f"H{number}")

    def _new_ids(self, count: int) -> list[str]:
        self.codes += count
        first = self.codes - count
        return [hashlib.sha256(f"{self.scenario.seed}/{first + n}".encode()).hexdigest()[:32] for n in range(count)]

    def _start(self, plan: WorkerPlan, *, at: float, actor_name: str = "") -> None:
        actor = self.scheduler.add(actor_name or plan.name, self._working(plan), at=at)
        actor.faults = [fault for fault in self.scenario.faults if fault.actor == plan.name and not self.restarts]
        actor.calm = False
        self.plans[actor] = plan

    def _ended(self, actor: Actor, crashed: bool) -> None:
        self.store.end(actor)
        self.crashes += crashed
        plan = self.plans.get(actor)
        if plan is None or not crashed or self.restarts >= MOST_RESTARTS or self.promises.broken:
            return
        self.restarts += 1
        self._start(plan, at=self.scheduler.ticks + 0.1, actor_name=f"{plan.name}'{self.restarts}")
        self.scheduler.actors[-1].faults = actor.faults

    def _working(self, plan: WorkerPlan) -> Callable[[Actor], None]:
        def work(actor: Actor) -> None:
            name = plan.name if plan.keeps_name else actor.name
            for _ in range(plan.rounds):
                try:
                    self.one_round(name, plan.batch, plan.window, plan.skew)
                except OperationalError:
                    if not plan.survives:
                        self.scheduler.crash(actor)
                self.scheduler.sleep(0.02 + actor.dice.random() * 0.1)

        return work

    def one_round(self, name: str, batch: int, window: int, skew: float = 0.0) -> int:
        """Do what a worker does with one batch."""

        def clock() -> Any:
            return self.scheduler.clock() + timedelta(seconds=skew)

        recover_leases(at=clock())
        resolve_unknown(at=clock())
        if self.scheduler.current is not None:
            self.lease_ends[self.scheduler.current.name] = self.scheduler.ticks + LEASE_SECONDS
        ids = claim(worker=name, at=clock(), batch=batch, lease_seconds=LEASE_SECONDS, channels=["sms"])
        if ids:
            self.between_claim_and_gate()
            outcome = release(ids, at=clock(), worker=name)
            handing.hand_over(
                outcome.released,
                worker=name,
                clock=clock,
                ticks=self.scheduler.monotonic,
                ends_at=self._lease_end(),
                sleep=self.scheduler.sleep,
                most_unsettled=window,
            )
        registry.pump(clock())
        return len(ids)

    def between_claim_and_gate(self) -> None:
        """Let nothing pass; a history may let a worker be slow here."""

    def _doing(self, deed: Deed) -> Callable[[Actor], None]:
        account, party, address = f"A{deed.person}-{deed.which}", f"P{deed.person}", phone_of(deed.person)
        at, clock = self.scheduler.clock, self.scheduler.clock
        deeds: dict[str, tuple[tuple[str, str] | None, Callable[[], object]]] = {
            "pay": (("paid", account), lambda: record_payment(
                payment_id=f"p-{deed.name}", account_id=account, paid_at=begun, amount_minor=120_000, status="posted")),
            "hold": (("held", account), lambda: open_hold(kind="dispute", from_at=begun, account_id=account)),
            "hold_person": (("held", party), lambda: open_hold(kind="legal", from_at=begun, party_id=party)),
            "stop": (("stopped", address), lambda: receive_reply(_text(address, "退订", deed.name), at=begun)),
            "not_me": (("disowned", address), lambda: receive_reply(_text(address, "打错了", deed.name), at=begun)),
            "halt": (("halt", ""), lambda: halt(at=begun, by="ann", why="drill")),
            "plan_again": (None, lambda: self._plan("c1")),
        }  # fmt: skip
        fact, do = deeds[deed.kind]
        begun = START

        def run(actor: Actor) -> None:
            nonlocal begun
            begun = at()
            actor.deeds = (fact,) if fact else ()
            self._until_done(actor, do)
            if deed.kind == "halt":
                self.scheduler.sleep(deed.lasts)
                actor.deeds = (("lift", ""),)
                self._until_done(actor, lambda: lift_halt(at=clock(), by="ann"))

        return run

    def _until_done(self, actor: Actor, do: Callable[[], object]) -> None:
        """Whoever reports a fact repeats it until he has an answer."""
        for _ in range(5):
            try:
                do()
            except OperationalError:
                self.scheduler.sleep(0.05)
            else:
                return

    def _calm_down(self) -> None:
        """Faults end; the clock is right again; leases have run out; late receipts have come."""
        self.scheduler.note("calm")
        self.amid_faults = self.promises.released
        self.scheduler.ticks += 400
        latest = max(self.scheduler.latest, self.scheduler.clock()) + timedelta(seconds=400)
        self.scheduler.wall_offset += (latest - self.scheduler.clock()).total_seconds()
        self.provider.calm = True
        actor = self.scheduler.add("last", self._finishing)
        actor.calm = True

    def _finishing(self, actor: Actor) -> None:
        actor.deeds = (("lift", ""),)
        lift_halt(at=self.scheduler.clock(), by="ann")
        actor.deeds = ()
        self.promises.halted_since = None
        for number in range(MOST_ROUNDS):
            if number and not self.waiting():
                return
            self.one_round(f"last{number}", max(100, len(self.promises.rows) // 4), max(10, self.window))
            self.scheduler.sleep(LEASE_SECONDS + 1)

    def waiting(self) -> int:
        """Return how many reminders have not come to rest."""
        return sum(self.promises.standing[state] for state in ("planned", "claimed", "released"))

    def _judge(self) -> None:
        fired = self.scheduler.fired
        broke_off = self.crashes + sum(fired[what] for what in ("error", "full", "lost_answer", "pause", "jump"))
        self.promises.at_end(self.planned, broke_off, self.window)
        if not verify_log().intact:
            self.promises.breaks("the log is intact", "verify_log says no")


def _text(sender: str, body: str, name: str) -> InboundText:
    return InboundText(channel="sms", sender=sender, body=body, provider_id=f"t-{name}")


@contextmanager
def _connected(provider: ScriptedProvider) -> Iterator[None]:
    """Connect the provider for one history and put back what was connected."""
    adapters, receipts, texts = dict(registry._adapters), list(registry._on_receipts), list(registry._on_texts)
    registry._adapters.clear()
    registry.connect("sms", provider)
    registry.connect_receivers(
        on_receipts=receive_receipts, on_texts=lambda texts, at: [receive_reply(text, at=at) for text in texts]
    )
    try:
        yield
    finally:
        registry._adapters.clear()
        registry._adapters.update(adapters)
        registry._on_receipts[:], registry._on_texts[:] = receipts, texts
        registry._receipts.clear()
        registry._texts.clear()


@dataclass(slots=True)
class Runner:
    """Runs many histories from one template."""

    template: Path
    folder: Path
    judge: LightGate | None = None
    kind: type[History] = History

    def run(self, scenario: Scenario, *, keep_lines: bool = False, guarded: bool = True) -> Outcome:
        """Run one; with a judge lightly, else through the whole gate.

        Args:
            scenario: what happens.
            keep_lines: keep the trace as text.
            guarded: false turns off the database's own refusal of unlawful moves, so that what stands before it is
                tested alone.
        """
        with ExitStack() as stack:
            if self.judge is not None:
                stack.enter_context(light(self.judge))
            history = self.kind(scenario, template=self.template, folder=self.folder, keep_lines=keep_lines)
            if not guarded:
                history.store.observer.execute("DROP TRIGGER dispatch_reminder_moves")
            return history.run()
