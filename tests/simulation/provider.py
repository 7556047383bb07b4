# SPDX-License-Identifier: Apache-2.0
"""A scripted provider: the world outside, which keeps its own record of what was written to it and forgets nothing.

What it does with a message is drawn from the seed and the message's number, not from the order of calls.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    InboundText,
    MaySend,
    OnUnknown,
    OutboundMessage,
    Question,
    ReceiptOutcome,
    ReceiptReport,
)
from rightparty.dispatch.channels.one_by_one import FENCED
from tests.simulation.scheduler import Scheduler

BEHAVIOURS = ("accept", "refuse", "busy", "took_it_silently", "lost_it_silently", "reset_the_window")
WEIGHTS = (60, 6, 6, 12, 8, 8)


@dataclass(frozen=True, slots=True)
class WireWrite:
    """One message as it left the process."""

    reminder_id: str
    worker: str
    ticks: float
    #: what the provider did with it
    behaviour: str


class ScriptedProvider:
    """Behind the product's own adapter protocol."""

    name = "scripted"

    def __init__(
        self, scheduler: Scheduler, *, seed: int, on_unknown: OnUnknown, calm: bool = False, window: int = 3
    ) -> None:
        self.scheduler = scheduler
        self.seed = seed
        self.calm = calm
        self.capabilities = Capabilities(on_unknown=on_unknown, receipts=True, window=window)
        self.wire: list[WireWrite] = []
        self.written: Counter[str] = Counter()
        #: what it took, by its own id
        self.took: dict[str, str] = {}
        #: its own ids of what it took, by message
        self.names_of: dict[str, list[str]] = defaultdict(list)
        #: what it says became of a message, by its own id
        self.said: dict[str, set[str]] = {}
        self.coming: list[tuple[float, ReceiptReport]] = []
        self.texts: list[tuple[float, InboundText]] = []
        self.on_write: Callable[[WireWrite], None] = lambda _write: None

    def is_ready(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is held."""

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        answers: list[Handover] = []
        for message in messages:
            self._pass_point("before")
            self.scheduler.at_the_wire = True
            try:
                allowed = may_send()
            finally:
                self.scheduler.at_the_wire = False
            if not allowed:
                answers.append(FENCED)
                continue
            behaviour = self._behaviour_of(message.reminder_id)
            answers.append(self._write(message, behaviour))
            self._pass_point("after")
            if behaviour == "reset_the_window":
                answers = [without_answer(answer) for answer in answers]
        return answers

    def _pass_point(self, where: str) -> None:
        fault = self.scheduler.point("wire", label=where)
        if fault is not None and self.scheduler.current is not None:
            self.scheduler.crash(self.scheduler.current)  # whatever else goes wrong in an adapter kills the process

    def _behaviour_of(self, reminder_id: str) -> str:
        if self.calm:
            return "accept"
        return random.Random(f"{self.seed}/{reminder_id}").choices(BEHAVIOURS, WEIGHTS)[0]

    def _write(self, message: OutboundMessage, behaviour: str) -> Handover:
        worker = self.scheduler.current.name if self.scheduler.current else "-"
        takes = behaviour in ("accept", "took_it_silently", "reset_the_window")
        again = self.written[message.reminder_id]
        write = WireWrite(message.reminder_id, worker, self.scheduler.ticks, behaviour)
        self.scheduler.note(f"{worker} wire {behaviour}")
        provider_id = f"m{again}-{message.reminder_id[:12]}"
        if takes:
            self.took[provider_id] = message.reminder_id
            self.names_of[message.reminder_id].append(provider_id)
            self._promise_receipts(provider_id)
        self.wire.append(write)
        self.written[message.reminder_id] += 1
        self.on_write(write)
        if behaviour == "accept":
            return Handover(fate=Fate.ACCEPTED, provider_ids=(provider_id,))
        if behaviour == "refuse":
            return Handover(fate=Fate.REFUSED, code="scripted.refused")
        if behaviour == "busy":
            return Handover(fate=Fate.BUSY, code="scripted.throttled")
        return Handover(fate=Fate.UNKNOWN, code="scripted.timeout")

    def _promise_receipts(self, provider_id: str) -> None:
        """Receipts come lost, twice, late, out of order and before the answer; some are of nobody's message."""
        dice = random.Random(f"{self.seed}/receipt/{provider_id}")
        outcome = dice.choices(
            [ReceiptOutcome.DELIVERED, ReceiptOutcome.UNDELIVERED, ReceiptOutcome.UNKNOWN], [7, 2, 1]
        )[0]
        if dice.random() < 0.2 and not self.calm:
            # it changes its mind
            other = ReceiptOutcome.UNDELIVERED if outcome is ReceiptOutcome.DELIVERED else ReceiptOutcome.DELIVERED
            self._send_receipt(provider_id, other, dice.choice([0.0, 0.2, 150.0]))
        copies = 1 if self.calm else dice.choices([0, 1, 2, 3], [2, 5, 2, 1])[0]
        for _ in range(copies):
            delay = dice.choice([0.0, 0.001, 0.05, 0.5, 150.0])
            self._send_receipt(provider_id, outcome, delay)
            if dice.random() < 0.15 and not self.calm:
                self._send_receipt(f"nobody-{dice.randrange(99)}", ReceiptOutcome.DELIVERED, delay)

    def _send_receipt(self, provider_id: str, outcome: ReceiptOutcome, delay: float) -> None:
        self.coming.append(
            (self.scheduler.ticks + delay, ReceiptReport(channel="sms", provider_id=provider_id, outcome=outcome))
        )

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        if self.capabilities.on_unknown is OnUnknown.NOTHING:
            return [None] * len(questions)
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Handover | None:
        if names := self.names_of.get(question.reminder_id):
            return Handover(fate=Fate.ACCEPTED, provider_ids=tuple(names))
        dice = random.Random(f"{self.seed}/ask/{question.reminder_id}/{len(self.wire)}")
        return None if dice.random() < 0.3 else Handover(fate=Fate.REFUSED, code="scripted.never_seen")

    def take_receipts(self) -> list[ReceiptReport]:
        due = [report for when, report in self.coming if when <= self.scheduler.ticks]
        self.coming = [(when, report) for when, report in self.coming if when > self.scheduler.ticks]
        for report in due:
            self.said.setdefault(report.provider_id, set()).add(report.outcome.value)
        return due

    def take_texts(self) -> list[InboundText]:
        due = [text for when, text in self.texts if when <= self.scheduler.ticks]
        self.texts = [(when, text) for when, text in self.texts if when > self.scheduler.ticks]
        return due


def without_answer(answer: Handover) -> Handover:
    """The window was reset: an answer that was under way never came."""
    return Handover(fate=Fate.UNKNOWN, code="scripted.reset") if answer.fate is Fate.ACCEPTED else answer
