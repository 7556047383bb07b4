# SPDX-License-Identifier: Apache-2.0
"""The drill's portfolio, in portions, and the facts against reminding that come in while workers are killed."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from tests.simulation.kill_worker import START, clock

KINDS: Final = ("payment.posted", "hold.placed", "stop.opted_out", "stop.wrong_party", "stop.cease_communication")
NEAR: Final = 60
"""Facts are about reminders that are about to be decided: one of the first so many."""
PAUSE: Final = 0.15
"""Seconds between two facts."""

REPLIES_OR_CUTS: Final = (7, 8)
"""To numbers that end so the SMSC replies, or cuts the line; they are not used. Those that end in 9 it refuses."""


def numbers() -> Iterator[int]:
    """Yield the numbers of persons, each once."""
    number = 10
    while True:
        if number % 10 not in REPLIES_OR_CUTS:
            yield number
        number += 1


def add_portion(ours: list[int]) -> None:
    """Add debtors with a verified telephone and one overdue account each, and plan a reminder for each: in bulk."""
    import polars as pl
    from django.db import transaction

    from rightparty.store.operations.append_rows import append_rows
    from tests.integration.dispatch.lender import enqueue, phone_of

    zone = pl.Datetime("us", "UTC")
    version = {"load_id": pl.lit(0), "extra": pl.lit("")}
    rows = pl.DataFrame({"n": ours, "value": [phone_of(n) for n in ours]})
    party, account, value = (pl.format("P{}", "n").alias("party_id"), pl.format("A{}-0", "n").alias("account_id"),
                             pl.col("value"))  # fmt: skip
    blank = {
        name: pl.lit("")
        for name in ("latin_name", "national_id", "national_id_type", "region", "postcode", "address", "employer",
                     "represented_by")
    }  # fmt: skip
    with transaction.atomic():
        append_rows("parties_party", rows.select(
            party, person_id=pl.format("H{}", "n"), full_name=pl.lit("Planted Debtor"), language=pl.lit("zh-CN"),
            country=pl.lit("CN"), time_zone=pl.lit("Asia/Shanghai"), **blank, **version,
        ))  # fmt: skip
        append_rows("parties_contactpoint", rows.select(
            party, value, channel=pl.lit("phone"), value_as_given=pl.lit(""), source=pl.lit("branch"),
            collected_at=pl.lit(START - timedelta(days=400)).cast(zone), relation=pl.lit("self"), **version,
        ))  # fmt: skip
        for day in (20, 12):
            append_rows("parties_contactevent", rows.select(
                party, value, event_id=pl.format("otp-{}-{}", "n", pl.lit(day)), channel=pl.lit("phone"),
                kind=pl.lit("otp_verified"), occurred_at=pl.lit(START - timedelta(days=day)).cast(zone),
                account_id=pl.lit(""), detail=pl.lit(""), **version,
            ))  # fmt: skip
        append_rows("lending_account", rows.select(
            account, product=pl.lit("cash_loan"), opened_on=pl.lit(date(2026, 1, 5)), currency=pl.lit("CNY"),
            principal_minor=pl.lit(120_000), creditor=pl.lit(""), status=pl.lit("open"), market=pl.lit("CN"), **version,
        ))  # fmt: skip
        append_rows("lending_accountparty", rows.select(account, party, role=pl.lit("debtor"), **version))
        append_rows("lending_instalment", rows.select(
            account, due_on=pl.lit((START - timedelta(days=20)).date()), amount_minor=pl.lit(120_000),
            principal_minor=pl.lit(120_000), interest_minor=pl.lit(0), fee_minor=pl.lit(0), **version,
        ))  # fmt: skip
        enqueue([(f"A{n}-0", n) for n in ours], clock())


def tell_facts(order: Mapping[str, Any], *, ends: Callable[[], bool]) -> None:
    """Tell facts about reminders that are about to be decided, and note each with the log's head after its commit.

    A release that takes a later place in the log than that head has committed after the fact, by the store's own order.
    """
    from django.db import connection

    from rightparty.dispatch.models import Reminder
    from rightparty.intake.operations.take_facts import take_facts

    dice, told = random.Random(order["seed"]), set[str]()
    with Path(order["file"]).open("a", encoding="utf-8") as out:
        while not ends():
            waiting = Reminder.objects.filter(state__in=["planned", "claimed"]).order_by("planned_at", "id")
            near = [
                row for row in waiting.values_list("account_id", "party_id", "address")[:NEAR] if row[0] not in told
            ]
            if near:
                account, party, address = dice.choice(near)
                told.add(account)
                kind = dice.choice(KINDS)
                take_facts([{"type": kind, "data": _data(kind, account, party, address)}], at=clock())
                out.write(json.dumps({"kind": kind, "account": account, "head": head()}) + "\n")
                out.flush()
            # so that now and then nobody has the store open, and the next to come finds what a killed one left
            connection.close()
            time.sleep(dice.uniform(0, 2 * PAUSE))


def head() -> int:
    """Return the place of the last record in the evidence log, -1 if there is none."""
    from rightparty.evidence.models import Leaf

    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return -1 if last is None else last


def _data(kind: str, account: str, party: str, address: str) -> dict[str, object]:
    now = clock().isoformat()
    if kind == "payment.posted":
        return {"payment_id": f"p-{account}", "account_id": account, "paid_at": now, "amount_minor": 120_000}
    if kind == "hold.placed":
        return {"kind": "dispute", "account_id": account, "from_at": now}
    if kind == "stop.cease_communication":
        return {"party_id": party, "occurred_at": now}
    return {"event_id": f"e-{account}", "channel": "phone", "value": address, "party_id": party, "occurred_at": now}
