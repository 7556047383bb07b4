# SPDX-License-Identifier: Apache-2.0
"""Asks carriers, silently, about the contact points in doubt of persons who owe something now. Serves right_party.

Crash meaning: a question is recorded before it is asked and its answer after, each in a transaction of its own; what
was asked without an answer on file counts as asked, so that nobody is asked about twice in a row.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import polars as pl
from django.db import transaction

from rightparty.dispatch.channels.lookups import STEPS, LookupBusyError, LookupRefusedError, Question
from rightparty.dispatch.models import Lookup
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import find_party
from rightparty.planning.reverification.choose import Steps, choose_steps
from rightparty.planning.reverification.queries import points_to_verify
from rightparty.planning.reverification.watch import renew_watches

REMEMBERED: Final = timedelta(days=400)
"""How far back questions are looked at; longer than any step's time until it may be asked again."""


class Service(Protocol):
    """Whoever answers questions about numbers."""

    def ask(self, question: Question) -> EventKind | None:
        """Return what is said, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupSummary:
    """What a round of look-ups did."""

    chosen: int
    #: answer (an event kind, or unknown) -> how often
    answers: dict[str, int] = field(default_factory=dict)
    #: why it ended early; empty if it did not
    stopped: str = ""


def choose_lookups(*, at: datetime, steps: Steps, allowed: frozenset[str], budget: float) -> pl.DataFrame:
    """Return what is worth asking now: planning's CHOSEN with collected_at; asks nothing.

    First what clears a doubt about persons who owe something now, then, with what is left of the budget, what keeps the
    watch over numbers of anybody with an open account.
    """
    instant = require_aware(at)
    points = points_to_verify(at=instant)
    asked, silent = _asked(instant), allowed & frozenset(STEPS)
    doubtful = choose_steps(points.filter("owes"), at=instant, steps=steps, allowed=silent, asked=asked, budget=budget)
    keys = ["party_id", "channel", "value"]
    kept = renew_watches(
        points.join(doubtful, on=keys, how="anti"), at=instant, steps=steps, allowed=silent, asked=asked,
        budget=budget - float(doubtful["price"].sum()),
    )  # fmt: skip
    chosen = pl.concat([doubtful, kept])
    return chosen.join(points.select(*keys, "collected_at"), on=keys, how="left", maintain_order="left")


def look_up_points(
    *,
    at: datetime,
    service: Service,
    steps: Steps,
    allowed: frozenset[str],
    budget: float,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> LookupSummary:
    """Ask what is worth asking, within a budget in minor units; answers become contact events.

    A refusal of our credentials, or being asked to wait, ends the round; what is left is chosen again the next time.
    """
    instant = require_aware(at)
    chosen = choose_lookups(at=instant, steps=steps, allowed=allowed, budget=budget)
    answers: Counter[str] = Counter()
    stopped = ""
    for done, row in enumerate(chosen.to_dicts()):  # one request each: bounded by the budget
        on_progress(done, chosen.height)
        try:
            answers[_ask(row, service, at=instant)] += 1
        except LookupRefusedError:
            stopped = "the service refuses our credentials"
        except LookupBusyError as busy:
            stopped = f"the service asks to wait {busy.seconds} s"
        if stopped:
            break
    summary = LookupSummary(chosen=chosen.height, answers=dict(answers), stopped=stopped)
    if answers:
        facts = {"chosen": chosen.height, **{f"answer.{name}": count for name, count in answers.items()}}
        with transaction.atomic():
            append_leaves([LeafRecord(kind="lookups.made", recorded_at=instant, facts=facts)])
    return summary


def _ask(row: dict[str, object], service: Service, *, at: datetime) -> str:
    number, step, party = str(row["value"]), str(row["step"]), str(row["party_id"])
    collected = row["collected_at"]
    since = collected.date() if isinstance(collected, datetime) else at.date()
    person = find_party(party) if step == "subscriber_lookup" else None
    question = Question(step=step, number=number, since=since, name=person.full_name if person else "")
    asked = Lookup.objects.create(
        id=uuid.uuid4(), party_id=party, channel=str(row["channel"]), value=number, step=step, asked_at=at
    )
    try:
        kind = service.ask(question)
    except (LookupRefusedError, LookupBusyError):
        asked.delete()  # it was not taken, so it was not asked
        raise
    with transaction.atomic():
        asked.answer = kind.value if kind else "unknown"
        asked.save(update_fields=["answer"])
        if kind is not None:
            record_event(
                event_id=f"lookup:{asked.id}", channel=asked.channel, value=number, kind=kind.value, occurred_at=at,
                party_id=party, detail=since.isoformat() if step == "holder_lookup" else "",
            )  # fmt: skip
    return asked.answer


def _asked(at: datetime) -> pl.DataFrame:
    rows = Lookup.objects.filter(asked_at__gt=at - REMEMBERED).values_list(
        "party_id", "channel", "value", "step", "asked_at"
    )
    text = dict.fromkeys(("party_id", "channel", "value", "step"), pl.String())
    return pl.DataFrame(list(rows), schema={**text, "asked_at": pl.Datetime("us", "UTC")}, orient="row")
