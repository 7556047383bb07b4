# SPDX-License-Identifier: Apache-2.0
"""National ids, the same human under two ids, and two humans under one. Serves right_party."""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited
from rightparty.parties.audit.names import folded_name
from rightparty.parties.national_ids import INVALID, with_id_findings

_NAME: Final = "full_name"
_NOT_GIVEN: Final = ("", "0", "-", "N/A", "NA", "NONE", "NULL", "UNKNOWN")


def identity_findings(given: Audited, *, at: datetime) -> list[Finding | None]:
    """Return the findings on who the parties are."""
    checked = with_id_findings(given.parties)
    total = checked.height
    with_id = checked.filter(~pl.col("national_id").str.strip_chars().str.to_uppercase().is_in(_NOT_GIVEN))
    by_id = with_id.filter(pl.len().over("country", "national_id_type", "national_id") > 1)
    named = checked.with_columns(folded=folded_name(pl.col(_NAME))).filter(
        (pl.col("folded") != "") & pl.col("date_of_birth").is_not_null()
    )
    namesakes = named.filter(pl.len().over("folded", "date_of_birth") > 1)
    twice = _sharing_a_contact(namesakes, given.own)
    alike = namesakes.join(pl.concat([twice, by_id.select("party_id")]), on="party_id", how="anti")
    usable = given.own.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > at))

    def told(code: str, rows: pl.DataFrame, shown: str) -> Finding | None:
        return found(code, rows, shown=shown, total=total)

    return [
        told("national_id_check_digit", with_id.filter(pl.col("id_check") == INVALID), "national_id"),
        told("national_id_contradicts_birth", with_id.filter(pl.col("id_born_differs")), "national_id"),
        told("national_id_contradicts_sex", with_id.filter(pl.col("id_sex_differs")), "national_id"),
        told("same_national_id", by_id, "national_id"),
        told("same_person_by_contact", checked.join(twice, on="party_id", how="semi"), _NAME),
        told("same_name_and_birth_date", alike, _NAME),
        told("two_humans_under_one_id", _two_humans(given), _NAME),
        told("party_without_usable_contact", checked.join(usable, on="party_id", how="anti"), _NAME),
    ]


def _sharing_a_contact(namesakes: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Return [party_id] of namesakes of one birth date who share a contact value as well."""
    key = ["folded", "date_of_birth", "channel", "value"]
    points = own.select("party_id", "channel", "value").unique()
    return (
        namesakes.select("party_id", "folded", "date_of_birth")
        .join(points, on="party_id")
        .filter(pl.col("party_id").n_unique().over(key) > 1)
        .select("party_id")
        .unique()
    )


def _two_humans(given: Audited) -> pl.DataFrame:
    """Return parties whose versions differ in two of name, birth date and id, or whose holders agree on another name.

    One of the three changes in every life and in every office (a marriage, a typing error); two at once do not.
    """
    versions = given.versions.filter(pl.len().over("party_id") > 1).with_columns(
        folded=folded_name(pl.col(_NAME)),
        number=pl.col("national_id").str.replace_all(r"[\s\-/]", "").str.to_uppercase(),
    )
    counted = versions.group_by("party_id").agg(
        names=pl.col("folded").filter(pl.col("folded") != "").n_unique() > 1,
        numbers=pl.col("number").filter(~pl.col("number").is_in(_NOT_GIVEN)).n_unique() > 1,
        births=pl.col("date_of_birth").drop_nulls().n_unique() > 1,
    )
    torn = counted.filter(pl.sum_horizontal(pl.col(n).cast(pl.Int8) for n in ("names", "numbers", "births")) >= 2)
    told = (
        given.events.filter((pl.col("kind") == "name_differs") & (pl.col("party_id") != ""))
        .with_columns(folded=folded_name(pl.col("detail")))
        .filter(pl.col("folded") != "")
        .group_by("party_id", "folded")
        .agg(pl.struct("channel", "value").n_unique().alias("places"))
        .filter(pl.col("places") > 1)
    )
    doubtful = pl.concat([torn.select("party_id"), told.select("party_id")]).unique()
    return given.parties.join(doubtful, on="party_id", how="semi")
