# SPDX-License-Identifier: Apache-2.0
"""The batch of contact data that feeds a point, and the small sample that goes out while it is on trial (right_party).

The batch of a (party, value) is the load that brought it first. A point is stopped if that load is, or if any load
that brought one of its current rows is: what a stopped load says counts for nothing.
"""

from typing import Final

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import BatchState

BATCHES: Final = {"load_id": pl.Int64(), "state": pl.String(), "room": pl.Int32()}
"""Columns of a table of batches; `room`: how many more messages its trial has room for."""

NO_BATCHES: Final = pl.DataFrame(schema=BATCHES)
"""For readers who judge nothing: with it, no point that a load brought is permitted."""

_POINT: Final = ["party_id", "channel", "value"]
_ON_TRIAL: Final = BY_CODE["right_party.batch_on_trial"].mask


def batch_of_points(loads: pl.DataFrame, batches: pl.DataFrame) -> pl.DataFrame:
    """Return the batch that feeds each point, and how it stands.

    Shape: loads [party_id, channel, value, load_id, is_current, is_confirmed], batches BATCHES -> one row per point
    [party_id, channel, value, batch_id (null: recorded live), batch_state (null: nobody knows the load), batch_room].
    A point that its person confirmed otherwise is not on trial with its batch.
    """
    known = loads.join(batches, on="load_id", how="left").filter(
        pl.col("state").is_null() | (pl.col("state") != BatchState.WITHDRAWN)
    )
    stopped = (pl.col("state") == BatchState.STOPPED).fill_null(value=False) & pl.col("is_current")
    if known.select(_POINT).is_unique().all():
        found = known.with_columns(any_stopped=stopped)
    else:
        first = known.sort(*_POINT, "load_id").group_by(_POINT, maintain_order=True)
        found = first.agg(pl.col("load_id", "state", "room", "is_confirmed").first(), any_stopped=stopped.any())
    confirmed = (pl.col("state") == BatchState.ON_TRIAL) & pl.col("is_confirmed")
    state = (
        pl.when("any_stopped")
        .then(pl.lit(BatchState.STOPPED.value))
        .when(pl.col("load_id") == 0)
        .then(pl.lit(BatchState.NONE.value))
        .when(confirmed)
        .then(pl.lit(BatchState.TRUSTED.value))
        .otherwise("state")
    )
    return found.select(
        *_POINT,
        batch_id=pl.when(pl.col("load_id") > 0).then("load_id"),
        batch_state=state,
        batch_room=pl.when(state == BatchState.ON_TRIAL).then(pl.col("room")).otherwise(0).cast(pl.Int32),
    )


def within_room(judged: pl.DataFrame) -> pl.DataFrame:
    """Withhold what a trial's sample has no room for.

    Shape: judged [batch_id, batch_state, batch_room, source, party_id, channel, address, reasons_mask, permitted, …] ->
    the same rows in the same order.
    Meaning: of a batch's permitted reminders as many go out as there is room, taken in turn from each source, within a
    source by a hash of the point, so that neither the order of the file nor the urgency chooses the sample.
    """
    if not (judged["batch_state"] == BatchState.ON_TRIAL.value).any():
        return judged
    on_trial = pl.col("permitted") & (pl.col("batch_state") == BatchState.ON_TRIAL)
    lot = pl.concat_str("party_id", "channel", "address", ignore_nulls=True).hash(seed=16)
    ranked = (
        judged.with_row_index("position")
        .with_columns(lot=lot, drawn=on_trial.cast(pl.Int32))
        .sort("lot", "position")
        .with_columns(turn=pl.col("drawn").cum_sum().over("batch_id", "source"))
        .sort("turn", "lot", "position")
        .with_columns(place=pl.col("drawn").cum_sum().over("batch_id"))
        .sort("position")
    )
    surplus = on_trial & (pl.col("place") > pl.col("batch_room"))
    return ranked.with_columns(
        reasons_mask=pl.col("reasons_mask") | pl.when(surplus).then(_ON_TRIAL).otherwise(0).cast(pl.Int64),
        permitted=pl.col("permitted") & ~surplus,
    ).drop("position", "lot", "drawn", "turn", "place")
