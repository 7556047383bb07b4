# SPDX-License-Identifier: Apache-2.0
"""What a drill came to: the SMSC's record, the books and the evidence log, compared with each other."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rightparty.dispatch.channels.smpp import WINDOW

ON_THE_WIRE: Final = "on the wire"
AFTER_THE_GATE: Final = "after the gate"
AT_THE_GATE: Final = "claimed, before or in the gate"
NOTHING: Final = "nothing held"

MANY_KILLS: Final = 20
"""From so many kills on, a drill that never struck in some place has not tried what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One kill: what the worker said that it did, and what it left behind in the store."""

    worker: str
    #: as its own stack told last: kill_worker.PHASES
    phase: str
    is_inside: bool
    left: str
    #: how the process ended: -9 by SIGKILL
    ended: int


@dataclass(slots=True, kw_only=True)
class Audit:
    """What the SMSC's record and the store say of each other."""

    seed: int
    strikes: list[Strike]
    reminders: int = 0
    states: Counter[str] = field(default_factory=Counter)
    #: submit_sm in the SMSC's record, and recipients that it took all or a part of a message for
    submits: int = 0
    received: int = 0
    #: the same part for the same number again
    duplicates: int = 0
    #: not in a resting state, or resting without a reason or a fate
    lost: int = 0
    #: the books say that it was never sent, and the SMSC has it; or that all of it was, and the SMSC has not
    contradictions: int = 0
    #: facts against reminding, by kind, and reminders that a release after one let out all the same
    facts: Counter[str] = field(default_factory=Counter)
    after_facts: int = 0
    #: of unknown outcome, by the worker that had them, and how many of these the SMSC has
    unknown: Counter[str] = field(default_factory=Counter)
    unknown_received: Counter[str] = field(default_factory=Counter)
    #: faults that workers logged
    troubles: Counter[str] = field(default_factory=Counter)
    #: ends of processes that were neither killed nor told to end
    strange_ends: list[int] = field(default_factory=list)
    log: str = ""
    log_intact: bool = False

    @property
    def kills(self) -> int:
        """How many processes died by SIGKILL."""
        return sum(strike.ended == -9 for strike in self.strikes)

    def left(self) -> Counter[str]:
        """Return how many kills left what behind in the store."""
        return Counter(strike.left for strike in self.strikes)

    def on_the_wire(self) -> Counter[str]:
        """Return how many kills on the wire left none, some or all of their messages with the SMSC."""
        told: Counter[str] = Counter()
        for strike in self.strikes:
            if strike.left == ON_THE_WIRE:
                all_of, got = self.unknown[strike.worker], self.unknown_received[strike.worker]
                told["none" if not got else "all" if got >= all_of else "a part"] += 1
        return told

    def faults(self) -> list[str]:
        """Return what must not be."""
        wrong = [f"{n} {what}" for what, n in (
            ("duplicates", self.duplicates), ("lost", self.lost), ("contradictions", self.contradictions),
            ("released after a fact against it", self.after_facts),
            ("workers that ended by themselves", len(self.strange_ends)),
            ("faults in rounds", sum(n for what, n in self.troubles.items() if what not in HARMLESS)),
        ) if n]  # fmt: skip
        killed = {strike.worker for strike in self.strikes}
        wrong += [f"{n} unknown of worker {name}" for name, n in self.unknown.items() if n > WINDOW]
        wrong += [f"unknown of {name}, which nobody killed" for name in self.unknown if name not in killed]
        if not self.log_intact:
            wrong.append(f"the evidence log: {self.log}")
        if not self.received:
            wrong.append("nothing reached the SMSC, so that nothing was tried")
        if self.kills >= MANY_KILLS:
            places = (ON_THE_WIRE, AFTER_THE_GATE, AT_THE_GATE)
            wrong += [f"no kill struck {place}" for place in places if not self.left()[place]]
        return wrong


HARMLESS: Final = frozenset({"worker.store_failed"})
"""Logged when the store was busy for a moment: tried again, and told in the report."""


def audit(folder: Path, *, seed: int, strikes: list[Strike], held: Mapping[int, str]) -> Audit:
    """Compare the SMSC's record with the store, once all has come to rest.

    Args:
        folder: of the drill: `record` of the SMSC, `facts` that were told, `log` and `output` of the workers.
        seed: of the drill.
        strikes: its kills.
        held: heads of the evidence log as they were seen, index -> chain hash.
    """
    from rightparty.evidence.queries import verify_log

    result = Audit(seed=seed, strikes=strikes)
    parts, whole = _received(folder / "record")
    result.submits, result.duplicates = sum(parts.values()), sum(count - 1 for count in parts.values())
    received: dict[str, set[str]] = defaultdict(set)
    for to, part in parts:
        received[to].add(part)
    result.received = len(received)
    told = [json.loads(line) for line in (folder / "facts").read_text("utf-8").splitlines()]
    result.facts = Counter(str(fact["kind"]) for fact in told)
    heads = {str(fact["account"]): int(fact["head"]) for fact in told}
    for row in _rows():
        _compare(result, row, received.get(row["address"], set()), whole.get(row["address"], 1), heads)
    result.strange_ends = [strike.ended for strike in strikes if strike.ended != -9]
    result.troubles = _troubles(folder / "log")
    verdict = verify_log(held=held)
    result.log, result.log_intact = verdict.sentence(), verdict.intact
    if said := (folder / "output").read_text("utf-8").count("Traceback"):
        result.troubles["tracebacks of workers"] += said
    return result


def _received(record: Path) -> tuple[Counter[tuple[str, str]], dict[str, int]]:
    """Return how often each (number, part) was submitted, and of how many parts each number's message is."""
    parts: Counter[tuple[str, str]] = Counter()
    whole: dict[str, int] = {}
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                said = json.loads(line)
                to, header = f"+{said['to'].lstrip('+')}", said["udh"][0] if said["udh"] else ""
                parts[to, header[-2:]] += 1
                whole[to] = int(header[-4:-2], 16) if header else 1
    return parts, whole


_COLUMNS: Final = (
    "address", "account_id", "state", "outcome", "reasons_mask", "claimed_by", "released_at", "evidence_index",
)  # fmt: skip


def _rows() -> Iterable[dict[str, Any]]:
    from rightparty.dispatch.models import Reminder

    return Reminder.objects.values(*_COLUMNS).iterator(chunk_size=5_000)


def _compare(result: Audit, row: Mapping[str, Any], got: set[str], whole: int, heads: Mapping[str, int]) -> None:
    """Add one reminder to the audit: what the books say of it, what the SMSC has, which facts came before."""
    from rightparty.dispatch.reminder_state import RESTING, ReminderState

    state = row["state"]
    result.reminders += 1
    result.states[state] += 1
    is_sent = state in ("handed_over", "delivered")
    is_reasoned = row["reasons_mask"] > 0 if state in ("withheld", "cancelled") else is_sent or bool(row["outcome"])
    result.lost += ReminderState(state) not in RESTING or not is_reasoned
    if state == "unknown":
        result.unknown[row["claimed_by"]] += 1
        result.unknown_received[row["claimed_by"]] += bool(got)
    may_have = is_sent or state in ("unknown", "failed")
    result.contradictions += (bool(got) and not may_have) or (is_sent and len(got) != whole)
    head = heads.get(row["account_id"])
    # the log gives its places out in the order of commits
    result.after_facts += head is not None and row["released_at"] is not None and row["evidence_index"] > head


def _troubles(log: Path) -> Counter[str]:
    """Return what workers logged of rounds that failed."""
    found: Counter[str] = Counter()
    for line in log.read_text("utf-8").splitlines():
        try:
            event = str(json.loads(line).get("event", ""))
        except ValueError:
            # a worker was killed while it wrote
            continue
        if event.startswith("worker.") and event != "worker.gave_back":
            found[event] += 1
    return found


def report_line(result: Audit, *, store: str) -> str:
    """Return what the report says of one run."""
    ends = _listed(result.states)
    phases = _listed(Counter(strike.phase for strike in result.strikes))
    inside = sum(strike.is_inside for strike in result.strikes)
    return (
        f"SIGKILL on {store}, seed {result.seed}: {result.kills:,} kills of workers, {inside:,} inside a transaction;"
        f" the workers were at {phases}; left behind: {_listed(result.left())}; of those on the wire the SMSC had"
        f" {_listed(result.on_the_wire())} of the group. {result.reminders:,} reminders, {result.submits:,} submit_sm"
        f" in the SMSC's record to {result.received:,} numbers, {result.duplicates} twice, {result.lost} lost,"
        f" {result.contradictions} against the books, {sum(result.unknown.values()):,} of unknown outcome"
        f" ({sum(result.unknown_received.values()):,} of them with the SMSC), {result.facts.total():,} payments, holds,"
        f" stops and reports, {result.after_facts} released after one; ends: {ends}; faults of rounds:"
        f" {_listed(result.troubles) or 'none'}; evidence: {result.log}"
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
