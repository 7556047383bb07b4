# SPDX-License-Identifier: Apache-2.0
"""What a lender with a linkage score and nothing else would do: a Splink model, the score sent by.

A record is what the file says of a person at a value; its counterpart is what was seen at that value: who used it last
(log-in, code, reply), who recorded it last, how the last message ended, whether anybody said "not me", and how many
years ago the last sign was. Splink compares the two and learns without labels as its tutorial says (chances of
agreement by accident from random pairs, of agreement of the same person by EM among records of one value); its match
weight is the score. Nothing in it knows that a number can be given up: a linkage score says that records belong
together, not when. All it is given is lawful, and the recency is more than most linkage models use.
"""

import logging
from datetime import datetime
from typing import Final

import polars as pl

KEYS: Final = ["party_id", "channel", "value"]
SEED: Final = 1
_SIGNS: Final = ("login", "otp_verified", "replied")
_RECEIPTS: Final = {"delivered": "ok", "undelivered": "failed"}
_DENIALS: Final = ("wrong_party", "name_differs")
_YEAR: Final = 365.25 * 86_400


def linkage_score(points: pl.DataFrame, events: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Return [party_id, channel, value, score], the highest match weight lowest."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink.comparison_library import ExactMatch

    file, seen = _records(points, events, at=at)
    api = DuckDBAPI()
    tables = [api.register(frame.to_arrow()) for frame in (file, seen)]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="unique_id",
        comparisons=[ExactMatch(name) for name in ("used_by", "recorded_by", "receipt", "denial", "years")],
        blocking_rules_to_generate_predictions=[block_on("key")],
    )
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("key", "used_by")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED, min_count_per_level=None)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("key"), record_sample_proportion=1.0)
    scored = linker.inference.predict(num_chunks_left=1, num_chunks_right=1).as_duckdbpyrelation().pl()
    weight = scored.select(key="unique_id_l", weight="match_weight")
    named = file.select("unique_id", *KEYS)
    return named.join(weight, left_on="unique_id", right_on="key", how="left").select(
        *KEYS, score=-pl.col("weight").fill_null(-1e3)
    )


def _records(points: pl.DataFrame, events: pl.DataFrame, *, at: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the file says and what was seen, one row of each per point."""
    value = ["channel", "value"]
    named = events.filter(pl.col("party_id") != "").sort("occurred_at")
    used = named.filter(pl.col("kind").is_in(_SIGNS)).group_by(value).agg(used_by=pl.col("party_id").last())
    recorded = points.sort("collected_at").group_by(value).agg(recorded_by=pl.col("party_id").last())
    receipts = (
        events.filter(pl.col("kind").is_in(list(_RECEIPTS)))
        .sort("occurred_at")
        .group_by(value)
        .agg(receipt=pl.col("kind").last().replace(_RECEIPTS))
    )
    denied = events.filter(pl.col("kind").is_in(_DENIALS)).select(value).unique().with_columns(denial=pl.lit("said"))
    last = named.filter(pl.col("kind").is_in(_SIGNS)).group_by(value).agg(last=pl.col("occurred_at").max())
    key = pl.format("{}|{}|{}", *KEYS)
    whole = points.select(KEYS).unique(maintain_order=True).with_columns(unique_id=key, key=key)
    seen = whole
    for frame in (used, recorded, receipts, denied, last):
        seen = seen.join(frame, on=value, how="left")
    years = ((pl.lit(at) - pl.col("last")).dt.total_seconds() / _YEAR).floor().cast(pl.Int64)
    file = whole.with_columns(
        used_by="party_id", recorded_by="party_id", receipt=pl.lit("ok"), denial=pl.lit("none"),
        years=pl.lit(0, pl.Int64), source_dataset=pl.lit("file"),
    )  # fmt: skip
    return file, seen.with_columns(pl.col("denial").fill_null("none"), years=years, source_dataset=pl.lit("seen")).drop(
        "last"
    )
