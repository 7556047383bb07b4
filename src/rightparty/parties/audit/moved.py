# SPDX-License-Identifier: Apache-2.0
"""Contact values that passed from person to person, and where in a load they crowd. Serves right_party.

`crowded` is what screening asks of a load before it takes effect as well: one statistic for both.
"""

from datetime import timedelta
from math import log
from typing import Final

import numpy as np
import polars as pl

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited, kin_of
from rightparty.parties.audit.sharing import unlinked_holders
from rightparty.parties.audit.stretches import densest

USUAL: Final = 0.006
"""Share of values that stand under another person in a clean load; `intake/limits.toml` says where it is from."""

LEAST: Final = 30
"""`first_cluster_least` of `intake/limits.toml`: records of namesakes merged long ago may lie together."""

STILL_USED: Final = timedelta(days=30)
"""A number given up rests longer before somebody else has it: who used it so shortly before still holds it."""

SHARE: Final = 0.2
FALSE_ALARM: Final = 0.0001


def crowded(
    rows: pl.DataFrame, *, usual: float, least: int, share: float, false_alarm: float
) -> tuple[pl.DataFrame, float] | None:
    """Return the marked rows of the stretch where they crowd most, and its surprise; None where chance explains it.

    Shape: rows in the file's order with `marked` (Boolean).
    """
    at = np.flatnonzero(rows["marked"].to_numpy())
    if len(at) < least:
        return None
    begin, end, surprise = densest(at, rows.height, usual, least=least, share=share)
    if surprise < -log(false_alarm):
        return None
    return rows[begin : end + 1].filter("marked"), surprise


def moved_findings(given: Audited) -> list[Finding | None]:
    """Return the loads, or files, in which values of other, unlinked persons crowd.

    A value has moved where a row of a later load brings it to a person while an earlier load has it under another, or
    (in files not loaded yet) where somebody unlinked passed a log-in or a one-time code with it.
    """
    marked = with_moved(given)
    parts = marked.filter("marked").select("load_id", "channel").unique().sort("load_id", "channel")
    findings: list[Finding | None] = []
    for load_id, channel in parts.rows():
        part = marked.filter((pl.col("load_id") == load_id) & (pl.col("channel") == channel))
        stretch = crowded(part, usual=USUAL, least=LEAST, share=SHARE, false_alarm=FALSE_ALARM)
        if stretch:
            rows, surprise = stretch
            findings.append(
                found("contact_column_moved", rows, shown="value", total=part.height,
                      figures={"usual_share": USUAL, "surprise": round(surprise, 1)})
            )  # fmt: skip
    return findings


def with_moved(given: Audited) -> pl.DataFrame:
    """Return the own points in the order of their loads and lines, `marked` where the value was another's before."""
    own = given.own.with_columns(load_id=pl.col("load_id").fill_null(0)).with_row_index("place")
    strangers = unlinked_holders(
        own.select("channel", "value", "party_id").unique().filter(pl.len().over("channel", "value") > 1), given.links
    )
    shared = own.join(strangers, on=["channel", "value", "party_id"], how="semi")
    first = shared.group_by("channel", "value").agg(first=pl.col("load_id").min())
    later = shared.join(first, on=["channel", "value"]).filter(
        (pl.col("load_id") > pl.col("first"))
        & (pl.col("load_id").min().over("channel", "value", "party_id") > pl.col("first"))
    )
    return (
        own.with_columns(
            marked=pl.col("place").is_in(pl.concat([later["place"], _used_by_others(own, given)]).implode())
        )
        .sort("load_id", pl.col("line").fill_null(0), "place")
        .drop("place")
    )


def contradicted(rows: pl.DataFrame, uses: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose value another, unlinked person used as his own when, or after, it was collected.

    Shape: rows [party_id, channel, value, collected_at, …], uses [channel, value, party_id, last_at] (log-ins and
    confirmed codes), links [party_id, group_id] -> rows with `from_party`, one for each such user.
    """
    theirs = rows.join(uses.rename({"party_id": "from_party"}), on=["channel", "value"]).filter(
        (pl.col("from_party") != pl.col("party_id")) & (pl.col("last_at") > pl.col("collected_at") - STILL_USED)
    )
    others = theirs.join(uses, on=["channel", "value", "party_id"], how="anti").drop("last_at")
    met = pl.concat([others["party_id"], others["from_party"]]).unique()
    kin = kin_of(links.filter(pl.col("party_id").is_in(met.implode()))).rename({"other_id": "from_party"})
    return others.join(kin, on=["party_id", "from_party"], how="anti")


def _used_by_others(own: pl.DataFrame, given: Audited) -> pl.Series:
    """Return the places of rows of files whose value somebody else, and not this person, uses as his own."""
    rows = own.filter(pl.col("line").is_not_null())
    uses = (
        given.events.filter(pl.col("kind").is_in(["login", "otp_verified"]) & (pl.col("party_id") != ""))
        .group_by("channel", "value", "party_id")
        .agg(last_at=pl.col("occurred_at").max())
    )
    return contradicted(rows, uses, given.links)["place"].unique()
