# SPDX-License-Identifier: Apache-2.0
"""Bugs planted into the product, one at a time: each has to be found, or the promises' judge proves nothing.

Where the database's own guard would hide a bug of the code before it, the guard is off: each defence is tested alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest import mock

import polars as pl
from greenlet import getcurrent

from rightparty.dispatch import fence
from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.registry import adapter_of
from rightparty.dispatch.decisions import Decided
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations import hand_over as handing
from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations import resolve as resolving
from rightparty.dispatch.operations import settle as settling
from rightparty.dispatch.queries import claimed_rows
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.inbound.operations import receive_receipt as receipts
from rightparty.inbound.operations import receive_reply as replies
from tests.simulation import history
from tests.simulation import light_gate as judging
from tests.simulation.scenario import Scenario

type Planting = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug, what it breaks first, and a seed that finds it."""

    name: str
    plant: Planting
    #: promises of which it breaks one
    breaks: tuple[str, ...]
    #: a seed by which it was found; the product's statements change, so others are tried after it
    seed: int
    guarded: bool = True
    focus: str = ""


def replaced(target: object, name: str, by: object) -> Planting:
    """Return a planting that replaces one attribute."""
    return lambda: mock.patch.object(target, name, by)


def _resend_what_was_marked() -> Any:
    """Recovery sends again whatever it finds marked."""
    original = history.recover_leases

    def recover(*, at: datetime) -> Any:
        marked = Reminder.objects.filter(state="released", outcome="handing_over", lease_expires_at__lte=at)
        for row in list(marked):
            message = OutboundMessage(
                reminder_id=row.id.hex, channel="sms", address=row.address, subject="", body="", page="", at=at
            )
            adapter_of("sms").send_all([message], may_send=lambda: True)
        return original(at=at)

    return mock.patch.object(history, "recover_leases", recover)


def _replan_what_was_released() -> Any:
    original = history.recover_leases

    def recover(*, at: datetime) -> Any:
        lost = Reminder.objects.filter(state="released", lease_expires_at__lte=at)
        lost.update(state="planned", claimed_by="", lease_expires_at=None, outcome="")
        return original(at=at)

    return mock.patch.object(history, "recover_leases", recover)


def _recovery_says_not_sent() -> Any:
    """What was being handed over is taken for not sent."""
    original = history.recover_leases

    def recover(*, at: datetime) -> Any:
        lost = Reminder.objects.filter(state="released", outcome="handing_over", lease_expires_at__lte=at)
        lost.update(state="cancelled", outcome="lease_lost", reasons_mask=1, lease_expires_at=None)
        return original(at=at)

    return mock.patch.object(history, "recover_leases", recover)


def _facts_before_the_transaction() -> Any:
    """The gate decides on facts read before its transaction began."""
    original, facts = gate.release, judging.LightGate.facts
    early: dict[Any, Any] = {}

    def release(ids: Sequence[Any], **options: Any) -> Any:
        rows = claimed_rows(ids, worker=options["worker"], at=options["at"])
        numbers = [int(party[1:]) for party in rows["party_id"]]
        # the other ids of a human are at most one number away, or of the first five
        near = {*range(1, 6), *(number + by for number in numbers for by in (-1, 0, 1))}
        everybody = [f"P{n}" for n in sorted(near)]
        early[getcurrent()] = facts(judging.LightGate(pl.DataFrame()), rows, everybody)
        return original(ids, **options)

    @contextmanager
    def planted() -> Iterator[None]:
        with (
            mock.patch.object(history, "release", release),
            mock.patch.object(judging.LightGate, "facts", side_effect=lambda *_given: early[getcurrent()]),
        ):
            yield

    return planted()


def _nobody_counts_contacts() -> Any:
    facts = judging.LightGate.facts

    def without(self: judging.LightGate, rows: pl.DataFrame, parties: Sequence[str]) -> Any:
        known = facts(self, rows, parties)
        known.sent = []
        return known

    return mock.patch.object(judging.LightGate, "facts", without)


def _unknown_is_not_counted() -> Any:
    facts = judging.LightGate.facts

    def without(self: judging.LightGate, rows: pl.DataFrame, parties: Sequence[str]) -> Any:
        known = facts(self, rows, parties)
        unknown = set(Reminder.objects.filter(state="unknown").values_list("party_id", flat=True))
        known.sent = [(party, when) for party, when in known.sent if party not in unknown]
        return known

    return mock.patch.object(judging.LightGate, "facts", without)


def _each_id_is_a_person() -> Any:
    facts = judging.LightGate.facts

    def apart(self: judging.LightGate, rows: pl.DataFrame, parties: Sequence[str]) -> Any:
        known = facts(self, rows, parties)
        known.humans = {party: party for party in known.humans}
        return known

    return mock.patch.object(judging.LightGate, "facts", apart)


def _all_at_once(judged: pl.DataFrame, *, oldest_plan: datetime) -> Decided:
    """Decides on a batch as if nobody were in it twice."""
    known = judged.with_columns(permitted=pl.col("reasons_mask") == 0)
    return Decided(
        released=known.filter("permitted"), withheld=known.filter(~pl.col("permitted")), deferred=known.clear()
    )


def _try_again_when_unknown() -> Any:
    original = handing._send

    def send(group: Sequence[Any], until: Any) -> dict[str, Any]:
        answers = original(group, until)
        again = [message for message in group if answers[message.reminder_id].fate is Fate.UNKNOWN]
        return answers | original(again, until) if again else answers

    return mock.patch.object(handing, "_send", send)


def _only_the_wall_clock(self: fence.Fence) -> bool:
    return self.clock() < self.until and not self.is_halted()


def _without_halt(self: fence.Fence) -> bool:
    return self.ticks() < self._ends and self.clock() < self.until


def _neighbours_receipts() -> Any:
    original = receipts.reminders_of_segments

    def shifted(names: Any) -> Any:
        owners = original(names)
        everybody = sorted(Reminder.objects.values_list("id", flat=True))
        return {name: everybody[(everybody.index(key) + 1) % len(everybody)] for name, key in owners.items()}

    return mock.patch.object(receipts, "reminders_of_segments", shifted)


def _any_move() -> Any:
    """Receipts and answers are believed whatever state the reminder is in."""
    return mock.patch.object(resolving, "may_move", return_value=True)


def _answers_move_anything() -> Any:
    return mock.patch.object(settling, "_after", lambda _state, fate: settling._STATE_OF[fate])


def _write_without_a_mark() -> Any:
    """The mark is rolled back instead of committed: what is written has no intent on file."""
    return mock.patch.object(handing, "HANDING_OVER", "")


def _no_record_of_releases() -> Any:
    return mock.patch.object(
        gate, "append_columns", lambda *batches: list(range(sum(len(batch.facts) for batch in batches)))
    )


def _a_stop_is_only_noted() -> Any:
    @contextmanager
    def planted() -> Iterator[None]:
        with (
            mock.patch.object(replies, "cancel_planned", return_value=0),
            mock.patch.object(replies, "record_event", return_value=None),
        ):
            yield

    return planted()


def _payments_are_thrown_away() -> Any:
    return mock.patch.object(history, "record_payment", lambda **named: history.lift_halt(at=named["paid_at"], by="x"))


def _timeouts_are_failures() -> Any:
    return mock.patch.dict(settling._STATE_OF, {Fate.UNKNOWN: ReminderState.FAILED})


def _timeouts_are_successes() -> Any:
    return mock.patch.dict(settling._STATE_OF, {Fate.UNKNOWN: ReminderState.HANDED_OVER})


def bug(name: str) -> Bug:
    """Return a bug by its name."""
    return next(each for each in BUGS if each.name == name)


BUGS: tuple[Bug, ...] = (
    Bug("rows found marked are sent again", _resend_what_was_marked, ("once",), 17),
    Bug(
        "recovery plans released rows again", _replan_what_was_released, ("only lawful moves", "once"), 9, guarded=False
    ),
    Bug(
        "recovery takes marked rows for not sent", _recovery_says_not_sent, ("the books say what happened", "once"), 17
    ),
    Bug(
        "facts are read outside the transaction",
        _facts_before_the_transaction,
        (
            "no release after paid",
            "no release after held",
            "no release after stopped",
            "no release after disowned",
            "cap per person",
        ),
        10,
        focus="facts",
    ),
    Bug("no cap", _nobody_counts_contacts, ("cap per person",), 0),
    Bug("unknown outcomes are not counted", _unknown_is_not_counted, ("cap per person",), 5),
    Bug("each id of a person counts for itself", _each_id_is_a_person, ("cap per person",), 2),
    Bug("two of one person in a batch", replaced(gate, "decide", _all_at_once), ("cap per person",), 1),
    Bug(
        "no fence",
        replaced(fence.Fence, "may_send", lambda _self: True),
        ("within the lease", "halt within a second"),
        2,
        focus="wire",
    ),
    Bug(
        "leases by the wall clock alone",
        replaced(fence.Fence, "may_send", _only_the_wall_clock),
        ("within the lease",),
        0,
        focus="clock",
    ),
    Bug(
        "a halt is not looked at at the wire",
        replaced(fence.Fence, "may_send", _without_halt),
        ("halt within a second",),
        2,
        focus="halt",
    ),
    Bug("unknown is tried again", _try_again_when_unknown, ("once",), 1),
    Bug("a time-out is a failure", _timeouts_are_failures, ("the books say what happened",), 1),
    Bug("a time-out is a success", _timeouts_are_successes, ("the books say what happened",), 3),
    Bug(
        "receipts move the neighbour",
        _neighbours_receipts,
        ("receipts reach their own message", "only lawful moves", "the books say what happened"),
        16,
    ),
    Bug("a late receipt moves a state back", _any_move, ("only lawful moves",), 74, guarded=False),
    Bug("an answer moves a state back", _answers_move_anything, ("only lawful moves",), 47, guarded=False),
    Bug("nothing is marked before the wire", _write_without_a_mark, ("intent before the wire",), 0, guarded=False),
    Bug("releases are not recorded", _no_record_of_releases, ("a record of each move", "the log is intact"), 0),
    Bug(
        "a stop is only noted",
        _a_stop_is_only_noted,
        ("no release after stopped", "no release after disowned"),
        0,
        focus="facts",
    ),
    Bug("payments are not recorded", _payments_are_thrown_away, ("no release after paid",), 10, focus="facts"),
)
"""All of them; `seed` is the first that finds it."""


def is_found(planted: Bug, runner: history.Runner, scenarios: Iterable[Scenario]) -> bool:
    """Tell whether one of the histories breaks a promise as the bug does; without the bug it has to keep all."""
    for scenario in scenarios:
        with planted.plant():
            outcome = runner.run(scenario, guarded=planted.guarded)
        if outcome.broken and outcome.broken[0].promise in planted.breaks:
            assert not runner.run(scenario, guarded=planted.guarded).broken, "it is broken without the bug too"
            return True
    return False
