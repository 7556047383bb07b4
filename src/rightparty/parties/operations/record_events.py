# SPDX-License-Identifier: Apache-2.0
"""Records many things that happened at contact points, live. Serves right_party and right_time."""

from typing import Final

import polars as pl
from django.db import transaction

from rightparty.store.operations.append_rows import append_rows
from rightparty.store.queries import among, read_frame

_OPTIONAL: Final = ("party_id", "account_id", "detail")


def record_events(frame: pl.DataFrame) -> int:
    """Record each event once and return how many were new.

    Shape: event_id, channel, value, kind, occurred_at, and perhaps party_id, account_id, detail.
    """
    condition, params = among("event_id", frame["event_id"].to_list())
    with transaction.atomic():
        known = read_frame(
            f"SELECT event_id FROM parties_contactevent WHERE retired_by_id IS NULL AND {condition}",
            params,
            schema={"event_id": pl.String},
        )
        new = frame.unique("event_id", keep="first", maintain_order=True).join(known, on="event_id", how="anti")
        missing = [pl.lit("").alias(name) for name in _OPTIONAL if name not in new.columns]
        rows = new.with_columns(missing).select(
            "event_id",
            "channel",
            "value",
            "kind",
            "occurred_at",
            *(pl.col(name).fill_null("") for name in _OPTIONAL),
            load_id=pl.lit(0, pl.Int64),
            extra=pl.lit(""),
        )
        return append_rows("parties_contactevent", rows)
