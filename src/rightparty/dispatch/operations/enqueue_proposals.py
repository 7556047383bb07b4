# SPDX-License-Identifier: Apache-2.0
"""Put a plan's permitted proposals into the outbox; what exists already stays as it is (once).

Crash meaning: all of a plan's proposals are in the outbox or none; repeating has no further effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction

from rightparty.kernel.identifiers import time_ordered_ids
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.queries import among, read_frame

KEY: Final = ("account_id", "party_id", "step", "cycle")
TEXTS: Final = (*KEY, "person_id", "channel", "address", "template", "tone", "language")

type NewIds = Callable[[int], list[str]]


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What came of a plan's proposals."""

    added: int
    already_there: int


def enqueue_proposals(
    proposals: pl.DataFrame, *, plan_id: int, at: datetime, new_ids: NewIds | None = None
) -> Enqueued:
    """Write one planned reminder per proposal whose (account, party, step, cycle) has none in the outbox yet.

    One that was withheld or cancelled never left, so a later plan may propose it again.

    Shape: proposals [account_id, party_id, person_id, channel, address, step, cycle, template, tone, language].
    """
    distinct = proposals.select(TEXTS).unique(KEY, keep="first", maintain_order=True)
    with transaction.atomic():
        fresh = distinct.join(_present(distinct), on=KEY, how="anti")
        instant = pl.lit(at).cast(pl.Datetime("us", "UTC"))
        ids = new_ids(fresh.height) if new_ids else time_ordered_ids(fresh.height, at=at)
        rows = fresh.with_columns(
            pl.col("tone", "language").fill_null(""),
            id=pl.Series(ids, dtype=pl.String),
            plan_id=pl.lit(plan_id),
            planned_at=instant,
            state_changed_at=instant,
            state=pl.lit("planned"),
            reasons_mask=pl.lit(0),
            **{
                name: pl.lit("")
                for name in ("claimed_by", "template_version", "disclosure", "currency", "text_digest",
                             "provider_ids", "outcome")
            },
        )  # fmt: skip
        append_rows("dispatch_reminder", rows)
    return Enqueued(added=fresh.height, already_there=proposals.height - fresh.height)


def _present(proposals: pl.DataFrame) -> pl.DataFrame:
    condition, params = among("account_id", proposals["account_id"].unique().to_list())
    sql = f"SELECT {', '.join(KEY)} FROM dispatch_reminder WHERE {condition} AND state NOT IN ('withheld', 'cancelled')"
    return read_frame(sql, params, schema=dict.fromkeys(KEY, pl.String()))
