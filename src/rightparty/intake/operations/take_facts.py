# SPDX-License-Identifier: Apache-2.0
"""Take facts as they happen: payments, reversals, holds and their ends, stops; effective at the next release.

Locks come first, in the order that everybody keeps: persons, accounts, contact points. A release under way on the same
person or account commits before; every later one sees all of it. Serves right_debt, right_time, correctable.

Crash meaning: one transaction; before it commits nothing was told, and telling it again has no second effect.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction

from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.operations.count_reports import count_reports
from rightparty.dispatch.queries import addresses_with_open_reminders
from rightparty.intake.contact_values import with_contact_values
from rightparty.intake.facts import CeaseData, Fact, FactFault, HoldData, PromiseData, StopData, read_facts
from rightparty.intake.queries import current_attributes, existing_ids
from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import EventKind, PointChannel
from rightparty.lending.given import SAME_WITHIN, Answer, HoldGiven, Outcome, PaymentGiven
from rightparty.lending.locks import lock_accounts
from rightparty.lending.operations.change_holds import change_holds
from rightparty.lending.operations.record_payments import record_payments
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.operations.cease_communication import record_cease_communication
from rightparty.parties.operations.record_events import record_events
from rightparty.parties.queries import events_on_file, ids_of_same_persons

AHEAD: Final = SAME_WITHIN
"""How far a sender's clock may be ahead: what began within it is taken to have begun now, or it would not yet hold."""

_REASONS: Final = {
    "stop.opted_out": "right_time.opted_out",
    "stop.consent_revoked": "right_time.opted_out",
    "stop.wrong_party": "right_party.reported_wrong_party",
}
_NOT_KNOWN: Final = "not known here"
_LOAD_FIRST: Final = "Load it first, or correct the identifier."


class FactsRefusedError(Exception):
    """Some facts cannot be taken, so that none was."""

    def __init__(self, faults: Sequence[FactFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = list(faults)
        self.remedy = "Correct what is named and send all of it again; what was taken before has no second effect."


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of some facts."""

    #: by place in the delivery: new, changed, repeated; a refused one stands in `faults`
    outcomes: dict[int, str]
    faults: list[FactFault]
    #: planned reminders that a stop cancelled
    cancelled: int

    def counts(self) -> dict[str, int]:
        """Return how many facts came to each outcome."""
        counted = Counter(self.outcomes.values())
        refused = len({fault.place for fault in self.faults})
        return {"new": counted["new"], "changed": counted["changed"], "repeated": counted["repeated"]} | {
            "refused": refused
        }


def take_facts(given: Sequence[object], *, at: datetime, refuse_all: bool = True) -> Taken:
    """Take facts as `facts.read_facts` describes them, in their order, in one transaction.

    Args:
        given: the facts as they came.
        at: instant of arrival; a stop or posted money dated later counts from now on.
        refuse_all: one that cannot be taken refuses all of them; else the others are taken.

    Raises:
        FactsRefusedError: some cannot be taken, and nothing was done.
    """
    now = require_aware(at)
    facts, faults = read_facts(given)
    facts, more = _with_written_values(facts)
    faults += more
    if faults and refuse_all:
        raise FactsRefusedError(faults)
    with transaction.atomic():
        _lock(facts)
        facts, more = _known(facts)
        faults += more
        outcomes: dict[int, str] = {}
        for place, answer in [*_take_ledger(facts, now), *_take_stops(facts, now)]:
            if answer.outcome is Outcome.REFUSED:
                faults.append(_fault_of(place, answer))
            else:
                outcomes[place] = answer.outcome.value
        if faults and refuse_all:
            raise FactsRefusedError(sorted(faults, key=lambda fault: fault.place))
        cancelled = _stop_planned([f for f in facts if outcomes.get(f.place) == Outcome.NEW], now)
    return Taken(outcomes=outcomes, faults=sorted(faults, key=lambda fault: fault.place), cancelled=cancelled)


def _with_written_values(facts: list[Fact]) -> tuple[list[Fact], list[FactFault]]:
    """Bring contact values into their one written form; a value that cannot be one is a fault."""
    stops = [fact for fact in facts if isinstance(fact.data, StopData)]
    if not stops:
        return facts, []
    ids = pl.Series("party_id", [stop.data.party_id or None for stop in stops], dtype=pl.String)
    rows = pl.DataFrame(
        {
            "place": [stop.place for stop in stops],
            "channel": [stop.data.channel.value for stop in stops],
            "value": [stop.data.value for stop in stops],
            "party_id": ids,
        }
    ).join(current_attributes("party_id", "country", ids.drop_nulls().unique()), on="party_id", how="left")
    written = {place: value for place, value in with_contact_values(rows).select("place", "value").rows() if value}
    faults = []
    for stop in stops:
        if stop.place in written:
            stop.data.value = written[stop.place]
        else:
            remedy = "Write phones with + and country code (E.164), mail addresses with one @."
            fault = "not an address of this channel"
            faults.append(FactFault(place=stop.place, field="data.value", fault=fault, remedy=remedy))
    bad = {fault.place for fault in faults}
    return [fact for fact in facts if fact.place not in bad], faults


def _lock(facts: Sequence[Fact]) -> None:
    """Lock every person, account and contact point that the facts are about; each in one statement, in order."""
    named = [fact.data for fact in facts]
    given = sorted({getattr(data, "party_id", "") for data in named} - {""})
    if given:
        same = ids_of_same_persons(party_ids=given)["party_id"].to_list()
        lock_parties(sorted({*given, *same}))
    lock_accounts(sorted({getattr(data, "account_id", "") for data in named} - {""}))
    lock_values(sorted({data.value for data in named if isinstance(data, StopData)}))


def _known(facts: list[Fact]) -> tuple[list[Fact], list[FactFault]]:
    """Set apart the facts that name an account or a party that is not known here."""
    faults = []
    for column in ("account_id", "party_id"):
        used = {getattr(fact.data, column, "") for fact in facts} - {""}
        known = set(existing_ids(column, pl.Series(sorted(used), dtype=pl.String)).to_list())
        for fact in facts:
            name = getattr(fact.data, column, "")
            if name and name not in known:
                field = f"data.{column}"
                faults.append(
                    FactFault(place=fact.place, field=field, fault=_NOT_KNOWN, remedy=_LOAD_FIRST, status=404)
                )
    bad = {fault.place for fault in faults}
    return [fact for fact in facts if fact.place not in bad], faults


def _take_ledger(facts: Sequence[Fact], now: datetime) -> list[tuple[int, Answer]]:
    payments = [fact for fact in facts if fact.type.startswith("payment.")]
    holds = [fact for fact in facts if fact.type.startswith("hold.")]
    paid = record_payments([_payment(fact, now) for fact in payments])
    held = change_holds([_hold(fact, now) for fact in holds])
    places = [fact.place for fact in [*payments, *holds]]
    return list(zip(places, [*paid, *held], strict=True))


def _payment(fact: Fact, now: datetime) -> PaymentGiven:
    data, status = fact.data, fact.type.removeprefix("payment.")
    paid_at = data.paid_at
    # posted money is here, whatever day it is booked on; pending money of a later day is on its way on that day
    if paid_at is not None and paid_at > now and (status != "pending" or paid_at <= now + AHEAD):
        paid_at = now
    return PaymentGiven(
        payment_id=data.payment_id, account_id=data.account_id, paid_at=paid_at, amount_minor=data.amount_minor,
        status=status, channel=data.channel,
    )  # fmt: skip


def _hold(fact: Fact, now: datetime) -> HoldGiven:
    data = fact.data
    whom = {"kind": data.kind.value, "party_id": data.party_id, "account_id": data.account_id}
    if isinstance(data, HoldData):
        start = now if now < data.from_at <= now + AHEAD else data.from_at
        return HoldGiven(**whom, from_at=start, to_at=data.to_at)
    return HoldGiven(**whom, ended_at=data.ended_at)


def _take_stops(facts: Sequence[Fact], now: datetime) -> list[tuple[int, Answer]]:
    events = [fact for fact in facts if isinstance(fact.data, StopData | PromiseData)]
    answers = _take_events(events, now)
    ceased = [fact for fact in facts if isinstance(fact.data, CeaseData)]
    if ceased:
        same = ids_of_same_persons(party_ids=sorted({fact.data.party_id for fact in ceased}))
        persons = dict(same.rows())
        for fact in ceased:
            is_new = record_cease_communication(
                person_id=persons[fact.data.party_id], at=min(fact.data.occurred_at, now), origin="interface"
            )
            answers.append((fact.place, Answer(outcome=Outcome.NEW if is_new else Outcome.REPEATED)))
    return answers


def _take_events(events: Sequence[Fact], now: datetime) -> list[tuple[int, Answer]]:
    """Record what happened at contact points; an id that is known with other content is refused."""
    if not events:
        return []
    known: dict[str, Mapping[str, object]] = {
        str(row["event_id"]): row for row in events_on_file([fact.data.event_id for fact in events]).to_dicts()
    }
    answers, new = [], []
    for fact in events:
        row = _event(fact, now)
        before = known.get(row["event_id"])
        if before is None:
            known[row["event_id"]] = row
            new.append(row)
            answers.append((fact.place, Answer(outcome=Outcome.NEW)))
            continue
        other = [name for name in _EVENT if name != "occurred_at" and before[name] != row[name]]
        answers.append((fact.place, _known_otherwise(fact, other[0]) if other else Answer(outcome=Outcome.REPEATED)))
    if new:
        record_events(pl.DataFrame(new, schema=_EVENT))
    return answers


_EVENT: Final = {
    **dict.fromkeys(("event_id", "kind", "channel", "value", "party_id", "account_id", "detail"), pl.String()),
    "occurred_at": pl.Datetime("us", "UTC"),
}
_FIELD_OF: Final = {"kind": "type", "detail": "data.message_channel"}


def _event(fact: Fact, now: datetime) -> dict[str, str]:
    data, kind = fact.data, EventKind(fact.type.removeprefix("stop."))
    if isinstance(data, PromiseData):
        at_point = {"channel": PointChannel.PHONE.value, "value": ""}
        detail = data.promised_on.isoformat() if data.promised_on else ""
    else:
        at_point, detail = {"channel": data.channel.value, "value": data.value}, str(data.message_channel)
    row = {"event_id": data.event_id, "kind": kind.value, **at_point, "detail": detail}
    return row | {
        "party_id": data.party_id, "account_id": data.account_id, "occurred_at": min(data.occurred_at, now),
    }  # fmt: skip


def _known_otherwise(fact: Fact, column: str) -> Answer:
    field = _FIELD_OF.get(column, f"data.{column}")
    if column == "detail" and isinstance(fact.data, PromiseData):
        field = "data.promised_on"
    fault = "the event_id is known with another " + field.removeprefix("data.")
    remedy = "An event does not change; report another under an event_id of its own."
    return Answer(outcome=Outcome.REFUSED, field=field, fault=fault, remedy=remedy)


def _stop_planned(new: Sequence[Fact], now: datetime) -> int:
    """Count reports against their batches and cancel what is planned to values that were stopped."""
    stopped = [fact for fact in new if fact.type in _REASONS]
    count_reports(values=sorted({f.data.value for f in stopped if f.type == "stop.wrong_party"}), at=now)
    reached = addresses_with_open_reminders(sorted({fact.data.value for fact in stopped}))
    cancelled = 0
    for fact in stopped:
        if fact.data.value in reached:
            channel = str(fact.data.message_channel) or None
            cancelled += cancel_planned(
                address=fact.data.value, at=now, reason=_REASONS[fact.type],
                channel=None if fact.type == "stop.wrong_party" else channel,
            )  # fmt: skip
    return cancelled


def _fault_of(place: int, answer: Answer) -> FactFault:
    field = answer.field if answer.field == "type" or answer.field.startswith("data.") else f"data.{answer.field}"
    status = 404 if answer.is_unknown else 409
    return FactFault(place=place, field=field, fault=answer.fault, remedy=answer.remedy, status=status)
