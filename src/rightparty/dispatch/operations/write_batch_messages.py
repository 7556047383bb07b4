# SPDX-License-Identifier: Apache-2.0
"""Write what attribution predicts of the messages that batches feed, inside the gate's transaction (right_party)."""

from datetime import datetime

import polars as pl

from rightparty.dispatch.queries import POINT_OF, trial_rules
from rightparty.dispatch.trial import with_allowance
from rightparty.kernel.vocabulary import BatchState
from rightparty.parties.attribution.reports import with_report_chances
from rightparty.parties.queries import installed_parameters
from rightparty.store.operations.append_rows import append_rows


def write_batch_messages(released: pl.DataFrame, *, at: datetime) -> None:
    """Write one row per released message whose point a load brought.

    Shape: released [id, batch_id, batch_state, channel (of messages), address, p_person, p_nobody, p_stranger].
    """
    fed = released.filter(pl.col("batch_id").is_not_null()).select(
        "batch_id", "p_person", "p_nobody", "p_stranger", reminder_id="id", value="address",
        channel=pl.col("channel").replace_strict(POINT_OF), is_sample=pl.col("batch_state") == BatchState.ON_TRIAL,
    )  # fmt: skip
    if fed.is_empty():
        return
    chances = with_allowance(with_report_chances(fed, installed_parameters()), trial_rules())
    columns = ("reminder_id", "batch_id", "is_sample", "predicted", "allowed", "if_stranger")
    instant = pl.lit(at).cast(pl.Datetime("us", "UTC"))
    append_rows("dispatch_batchmessage", chances.select(*columns, released_at=instant))
