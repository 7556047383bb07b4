# SPDX-License-Identifier: Apache-2.0
"""Two judgements of the same days side by side: what each would have proposed, and withheld why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from rightparty.kernel.reasons import REASONS
from rightparty.planning.strategy import Strategy
from rightparty.policy.pack import LawPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """What a plan is made by."""

    packs: LawPacks
    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one plan would have said at one instant, by the rules in use and by the draft."""

    at: datetime
    #: columns TALLY
    present: pl.DataFrame
    draft: pl.DataFrame


TALLY = {"arm": pl.String(), "step": pl.String(), "reasons_mask": pl.Int64(), "reminders": pl.UInt32()}
"""Candidate reminders by what was said of them; 0: proposed."""


def tally(judged: pl.DataFrame) -> pl.DataFrame:
    """Count candidates. Shape: judged [arm, step, reasons_mask, …] -> TALLY."""
    return judged.group_by("arm", "step", "reasons_mask").agg(reminders=pl.len()).select(
        pl.col(name).cast(kind) for name, kind in TALLY.items()
    )  # fmt: skip


def by_reason(days: Sequence[Day]) -> pl.DataFrame:
    """Return [reason, present, draft, difference]: candidates over all days, the proposed and each reason's withheld.

    A candidate that is withheld for several reasons counts for each.
    """
    sides = [_of_all_days(days, side) for side in ("present", "draft")]
    counts = [[_count(side, pl.lit(value=True)), _count(side, pl.col("reasons_mask") == 0)] for side in sides]
    for side, own in zip(sides, counts, strict=True):
        own += [_count(side, (pl.col("reasons_mask") & reason.mask) != 0) for reason in REASONS]
    names = ["considered", "proposed", *(reason.code for reason in REASONS)]
    table = pl.DataFrame(
        {"reason": names, "present": counts[0], "draft": counts[1]},
        schema={"reason": pl.String, "present": pl.Int64, "draft": pl.Int64},
    )
    seen = pl.col("reason").is_in(names[:2]) | (pl.col("present") > 0) | (pl.col("draft") > 0)
    return table.filter(seen).with_columns(difference=pl.col("draft") - pl.col("present"))


def by_step(days: Sequence[Day]) -> pl.DataFrame:
    """Return [arm, step, present, draft]: reminders proposed over all days."""
    key = ["arm", "step"]
    present, draft = (
        _of_all_days(days, side).filter(pl.col("reasons_mask") == 0).group_by(key).agg(pl.col("reminders").sum())
        for side in ("present", "draft")
    )
    return (
        present.rename({"reminders": "present"})
        .join(draft.rename({"reminders": "draft"}), on=key, how="full", coalesce=True)
        .with_columns(pl.col("present", "draft").fill_null(0).cast(pl.Int64))
        .sort(key)
    )


def by_day(days: Sequence[Day]) -> pl.DataFrame:
    """Return [day, present, draft]: reminders proposed on each day."""
    proposed = pl.col("reasons_mask") == 0
    rows = [(day.at.date(), _count(day.present, proposed), _count(day.draft, proposed)) for day in days]
    return pl.DataFrame(rows, schema={"day": pl.Date, "present": pl.Int64, "draft": pl.Int64}, orient="row")


def _of_all_days(days: Sequence[Day], side: str) -> pl.DataFrame:
    told = [day.present if side == "present" else day.draft for day in days]
    return pl.concat([pl.DataFrame(schema=TALLY), *told])


def _count(told: pl.DataFrame, where: pl.Expr) -> int:
    return int(told.filter(where)["reminders"].sum())
