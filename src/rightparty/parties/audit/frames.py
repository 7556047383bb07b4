# SPDX-License-Identifier: Apache-2.0
"""The frames an audit looks at, brought to one shape: missing columns added, nulls told apart from texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

INSTANT: Final = pl.Datetime("us", "UTC")

POINTS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String, "channel": pl.String, "value": pl.String, "value_as_given": pl.String, "source": pl.String,
    "relation": pl.String, "collected_at": INSTANT, "valid_to": INSTANT, "load_id": pl.Int64, "file": pl.String,
    "line": pl.Int64,
}  # fmt: skip
EVENTS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "channel": pl.String, "value": pl.String, "party_id": pl.String, "kind": pl.String, "occurred_at": INSTANT,
    "detail": pl.String, "load_id": pl.Int64, "file": pl.String, "line": pl.Int64,
}  # fmt: skip
PARTIES: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String, "country": pl.String, "full_name": pl.String, "latin_name": pl.String,
    "national_id": pl.String, "national_id_type": pl.String, "date_of_birth": pl.Date, "sex": pl.String,
    "deceased_on": pl.Date, "load_id": pl.Int64, "file": pl.String, "line": pl.Int64,
}  # fmt: skip
LINKS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {"party_id": pl.String, "group_id": pl.String}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit looks at."""

    #: POINTS
    points: pl.DataFrame
    #: EVENTS
    events: pl.DataFrame
    #: PARTIES: one row per party as it stands
    parties: pl.DataFrame
    #: LINKS: parties that share a group have to do with one another
    links: pl.DataFrame
    #: PARTIES: every version of a party that is or was on file, or `parties` itself
    versions: pl.DataFrame

    @property
    def own(self) -> pl.DataFrame:
        """The points recorded as the party's own."""
        return self.points.filter(pl.col("relation").is_in(["self", ""]))


def audited(
    points: pl.DataFrame,
    events: pl.DataFrame,
    parties: pl.DataFrame,
    links: pl.DataFrame,
    *,
    versions: pl.DataFrame | None = None,
) -> Audited:
    """Bring frames to the audit's shape; a column that is missing is empty."""
    people = _shaped(parties, PARTIES)
    return Audited(
        points=_shaped(points, POINTS),
        events=_shaped(events, EVENTS),
        parties=_one_each(people),
        links=_shaped(links, LINKS).unique(),
        versions=people if versions is None else _shaped(versions, PARTIES),
    )


def sex_in_extra(extra: pl.Expr) -> pl.Expr:
    """Return the sex that stands in a party's columns beyond the contract, as the file wrote it; null if none does."""
    named = pl.when(extra.str.contains(r'"(?:sex|gender)"'))
    return named.then(pl.coalesce(extra.str.json_path_match("$.sex"), extra.str.json_path_match("$.gender")))


def kin_of(links: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs [party_id, other_id] that share a group, both ways round."""
    groups = links.filter(pl.len().over("group_id") > 1)
    return (
        groups.join(groups.rename({"party_id": "other_id"}), on="group_id")
        .filter(pl.col("party_id") != pl.col("other_id"))
        .select("party_id", "other_id")
        .unique()
    )


def _one_each(people: pl.DataFrame) -> pl.DataFrame:
    """Return one row per party; of several the first by its content, whatever their order."""
    doubled = pl.col("party_id").is_duplicated()
    several = people.filter(doubled)
    if several.is_empty():
        return people
    first = several.sort(pl.all(), nulls_last=True).unique("party_id", keep="first", maintain_order=True)
    return pl.concat([people.filter(~doubled), first])


def _shaped(frame: pl.DataFrame, shape: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    if not frame.width:
        return pl.DataFrame(schema=dict(shape))
    return frame.with_columns(_column(frame, name, kind) for name, kind in shape.items()).select(list(shape))


def _column(frame: pl.DataFrame, name: str, kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit("" if kind == pl.String and name != "file" else None, kind).alias(name)
    column = pl.col(name).cast(kind)
    return column.fill_null("") if kind == pl.String and name != "file" else column
