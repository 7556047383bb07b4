# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the contact data, as findings with counts and masked examples. Serves right_party."""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.kernel.masking import mask_value

EXAMPLES_MOST: Final = 5
"""Examples shown per finding."""

FINDINGS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "finding": pl.String, "severity": pl.String, "count": pl.Int64, "examples": pl.List(pl.String),
    "cause": pl.String, "remedy": pl.String,
}  # fmt: skip

_PLACEHOLDER: Final = r"13800000000$|(\d)?0{8}$|1{8}$|9{8}$|123456789|^(test|noreply|no-reply|none)@"


def audit(
    points: pl.DataFrame, events: pl.DataFrame, parties: pl.DataFrame, links: pl.DataFrame, *, at: datetime
) -> pl.DataFrame:
    """List the findings, most serious first; a finding that nothing shows is left out."""
    own = points.filter(pl.col("relation") == "self")
    usable = own.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > at))
    alone = pl.col("party_id").n_unique() == 1
    shared = (
        own.select("channel", "value", "party_id").unique()
        .join(links, on="party_id", how="left")
        .group_by("value").agg(alone=alone, linked=pl.col("group_id").drop_nulls().n_unique() == 1)
        .filter(~pl.col("alone") & ~pl.col("linked"))
    )  # fmt: skip
    others = points.filter(pl.col("relation").is_in(["employer", "emergency"]))
    dead = parties.filter(pl.col("deceased_on").is_not_null())
    rows = [
        _row("value_under_unlinked_persons", "high", shared["value"], "shifted column, typing error, shared number",
             "find out whose it is; look at the load that brought it"),
        _row("placeholder_value", "high", own.filter(pl.col("value").str.contains(_PLACEHOLDER))["value"],
             "a field that had to be filled", "collect the person's own contact point"),
        _row("third_party_recorded_as_self", "high", own.join(others, on=["channel", "value"], how="semi")["value"],
             "an emergency contact or employer entered as the borrower's own", "ask the person for his own"),
        _row("contact_of_deceased", "high", own.join(dead, on="party_id", how="semi")["value"],
             "the person died", "hand over to the estate process"),
        _row("reported_wrong_party", "high",
             own.join(events.filter(pl.col("kind") == "wrong_party"), on=["channel", "value"], how="semi")["value"],
             "the number was mistyped or given to somebody else", "collect a new contact point"),
        _row("stale", "medium", usable.filter((pl.lit(at) - pl.col("collected_at")).dt.total_days() > 1096)["value"],
             "not confirmed for three years", "verify by one-time code or log-in"),
        _row("party_without_usable_contact", "medium",
             parties.join(usable, on="party_id", how="anti")["party_id"], "nothing recorded or all expired",
             "collect a contact point"),
    ]  # fmt: skip
    return pl.DataFrame([row for row in rows if row[2]], schema=FINDINGS, orient="row")


def _row(finding: str, severity: str, values: pl.Series, cause: str, remedy: str) -> tuple[object, ...]:
    found = values.unique().sort()
    shown = [mask_value(value) for value in found.head(EXAMPLES_MOST)]
    return finding, severity, len(found), shown, cause, remedy
