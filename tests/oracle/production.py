# SPDX-License-Identifier: Apache-2.0
"""Situations sent through the engine as a portfolio is: local time, calendar, counted history, then the rules."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import polars as pl

from rightparty.kernel.reasons import BY_CODE, reasons_in
from rightparty.kernel.vocabulary import HOLD_BITS, HoldKind
from rightparty.parties.wishes import read_promises, read_wishes
from rightparty.planning import assembly
from rightparty.planning.world import World
from rightparty.policy.calendar import with_calendar
from rightparty.policy.evaluate import evaluate
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import with_local_time
from rightparty.policy.pack import LawPacks
from tests.oracle.situation import Situation

INSTANT = pl.Datetime("us", "UTC")
EVENTS = {"person_id": pl.String, "kind": pl.String, "detail": pl.String, "occurred_at": INSTANT}
FOR_LATER = ("person_id", "account_id", "zone_set")
"""What `earliest_permitted` needs besides the facts."""
NO_PROMISES = read_promises(
    pl.DataFrame(schema={"person_id": pl.String, "account_id": pl.String, "detail": pl.String, "occurred_at": INSTANT})
)
HISTORY = {
    "person_id": pl.String, "account_id": pl.String, "channel": pl.String, "kind": pl.String, "occurred_at": INSTANT,
}  # fmt: skip
COMPUTED = {
    "local_minute_min", "local_minute_max", "local_date_min", "local_date_max", "public_holiday", "working_day",
    "days_since_conversation", "history_in_future", "age_years", "role", "roles_contradict", "call_requested",
    "agreed_from_minute", "agreed_to_minute", "agreed_days_mask", "requested_from_minute", "requested_to_minute",
    "days_to_promise",
}  # fmt: skip
HOUSE_ONLY = ("days_since_payment", "days_since_complaint", "currency")
GIVEN = {**{name: kind for name, kind in FACTS.items() if name not in COMPUTED and "_person_" not in name
            and name not in ("calls_debt_7d", *HOUSE_ONLY)},
         "row": pl.UInt32, "person_id": pl.String, "account_id": pl.String, "party_id": pl.String,
         "zone_set": pl.String, "born_on": pl.Date}  # fmt: skip


def verdicts(situations: Sequence[Situation], packs: LawPacks) -> list[set[str]]:
    """Return the engine's reasons for every situation; one frame, one evaluation.

    Where all situations are of one instant, they go the way of the planner, which is given it.
    """
    instants = {s.at for s in situations}
    at = instants.pop() if len(instants) == 1 and len(situations) > 1 else None
    judged = evaluate(facts_of(situations, at=at).lazy(), packs, house=False).sort("row")
    mask = judged.collect(engine="streaming" if at else "auto")["reasons_mask"]
    return [{reason.code for reason in reasons_in(told)} for told in mask]


def facts_of(situations: Sequence[Situation], *, at: datetime | None = None) -> pl.DataFrame:
    """Make the facts of situations. Situations of one person share his history and his instant."""
    rows = [{"row": row, "party_id": str(row), **_given(s)} for row, s in enumerate(situations)]
    world = World(**{name.name: None for name in fields(World)} | {
        "roles": roles_of(situations), "wishes": read_wishes(events_of(situations)), "promises": NO_PROMISES,
    })  # type: ignore[arg-type]  # fmt: skip
    frame = assembly._with_role(pl.DataFrame(rows + _other_records(situations), schema=GIVEN, orient="row"), world)
    frame = assembly._with_wishes(with_calendar(with_local_time(frame, at=at)), world)
    frame = count_contacts(frame, history_of(situations), at=at)
    facts = frame.filter(pl.col("row").is_not_null()).with_columns(pl.lit(None).alias(name) for name in HOUSE_ONLY)
    return facts.select("row", *FOR_LATER, *(pl.col(name).cast(kind) for name, kind in FACTS.items()))


def roles_of(situations: Sequence[Situation]) -> pl.DataFrame:
    rows = [(s.account, str(row), role) for row, s in enumerate(situations) for role in s.roles]
    return pl.DataFrame(rows, schema={"account_id": pl.String, "party_id": pl.String, "role": pl.String}, orient="row")


def events_of(situations: Sequence[Situation]) -> pl.DataFrame:
    rows = [(s.person, said.kind, said.detail, said.at) for s in situations if s.person for said in s.said]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def history_of(situations: Sequence[Situation]) -> pl.DataFrame:
    seen = set()
    rows = []
    for s in situations:
        if s.person is None or s.person in seen:
            continue
        seen.add(s.person)
        rows += [(s.person, c.account, c.channel, c.kind, c.at) for c in s.past]
    return pl.DataFrame(rows, schema=HISTORY, orient="row")


def _other_records(situations: Sequence[Situation]) -> list[dict[str, Any]]:
    """The person's other ids stand in the portfolio as rows of their own."""
    return [{"row": None, **_given(s), "zone_set": _joined(zones)} for s in situations for zones in s.other_zones]


def _joined(zones: tuple[str, ...] | None) -> str | None:
    return None if zones is None else "|".join(zones)


def _given(s: Situation) -> dict[str, Any]:
    given: dict[str, Any] = {name: getattr(s, name) for name in GIVEN if name in Situation.__slots__}
    return given | {
        "person_id": s.person,
        "account_id": s.account,
        "zone_set": _joined(s.zones),
        "contradictions_mask": None if s.contradictions is None else sum(BY_CODE[c].mask for c in s.contradictions),
        "holds_mask": None if s.holds is None else sum(HOLD_BITS[HoldKind(hold)] for hold in s.holds),
        "born_on": s.born,
    }
