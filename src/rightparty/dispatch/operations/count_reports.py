# SPDX-License-Identifier: Apache-2.0
"""Count what was said at contact values against the batches that fed the messages to them (right_party).

Crash meaning: runs in the transaction that records the report, so that a stop commits with the report that causes it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl
from django.db import transaction

from rightparty.dispatch.locks import lock_batches
from rightparty.dispatch.models import BatchMessage
from rightparty.dispatch.operations.judge_batch import judge_batch
from rightparty.dispatch.queries import POINT_OF
from rightparty.dispatch.trial import Verdict
from rightparty.parties.queries import reports_at
from rightparty.store.queries import among, read_frame

_MESSAGES: Final = {
    "id": pl.String(), "batch_id": pl.Int64(), "message": pl.String(), "value": pl.String(),
    "released_at": pl.Datetime("us", "UTC"), "is_counted": pl.Boolean(),
}  # fmt: skip


def count_reports(*, values: Sequence[str], at: datetime) -> dict[int, Verdict]:
    """Count each report at some values against the last message before it, and judge the batches concerned.

    A message is reported at most once; a report after which nothing new was sent counts once, however often it comes.
    """
    if not values:
        return {}
    with transaction.atomic():
        reported = _newly_reported(_messages_to(values), reports_at(values))
        BatchMessage.objects.filter(pk__in=[UUID(key) for key in reported["id"]]).update(reported_at=at)
        batches = reported["batch_id"].unique().sort().to_list()
        lock_batches(batches)
        return {load_id: judge_batch(load_id=load_id, at=at) for load_id in batches}


def _messages_to(values: Sequence[str]) -> pl.DataFrame:
    condition, params = among("r.address", values)
    sql = (
        "SELECT m.reminder_id, m.batch_id, r.channel, r.address, m.released_at, m.reported_at IS NOT NULL"
        f" FROM dispatch_batchmessage m JOIN dispatch_reminder r ON r.id = m.reminder_id WHERE {condition}"
    )
    return read_frame(sql, params, schema=_MESSAGES).with_columns(
        channel=pl.col("message").replace_strict(POINT_OF, default=None, return_dtype=pl.String)
    )


def _newly_reported(messages: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Return the messages [id, batch_id] that a report is about and that were not reported before."""
    about = reports.with_row_index("report").join(messages, on=["channel", "value"])
    before = about.filter(pl.col("released_at") <= pl.col("occurred_at"))
    last = before.sort("released_at", "id").unique("report", keep="last")
    return last.filter(~pl.col("is_counted")).unique("id").select("id", "batch_id").sort("id")
