# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the contact data, as findings with counts and masked examples. Serves right_party."""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.kernel.masking import mask_value

EXAMPLES_MOST: Final = 5
"""Examples shown per finding."""

SHIFT_LEAST: Final = 20
"""So many values of one load that stood under other, unlinked persons are no accident: a column has moved."""

CROWD_LEAST: Final = 5
"""So many unlinked persons at one value: a switchboard, an agent's own number, a placeholder."""

STALE_DAYS: Final = 1096
"""Three years without any word: longer than most numbers stay with one person."""

FINDINGS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "finding": pl.String, "severity": pl.String, "count": pl.Int64, "examples": pl.List(pl.String),
    "cause": pl.String, "remedy": pl.String,
}  # fmt: skip

type Row = tuple[str, str, int, list[str], str, str]

_PLACEHOLDER: Final = r"13800000000$|(\d)?0{8}$|1{8}$|9{8}$|123456789|^(test|noreply|no-reply|none)@"


def audit(
    points: pl.DataFrame, events: pl.DataFrame, parties: pl.DataFrame, links: pl.DataFrame, *, at: datetime
) -> pl.DataFrame:
    """List the findings, most serious first; a finding that nothing shows is left out.

    Shape: points [party_id, channel, value, relation, collected_at, valid_to, load_id, …], events [channel, value,
    kind, …], parties [party_id, country, full_name, national_id, date_of_birth, deceased_on], links [party_id,
    group_id] -> FINDINGS.
    """
    own = points.filter(pl.col("relation") == "self")
    usable = own.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > at))
    rows = [*_shared_values(own, links), *_values(points, own, events, parties, at=at), *_people(parties, usable)]
    return pl.DataFrame([row for row in rows if row[2]], schema=FINDINGS, orient="row").sort(
        pl.col("severity").replace_strict({"high": 0, "medium": 1}, return_dtype=pl.Int8), maintain_order=True
    )


def _shared_values(own: pl.DataFrame, links: pl.DataFrame) -> list[Row]:
    """Find values that stand under persons who have nothing to do with one another."""
    holders = own.select("channel", "value", "party_id", "load_id").unique(["channel", "value", "party_id"])
    counted = holders.with_columns(persons=pl.len().over("channel", "value"))
    crowds = _unlinked_crowds(counted.filter(pl.col("persons") >= CROWD_LEAST), links)
    few = counted.filter(pl.col("persons").is_between(2, CROWD_LEAST - 1))
    pairs = few.join(few, on=["channel", "value"], suffix="_other").filter(
        pl.col("party_id") != pl.col("party_id_other")
    )
    kin = (
        links.join(links, on="group_id", suffix="_other")
        .select("party_id", "party_id_other")
        .unique()
        .filter(pl.col("party_id") != pl.col("party_id_other"))
    )
    strangers = pairs.join(kin, on=["party_id", "party_id_other"], how="anti")
    moved = strangers.filter(pl.col("load_id") > pl.col("load_id_other")).unique(["channel", "value", "party_id"])
    loads = moved.group_by("load_id").len().filter(pl.col("len") >= SHIFT_LEAST).sort("load_id")
    return [
        _counted("column_moved_in_a_load", "high", int(loads["len"].sum()),
                 [f"load {load}: {count} values" for load, count in loads.rows()],
                 "a contact column shifted or sorted apart from its rows",
                 "revert the load, correct the file, load again"),
        _row("value_under_unlinked_persons", "high", strangers["value"], "typing error, shared or re-assigned number",
             "find out whose it is; look at the load that brought it"),
        _row("value_under_many_persons", "high", crowds["value"], "a switchboard, an agent's own number, a filler",
             "collect each person's own contact point"),
    ]  # fmt: skip


def _unlinked_crowds(holders: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Keep the values whose holders do not all share one group: a family of five is no switchboard."""
    shared = (
        holders.join(links.unique(), on="party_id")
        .group_by("channel", "value", "group_id")
        .agg(members=pl.col("party_id").n_unique(), persons=pl.col("persons").first())
        .filter(pl.col("members") == pl.col("persons"))
    )
    return holders.join(shared, on=["channel", "value"], how="anti")


def _values(
    points: pl.DataFrame, own: pl.DataFrame, events: pl.DataFrame, parties: pl.DataFrame, *, at: datetime
) -> list[Row]:
    """Find values that are wrong in themselves or by what is known of them."""
    third = points.filter(pl.col("relation").is_in(["employer", "emergency"]))
    dead = parties.filter(pl.col("deceased_on").is_not_null())
    reported = events.filter(pl.col("kind") == "wrong_party")
    age = (pl.lit(at) - pl.col("collected_at")).dt.total_days()
    return [
        _row("placeholder_value", "high", own.filter(pl.col("value").str.contains(_PLACEHOLDER))["value"],
             "a field that had to be filled", "collect the person's own contact point"),
        _row("third_party_recorded_as_self", "high", own.join(third, on=["channel", "value"], how="semi")["value"],
             "an emergency contact or employer entered as the borrower's own", "ask the person for his own"),
        _row("contact_of_deceased", "high", own.join(dead, on="party_id", how="semi")["value"],
             "the person died", "hand over to the estate process"),
        _row("reported_wrong_party", "high", own.join(reported, on=["channel", "value"], how="semi")["value"],
             "the number was mistyped or given to somebody else", "collect a new contact point"),
        _row("stale", "medium", own.filter(age > STALE_DAYS)["value"],
             "not confirmed for three years", "verify by one-time code or log-in"),
    ]  # fmt: skip


def _people(parties: pl.DataFrame, usable: pl.DataFrame) -> list[Row]:
    """Find persons who are recorded twice, wrongly, or out of reach."""
    by_id = parties.filter(pl.col("national_id") != "").filter(pl.len().over("country", "national_id") > 1)
    by_name = parties.filter(pl.col("date_of_birth").is_not_null()).filter(
        pl.len().over("full_name", "date_of_birth") > 1
    )
    return [
        _row("same_national_id", "high", by_id["party_id"], "one human under two ids, or a mistyped id",
             "compare the papers; link or correct"),
        _row("same_name_and_birth_date", "medium", by_name["party_id"], "one human under two ids, or namesakes",
             "compare the papers; never merge by name alone"),
        _row("national_id_check_digit", "medium", parties.filter(_fails_check_digit())["party_id"],
             "a mistyped resident id", "correct it from the papers"),
        _row("party_without_usable_contact", "medium", parties.join(usable, on="party_id", how="anti")["party_id"],
             "nothing recorded or all expired", "collect a contact point"),
    ]  # fmt: skip


def _fails_check_digit() -> pl.Expr:
    """Tell where a Chinese resident id does not fit its check digit. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    number = pl.col("national_id").str.to_uppercase()
    is_resident_id = (pl.col("country") == "CN") & number.str.contains(r"^\d{17}[\dX]$")
    weighted = pl.sum_horizontal(
        number.str.slice(place, 1).cast(pl.Int64, strict=False) * pow(2, 17 - place, 11) for place in range(17)
    )
    check = ((12 - weighted % 11) % 11).cast(pl.String).replace("10", "X")
    return is_resident_id & (check != number.str.tail(1))


def _row(finding: str, severity: str, values: pl.Series, cause: str, remedy: str) -> Row:
    found = values.unique().sort()
    return _counted(
        finding, severity, len(found), [mask_value(value) for value in found.head(EXAMPLES_MOST)], cause, remedy
    )


def _counted(finding: str, severity: str, count: int, examples: list[str], cause: str, remedy: str) -> Row:
    return finding, severity, count, examples, cause, remedy
