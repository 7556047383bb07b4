# SPDX-License-Identifier: Apache-2.0
"""Turns a situation a lawyer can read into the facts that rules see; everything it does not mention is lawful."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from rightparty.kernel.vocabulary import HOLD_BITS, HoldKind
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import with_local_time

LAWFUL: dict[str, Any] = {
    "has_contact_point": True,
    "relation": "self",
    "p_person": 0.99,
    "p_stranger": 0.001,
    "contradictions_mask": 0,
    "person_in_doubt": False,
    "batch_state": "trusted",
    "batch_room": 0,
    "account_open": True,
    "ledger_consistent": True,
    "amount_due_minor": 10_000,
    "in_flight_minor": 0,
    "holds_mask": 0,
    "deceased": False,
    "represented": False,
    "bankrupt": False,
    "opted_out": False,
    "consent_revoked": False,
    "cease_communication": False,
    "case_open": False,
    "disclosure_level": 3,
    "template_available": True,
    "call_requested": False,
    "agreed_from_minute": None,
    "agreed_to_minute": None,
}
HISTORY = {
    "person_id": pl.String, "account_id": pl.String, "channel": pl.String, "kind": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
ANSWERED = {"effective", "conversation"}
NOT_COUNTED = {"wrong_number_learned", "unconnected"}


def facts_of(market: str, situation: dict[str, Any]) -> pl.LazyFrame:
    """Return the one row of facts of a situation."""
    zone = ZoneInfo(situation["clock_zone"])

    def instant(local: str) -> datetime:
        return datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC)

    at = instant(situation["at_local"])
    history = [
        (
            "person",
            past.get("debt", "A"),
            past["channel"],
            ("answered" if past["outcome"] in ANSWERED else "called") if past["channel"] == "call" else "sent",
            instant(past["at_local"]),
        )
        for past in situation.get("history", [])
        if past["outcome"] not in NOT_COUNTED
    ]
    row = {
        **LAWFUL,
        "market": market,
        "channel": situation["channel"],
        "role": situation["role"],
        "days_past_due": situation["days_past_due"],
        "at": at,
        **_flags(situation.get("flags", [])),
        **_consents(situation.get("consents", []), at.astimezone(zone).date()),
        "person_id": "person",
        "account_id": "A",
        "zone_set": "|".join(situation["time_zones"]),
    }
    frame = with_local_time(pl.DataFrame([row]), at=at)
    counted = count_contacts(frame, pl.DataFrame(history, schema=HISTORY, orient="row"), at=at)
    return counted.select(pl.col(name).cast(kind) for name, kind in FACTS.items()).lazy()


def _flags(flags: list[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for flag in flags:
        name, _, detail = flag.partition(":")
        match name:
            case "cease_communication" | "deceased":
                facts[name] = True
            case "attorney_represented":
                facts["represented"] = True
            case "bankrupt":
                facts["bankrupt"] = True
            case "dispute_unverified":
                facts["holds_mask"] = HOLD_BITS[HoldKind.DISPUTE]
            case "hold":
                facts["holds_mask"] = HOLD_BITS[HoldKind(detail)]
            case "no_medium" | "opted_out":
                facts["opted_out"] = bool(detail)
            case _:
                raise ValueError(f"flag {flag} has no fact")
    return facts


def _consents(consents: list[str], today: date) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for consent in consents:
        name, _, detail = consent.partition(":")
        if name == "hours":
            begin, _, end = detail.partition("-")
            facts["agreed_from_minute"], facts["agreed_to_minute"] = _minutes(begin), _minutes(end)
        elif name == "call_back":
            facts["call_requested"] = date.fromisoformat(detail) == today
        else:
            raise ValueError(f"consent {consent} has no fact")
    return facts


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
