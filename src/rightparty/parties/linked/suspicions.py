# SPDX-License-Identifier: Apache-2.0
"""What speaks against two records being one human, and signs that one id holds two humans (serves right_party).

Nothing here decides: a contradiction keeps a pair from merging by itself and sends it to review, a suspicion asks a
person. While a suspicion is open, what it bears on is held.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.linked.persons import IDENTITY

SUSPICIONS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "left_id": pl.String,
    "right_id": pl.String,
    "channel": pl.String,
    "value": pl.String,
    "contradictions": pl.List(pl.String),
    "seen_at": pl.Datetime("us", "UTC"),
}
"""Two ids of one person, or twice one id; `channel` and `value` where the suspicion bears on one contact point only;
`seen_at` is the instant of the latest sign in events, null for what the rows themselves say."""

RECORDS: Final = ("country", "national_id_type", "national_id", "date_of_birth", "full_name")

_STRONG: Final = [EventKind.OTP_VERIFIED.value, EventKind.LOGIN.value]


def with_contradictions(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add to pairs [left_id, right_id, …] the codes of what in their records speaks against one human.

    Shape: people [party_id, country, national_id_type, national_id, date_of_birth, …] -> `contradictions`, a list.
    A pair with an unknown id keeps an empty list: there is nothing to compare.
    """
    kept = people.select("party_id", *IDENTITY)
    left = kept.rename({"party_id": "left_id"})
    right = kept.rename({name: f"{name}_right" for name in IDENTITY} | {"party_id": "right_id"})
    joined = pairs.join(left, on="left_id", how="left", maintain_order="left").join(
        right, on="right_id", how="left", maintain_order="left"
    )
    both_documents = (pl.col("national_id") != "") & (pl.col("national_id_right") != "")
    one_type = (pl.col("country") == pl.col("country_right")) & (
        pl.col("national_id_type") == pl.col("national_id_type_right")
    )
    found = joined.with_columns(
        contradictions=pl.concat_list(
            _code("birth_dates_differ", pl.col("date_of_birth") != pl.col("date_of_birth_right")),
            _code(
                "documents_differ", both_documents & one_type & (pl.col("national_id") != pl.col("national_id_right"))
            ),
        ).list.drop_nulls()
    )
    return found.select(*pairs.columns, "contradictions")


def _code(name: str, applies: pl.Expr) -> pl.Expr:
    return pl.when(applies.fill_null(value=False)).then(pl.lit(name)).otherwise(pl.lit(None, dtype=pl.String))


def suspicions_in_persons(people: pl.DataFrame) -> pl.DataFrame:
    """Find persons whose ids contradict each other: SUSPICIONS, the person's first id against each that differs.

    Shape: people [party_id, person_id, country, national_id_type, national_id, date_of_birth].
    """
    several = people.filter(pl.len().over("person_id") > 1)
    return _against_first(several, "date_of_birth", pl.col("date_of_birth").is_not_null(), "person_id").vstack(
        _against_first(several, "national_id", pl.col("national_id") != "", "person_id", "country", "national_id_type")
    )


def _against_first(people: pl.DataFrame, field: str, known: pl.Expr, *group: str) -> pl.DataFrame:
    code = "birth_dates_differ" if field == "date_of_birth" else "documents_differ"
    sided = (
        people.filter(known)
        .sort("party_id")
        .with_columns(first_id=pl.col("party_id").first().over(group), first=pl.col(field).first().over(group))
        .filter(pl.col(field) != pl.col("first"))
    )
    return sided.select(
        left_id="first_id", right_id="party_id", channel=pl.lit(""), value=pl.lit(""),
        contradictions=pl.concat_list(pl.lit(code)), seen_at=pl.lit(None, dtype=SUSPICIONS["seen_at"]),
    )  # fmt: skip


def suspicions_in_versions(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Find ids whose row now tells of another human than it did: of name, birth date and document two differ.

    One that differs is a correction. Shape: both [party_id, RECORDS…]; -> SUSPICIONS with one id twice.
    """
    name, born, document = (
        _differs("full_name", ""), _differs("date_of_birth", None), _differs("national_id", "")
    )  # fmt: skip
    codes = pl.concat_list(
        _code("names_differ", name), _code("birth_dates_differ", born), _code("documents_differ", document)
    ).list.drop_nulls()
    met = now.join(before, on="party_id", suffix="_before").with_columns(contradictions=codes)
    return met.filter(pl.col("contradictions").list.len() > 1).select(
        left_id="party_id", right_id="party_id", channel=pl.lit(""), value=pl.lit(""), contradictions="contradictions",
        seen_at=pl.lit(None, dtype=SUSPICIONS["seen_at"]),
    )  # fmt: skip


def _differs(column: str, missing: str | None) -> pl.Expr:
    now, before = pl.col(column), pl.col(f"{column}_before")
    if missing is None:
        return now != before  # nulls compare as null: no difference is known
    folded = now.str.to_lowercase() != before.str.to_lowercase()
    return folded & (now != missing) & (before != missing)


def suspicions_at_points(events: pl.DataFrame) -> pl.DataFrame:
    """Find points where an id logs in or passed a code, and yet another name was given there.

    Attribution takes a report away when the id is confirmed later; if the one who answers there has another name, the
    id itself may hold two humans. Shape: events [channel, value, party_id, kind, occurred_at] -> SUSPICIONS.
    """
    owned = events.filter(pl.col("kind").is_in(_STRONG) & (pl.col("party_id") != ""))
    users = owned.select("channel", "value", "party_id").unique()
    other_name = (
        events.filter(pl.col("kind") == EventKind.NAME_DIFFERS.value)
        .group_by("channel", "value")
        .agg(seen_at=pl.col("occurred_at").max())
    )
    met = users.join(other_name, on=["channel", "value"])
    return met.select(
        left_id="party_id", right_id="party_id", channel="channel", value="value",
        contradictions=pl.concat_list(pl.lit("names_differ")), seen_at="seen_at",
    )  # fmt: skip
