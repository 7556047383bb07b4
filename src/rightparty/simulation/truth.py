# SPDX-License-Identifier: Apache-2.0
"""What is really so in a sample lender, and who therefore received what was sent.

Nothing in the way of a reminder may read this module: only the closing summary of the demonstration and the
benchmarks import it (guarded by a test).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

TRUTH_FILE: Final = "truth.parquet"
ACCOUNTS_FILE: Final = "accounts.parquet"
PEOPLE_FILE: Final = "people.parquet"
RECEIVERS: Final = ("person", "household", "nobody", "stranger")
POINT_OF: Final = {"sms": "phone", "call": "phone"}
"""Message channels whose contact point has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth of one sample lender."""

    #: party_id, channel, value, reaches_from, reaches_to, shared_with, mishap, quarantine_days, collected_at, relation
    points: pl.DataFrame
    #: account_id, party_id (debtor), booked_due_minor, booked_days_past_due, really_due_minor, mishap
    accounts: pl.DataFrame
    #: party_id, mishap (deceased, moved_zone or empty)
    people: pl.DataFrame


def read_truth(directory: Path) -> Truth:
    """Return the truth that was written beside, never inside, a delivery."""
    return Truth(
        points=pl.read_parquet(directory / TRUTH_FILE),
        accounts=pl.read_parquet(directory / ACCOUNTS_FILE),
        people=pl.read_parquet(directory / PEOPLE_FILE),
    )


def received_by(releases: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Return `releases` [party_id, account_id, channel, value or address, released_at] with who received each.

    Adds `received_by` (person, household, nobody, stranger) and `owed` (whether anything was really due). A value
    that never reached the party, or is unknown for it, is a stranger's; one given up reaches nobody for its
    quarantine and a stranger afterwards.
    """
    sent = releases if "value" in releases.columns else releases.rename({"address": "value"})
    if "released_at" not in sent.columns:
        sent = sent.with_columns(released_at=pl.lit(None, pl.Datetime("us", "UTC")))
    sent = sent.with_columns(point=pl.col("channel").replace(POINT_OF), value=_folded(pl.col("value")))
    points = truth.points.select(
        "party_id", "reaches_from", "reaches_to", "shared_with", "quarantine_days",
        point="channel", value=_folded(pl.col("value")),
    ).unique(["party_id", "point", "value"], keep="first", maintain_order=True)  # fmt: skip
    owed = truth.accounts.select("account_id", owed=pl.col("really_due_minor") > 0)
    joined = sent.join(points, on=["party_id", "point", "value"], how="left", maintain_order="left").join(
        owed, on="account_id", how="left", maintain_order="left"
    )
    return joined.with_columns(received_by=_receiver(), owed=pl.col("owed").fill_null(value=False)).drop(
        "reaches_from", "reaches_to", "shared_with", "quarantine_days", "point"
    )


def _folded(value: pl.Expr) -> pl.Expr:
    """Compare values without regard to spaces and case."""
    return value.str.replace_all(r"\s+", "").str.to_lowercase()


def _receiver() -> pl.Expr:
    at = pl.col("released_at")
    given_up = pl.col("reaches_to").is_not_null() & (pl.col("reaches_to") <= at)
    back = pl.col("reaches_to") + pl.duration(days=pl.col("quarantine_days"))
    return (
        pl.when(pl.col("reaches_from").is_null() | (pl.col("reaches_from") > at))
        .then(pl.lit("stranger"))
        .when(given_up & (back <= at))
        .then(pl.lit("stranger"))
        .when(given_up)
        .then(pl.lit("nobody"))
        .when(pl.col("shared_with") != "")
        .then(pl.lit("household"))
        .otherwise(pl.lit("person"))
    )


def judge(releases: pl.DataFrame, truth: Truth) -> dict[str, object]:
    """Return one line: how many were sent, who received them, and how many were of a debt not owed."""
    seen = received_by(releases, truth)
    counts = dict(seen["received_by"].value_counts().iter_rows())
    sent = seen.height
    stranger = int(counts.get("stranger", 0))
    return {
        "sent": sent,
        **{receiver: int(counts.get(receiver, 0)) for receiver in RECEIVERS},
        "of not owed": sent - int(seen["owed"].sum()),
        "strangers per million": round(stranger * 1_000_000 / sent) if sent else 0,
    }


def send_to_everyone(truth: Truth, *, at: datetime) -> list[dict[str, object]]:
    """Return what sending to everyone past due in the books would have done at `at`, by the same truth.

    Two rules: every contact point recorded as the borrower's own, and his newest phone only.
    """
    due = truth.accounts.filter((pl.col("booked_days_past_due") > 0) & (pl.col("booked_due_minor") > 0))
    own = truth.points.filter(pl.col("relation") == "self")
    everything = due.select("account_id", "party_id").join(own, on="party_id", maintain_order="left")
    everything = everything.with_columns(released_at=pl.lit(at).cast(pl.Datetime("us", "UTC")))
    phones = everything.filter(pl.col("channel") == "phone").sort("collected_at", maintain_order=True)
    newest = phones.unique(["account_id"], keep="last", maintain_order=True)
    columns = ["account_id", "party_id", "channel", "value", "released_at"]
    return [
        {"policy": "everyone, every contact point", **judge(everything.select(columns), truth)},
        {"policy": "everyone, newest phone", **judge(newest.select(columns), truth)},
    ]
