# SPDX-License-Identifier: Apache-2.0
"""How far sources of contact points agree about the same persons, and when one of them stops. Serves right_party.

Two sources agree about a person's channel if they share at least one value there. A source that has a value wrong for
reasons of its own (a person moved on) does so at a steady rate; a file joined by the wrong key does so at once.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited
from rightparty.parties.audit.stretches import log_tail

AGREEMENT: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "source": pl.String, "other": pl.String, "month": pl.Date, "compared": pl.Int64, "agreeing": pl.Int64,
}  # fmt: skip

COMPARED_LEAST: Final = 50
"""Below so many comparisons a month, or in history, nothing is said."""

EXCESS: Final = 1.5
"""So many times the usual disagreement, beyond chance, is a fall."""

SURPRISE: Final = 12.0
"""Minus the logarithm of the chance left to chance: one false alarm in 160,000 months looked at."""


def agreement_over_time(given: Audited) -> pl.DataFrame:
    """Return AGREEMENT: of the later of two sources' values each month, how many the earlier had as well."""
    compared = _compared(given.own)
    return (
        compared.group_by("source", "other", month=pl.col("collected_at").dt.truncate("1mo").cast(pl.Date))
        .agg(compared=pl.len().cast(pl.Int64), agreeing=pl.col("agrees").sum().cast(pl.Int64))
        .filter(pl.col("month").is_not_null())
        .select(pl.col(name).cast(kind) for name, kind in AGREEMENT.items())
        .sort("source", "other", "month")
    )


def agreement_findings(given: Audited) -> list[Finding | None]:
    """Return the sources whose latest month agrees with another source clearly less than the months before."""
    series = agreement_over_time(given)
    history = (
        series.with_columns(last=pl.col("month").max().over("source", "other"))
        .group_by("source", "other")
        .agg(
            month=pl.col("last").first(),
            now=pl.col("compared").filter(pl.col("month") == pl.col("last")).sum(),
            now_agreeing=pl.col("agreeing").filter(pl.col("month") == pl.col("last")).sum(),
            before=pl.col("compared").filter(pl.col("month") < pl.col("last")).sum(),
            before_agreeing=pl.col("agreeing").filter(pl.col("month") < pl.col("last")).sum(),
        )
        .filter((pl.col("now") >= COMPARED_LEAST) & (pl.col("before") >= COMPARED_LEAST))
        .sort("source", "other")
    )
    return [_fallen(row, given.own) for row in history.iter_rows(named=True)]


def _fallen(row: Mapping[str, object], own: pl.DataFrame) -> Finding | None:
    now, before = int(str(row["now"])), int(str(row["before"]))
    missed, usual = now - int(str(row["now_agreeing"])), 1 - int(str(row["before_agreeing"])) / before
    allowed = min(max(usual, 1 / before) * EXCESS, 0.95)
    if log_tail(missed, now, allowed) < SURPRISE:
        return None
    late = _compared(own.filter(pl.col("source").is_in([row["source"], row["other"]]))).filter(
        (pl.col("source") == row["source"]) & (pl.col("other") == row["other"]) & ~pl.col("agrees")
        & (pl.col("collected_at").dt.truncate("1mo").cast(pl.Date) == row["month"])
    )  # fmt: skip
    return found(
        "source_agreement_fell", late, shown="value", total=now,
        figures={"agreement_before": 1 - usual, "agreement_now": 1 - missed / now},
    )  # fmt: skip


def compared(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the rows about whose person and channel another source is known to have said something: `agrees` or not.

    Shape: rows [party_id, channel, value, source, …], known [party_id, channel, value, source].
    """
    key = ["party_id", "channel"]
    others = known.filter(pl.col("source") != "").group_by(*key, other="source").agg(values=pl.col("value").unique())
    return (
        rows.with_row_index("row")
        .join(others, on=key)
        .filter(pl.col("source") != pl.col("other"))
        .with_columns(agrees=pl.col("value").is_in(pl.col("values")))
        .group_by("row", maintain_order=True)
        .agg(pl.exclude("agrees", "values", "other").first(), pl.col("agrees").any())
        .drop("row")
    )


def _compared(own: pl.DataFrame) -> pl.DataFrame:
    """Return each row of a source beside what another source had of this person's channel before: `agrees` or not."""
    several = own.filter((pl.col("source") != "") & (pl.col("source").n_unique().over("party_id", "channel") > 1))
    known = several.group_by("party_id", "channel", other="source").agg(
        values=pl.col("value").unique(), since=pl.col("collected_at").min()
    )
    return (
        several.join(known, on=["party_id", "channel"])
        .filter((pl.col("source") != pl.col("other")) & (pl.col("since") <= pl.col("collected_at")))
        .with_columns(agrees=pl.col("value").is_in(pl.col("values")))
        .drop("values", "since")
    )
