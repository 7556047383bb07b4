# SPDX-License-Identifier: Apache-2.0
"""Reads the inbox of facts that came by plain SQL: what waits, and whom it is about (right_debt, right_time)."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from django.db import DatabaseError, connection
from django.db.models import TextField
from django.db.models.functions import Cast

from rightparty.lending.inbox.waiting import WaitingFact
from rightparty.lending.models import InboundFact
from rightparty.parties.queries import ids_of_same_persons
from rightparty.store.queries import among, read_frame

RETRY_AFTER: Final = timedelta(seconds=30)
"""How long a fact that could not take effect rests before it is tried again."""

_WAITING: Final = "applied_at IS NULL AND fault = ''"
_NAMES: Final = {"account_id": pl.String(), "party_id": pl.String(), "value": pl.String()}
_INSTANT: Final = pl.Datetime("us", "UTC")
FAULTS: Final = {
    "source": pl.String(), "position": pl.Int64(), "type": pl.String(), "received_at": _INSTANT,
    "field": pl.String(), "fault": pl.String(),
}  # fmt: skip
"""Columns of `faulty_facts`."""


def rows_with_waiting_facts(rows: pl.DataFrame, *, party_ids: Sequence[str]) -> pl.Series:
    """Return the ids of those reminders about whose account, person or address a fact waits in the inbox.

    To be asked under the locks of a release. `party_ids`: all ids of all persons concerned.
    Shape: rows [id, account_id, party_id, address].
    """
    if not is_anything_waiting():
        return rows["id"].clear()
    accounts, of_accounts = among("account_id", rows["account_id"].unique().to_list())
    parties, of_parties = among("party_id", party_ids)
    values, of_values = among("value", rows["address"].unique().to_list())
    facts = read_frame(
        f"SELECT account_id, party_id, value FROM lending_inboundfact WHERE {_WAITING}"
        f" AND ({accounts} OR {parties} OR {values})",
        [*of_accounts, *of_parties, *of_values],
        schema=_NAMES,
    )
    if facts.is_empty():
        return rows["id"].clear()
    persons = ids_of_same_persons(party_ids=facts["party_id"].drop_nulls().unique().to_list())["party_id"]
    concerned = (
        pl.col("account_id").is_in(facts["account_id"].drop_nulls().implode())
        | pl.col("party_id").is_in(persons.implode())
        | pl.col("address").is_in(facts["value"].drop_nulls().implode())
    )
    return rows.filter(concerned)["id"]


def is_anything_waiting() -> bool:
    """Tell whether any fact waits that nobody has looked at; costs one look at an index that is empty mostly."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM lending_inboundfact WHERE {_WAITING} LIMIT 1")
        return cursor.fetchone() is not None


def is_anything_to_apply(*, at: datetime) -> bool:
    """Tell whether a fact waits, or one with a fault has rested long enough."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM lending_inboundfact WHERE applied_at IS NULL AND (fault = '' OR looked_at <= %s) LIMIT 1",
            [connection.ops.adapt_datetimefield_value(at - RETRY_AFTER)],
        )
        return cursor.fetchone() is not None


def facts_to_apply(*, at: datetime, most: int) -> list[WaitingFact]:
    """Return facts that wait, each source's in the order of its positions; of those with a fault, the rested ones."""
    # the payload as text, for Python may not be able to read it; the columns that the store makes of it may be no text
    waiting = (
        InboundFact.objects.filter(applied_at__isnull=True)
        .defer("payload", "account_id", "party_id", "value")
        .annotate(written=Cast("payload", TextField()))
    )
    new = waiting.filter(fault="").order_by("source", "position")
    rested = waiting.filter(looked_at__lte=at - RETRY_AFTER).exclude(fault="")
    found = list(new[:most])
    found += rested.order_by("looked_at", "id")[: most - len(found)]
    return [
        WaitingFact(
            id=row.pk, type=row.type, payload=(payload := _payload(row.written)), received_at=row.received_at,
            is_faulty=row.looked_at is not None, account_id=_named(payload, row, "account_id"),
            party_id=_named(payload, row, "party_id"),
        )
        for row in sorted(found, key=lambda row: (row.source, row.position))
    ]  # fmt: skip


def _payload(written: str) -> object:
    """Return what was written, or None where it is too long or too deep for Python."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None


def _named(payload: object, row: InboundFact, name: str) -> str | None:
    """Return whom a payload names, a number as its digits; of one that Python cannot read, whom the store found."""
    named = payload.get(name) if isinstance(payload, dict) else None
    if payload is None:
        try:
            named = getattr(row, name)
        except DatabaseError:
            return None
    return str(named).strip() if isinstance(named, str | int) else None


def faulty_facts() -> pl.DataFrame:
    """Return the facts that could not take effect, oldest first: FAULTS. Accounts and persons they name are on hold."""
    return read_frame(
        "SELECT source, position, type, received_at, fault_field, fault FROM lending_inboundfact"
        " WHERE applied_at IS NULL AND fault <> '' ORDER BY id",
        schema=FAULTS,
    )
