# SPDX-License-Identifier: Apache-2.0
"""Ways in which a reminder goes astray, laid into the recorded points with their label in the truth.

Each function takes the points (whose first rows are the people's application phones, in the order of the people) and
the rows it is to spoil, and returns the points afterwards.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.simulation.numbers import mistyped
from rightparty.simulation.points import INSTANT
from rightparty.simulation.rates import Rates

Rows = NDArray[np.int64]
Text = NDArray[np.object_]

NEVER: Final = {"reaches_from": pl.lit(None, INSTANT), "reaches_to": pl.lit(None, INSTANT)}
ONE_PER_PERSON: Final = ("mistyped", "merged_namesake", "employer_as_own", "emergency_as_own", "family_shared")
REFRESHED: Final = 700
"""People in the later delivery of contact data."""
SHIFTED: Final = (200, 600)
"""Rows of it whose value slipped down by one."""


def draw_rows(dice: np.random.Generator, count: int, rates: Rates) -> dict[str, Rows]:
    """Return disjoint rows of people for each mishap that befalls a person's application phone."""
    order = dice.permutation(count)
    drawn, start = {}, 0
    for mishap in ONE_PER_PERSON:
        size = max(round(count * rates["share"][mishap]), 2)
        drawn[mishap] = np.sort(order[start : start + size])
        start += size
    return drawn


def mistype(dice: np.random.Generator, points: pl.DataFrame, rows: Rows, *, into_customer: float) -> pl.DataFrame:
    """Change one digit at the application: the number is a stranger's, for a share another customer's."""
    values = np.array(points["value"].to_list(), dtype=object)
    wrong = mistyped(dice, values[rows])
    customer = dice.random(len(rows)) < into_customer
    phones = np.flatnonzero((points["channel"] == "phone").to_numpy() & (points["relation"] == "self").to_numpy())
    wrong[customer] = values[dice.choice(np.setdiff1d(phones, rows), customer.sum(), replace=False)]
    labels = np.where(customer, "mistyped_into_customer", "mistyped")
    return overwrite(points, rows, values=wrong, mishaps=labels.tolist())


def overwrite(points: pl.DataFrame, rows: Rows, *, values: Text, mishaps: Sequence[str]) -> pl.DataFrame:
    """Put values that never reached the person into `rows`."""
    changes = pl.DataFrame(
        {"row": rows.astype(np.uint32), "new_value": values.tolist(), "new_mishap": [str(m) for m in mishaps]},
        schema_overrides={"row": pl.get_index_type(), "new_value": pl.String, "new_mishap": pl.String},
    )
    changed = pl.col("new_value").is_not_null()
    return (
        points.with_row_index("row")
        .join(changes, on="row", how="left", maintain_order="left")
        .with_columns(
            value=pl.coalesce("new_value", "value"),
            mishap=pl.coalesce("new_mishap", "mishap"),
            **{name: pl.when(changed).then(never).otherwise(pl.col(name)) for name, never in NEVER.items()},
        )
        .drop("row", "new_value", "new_mishap")
    )


def enter_as_own(
    dice: np.random.Generator,
    points: pl.DataFrame,
    people: pl.DataFrame,
    rows: Rows,
    *,
    relations: Sequence[str],
    mishap: str,
) -> pl.DataFrame:
    """Enter another's number (`relations`) as the borrower's own; for half of them it is also recorded rightly."""
    others = points.filter(pl.col("relation").is_in(relations))
    party_ids = np.array(people["party_id"].to_list(), dtype=object)[rows]
    theirs = dict(others.select("party_id", "value").iter_rows())
    pool = np.array(others["value"].to_list(), dtype=object)
    values = np.array([theirs.get(party) for party in party_ids], dtype=object)
    missing = np.flatnonzero(values == None)  # noqa: E711  element-wise
    values[missing] = pool[dice.integers(0, len(pool), len(missing))]
    dropped = party_ids[dice.random(len(rows)) < 0.5]
    spoiled = overwrite(points, rows, values=values, mishaps=[mishap] * len(rows)).with_columns(
        # the application form is where the fields stand side by side; the right record came from the branch
        source=pl.when(pl.col("mishap") == mishap).then(pl.lit("application")).otherwise("source")
    )
    wrongly_alone = pl.col("party_id").is_in(dropped.tolist()) & pl.col("relation").is_in(relations)
    return spoiled.filter(~wrongly_alone)


def merge_namesakes(
    dice: np.random.Generator, points: pl.DataFrame, people: pl.DataFrame, rows: Rows, *, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two customers of one name become one record: the other's phone and mail arrive under the first, as the newest.

    Returns (points, people): the other customer is given the first one's name and keeps his own record.
    """
    namesakes = dice.choice(np.setdiff1d(np.arange(people.height), rows), len(rows), replace=False)
    ids = people["party_id"]
    pairs = pl.DataFrame({"party_id": ids.gather(namesakes), "merged_into": ids.gather(rows)})
    taken = people.select(merged_into="party_id", new_name="full_name", new_latin="latin_name")
    named = (
        people.join(pairs, on="party_id", how="left", maintain_order="left")
        .join(taken, on="merged_into", how="left", maintain_order="left")
        .with_columns(
            full_name=pl.coalesce("new_name", "full_name"),
            latin_name=pl.coalesce("new_latin", "latin_name"),
        )
        .select(people.columns)
    )
    days = pl.lit(pl.Series(dice.integers(20, 300, len(rows))))
    merged_at = pl.lit(as_of).cast(INSTANT) - pl.duration(days=days)
    pairs = pairs.with_columns(merged_at=merged_at)
    carried = (
        points.filter((pl.col("relation") == "self") & pl.col("channel").is_in(["phone", "email"]))
        .join(pairs, on="party_id", how="inner", maintain_order="left")
        .with_columns(
            party_id="merged_into", collected_at="merged_at", source=pl.lit("branch"), mishap=pl.lit("merged_namesake"),
            **NEVER,
        )
        .select(points.columns)
    )  # fmt: skip
    return pl.concat([points, carried]), named


def pair_spouses(people: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Return pairs [spouse_id, party_id] of `rows`, both of one country."""
    ordered = people[np.sort(rows)].select("party_id", "country").sort("country", "party_id")
    one, other = ordered.gather_every(2), ordered.gather_every(2, 1)
    size = min(one.height, other.height)
    return pl.DataFrame({"spouse_id": one["party_id"].head(size), "party_id": other["party_id"].head(size)}).filter(
        one["country"].head(size) == other["country"].head(size)
    )


def live_together(people: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Give the second of each pair the first one's home."""
    home = ("region", "postcode", "address", "home_zone", "time_zone")
    first = people.select(pl.col("party_id").alias("spouse_id"), *(pl.col(name).alias(f"{name}_") for name in home))
    second = pairs.join(first, on="spouse_id", how="left")
    return (
        people.join(second, on="party_id", how="left", maintain_order="left")
        .with_columns([pl.coalesce(f"{name}_", name).alias(name) for name in home])
        .select(people.columns)
    )


def share_in_family(points: pl.DataFrame, pairs: pl.DataFrame, *, people_count: int) -> pl.DataFrame:
    """Let both of each pair give one phone, the first one's: it reaches both as long as it reaches one."""
    lives = ("value", "reaches_from", "reaches_to", "quarantine_days", "mishap")
    first = points.head(people_count).select(
        pl.col("party_id").alias("spouse_id"), *(pl.col(name).alias(f"{name}_") for name in lives)
    )
    second = pairs.join(first, on="spouse_id", how="left")
    back = pairs.select(party_id="spouse_id", other="party_id")
    application = pl.col("row") < people_count
    changed = application & pl.col("spouse_id").is_not_null()
    return (
        points.with_row_index("row")
        .join(second, on="party_id", how="left", maintain_order="left")
        .join(back, on="party_id", how="left", maintain_order="left")
        .with_columns([pl.when(changed).then(f"{name}_").otherwise(name).alias(name) for name in lives])
        .with_columns(
            shared_with=pl.when(application)
            .then(pl.coalesce("spouse_id", "other", pl.lit("")))
            .otherwise("shared_with")
        )
        .with_columns(
            mishap=pl.when((pl.col("shared_with") != "") & (pl.col("mishap") == ""))
            .then(pl.lit("family_shared"))
            .otherwise("mishap")
        )
        .select(points.columns)
    )


def move_in(dice: np.random.Generator, points: pl.DataFrame, people: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Let a tenth of the re-assigned numbers arrive as another customer's own: the value under an unlinked person."""
    gone = points.filter((pl.col("mishap") == "re_assigned") & (pl.col("channel") == "phone"))
    gone = gone.filter(pl.Series(dice.random(gone.height) < 0.1))
    newcomers = people["party_id"].gather(dice.choice(people.height, gone.height, replace=False))
    back = pl.col("reaches_to") + pl.duration(days=pl.col("quarantine_days"))
    arrived = back + (pl.lit(as_of).cast(INSTANT) - back) * pl.Series(dice.uniform(0.2, 0.9, gone.height))
    moved = gone.with_columns(
        party_id=newcomers, reaches_from=back, collected_at=arrived.dt.truncate("1s"), source=pl.lit("portal"),
        reaches_to=pl.lit(None, INSTANT), shared_with=pl.lit(""), mishap=pl.lit(""),
    )  # fmt: skip
    return pl.concat([points, moved.filter(pl.col("party_id") != gone["party_id"])])


def shifted_refresh(
    dice: np.random.Generator, points: pl.DataFrame, people: pl.DataFrame, *, as_of: datetime
) -> pl.DataFrame:
    """Return a later delivery of phones in which a block of rows carries the value of the row above."""
    size = min(REFRESHED, people.height // 4)
    rows = np.sort(dice.choice(people.height, size, replace=False))
    current = (
        points.filter((pl.col("channel") == "phone") & (pl.col("relation") == "self"))
        .filter(pl.col("reaches_from").is_not_null() & pl.col("reaches_to").is_null())
        .filter(pl.col("source").is_in(["skip_trace", "bureau"]).not_())
        .unique("party_id", keep="last", maintain_order=True)
    )
    listed = (
        people.select("party_id").with_row_index("row").filter(pl.col("row").is_in(rows.tolist())).drop("row")
        .join(current, on="party_id", how="inner", maintain_order="left")
        .with_columns(
            collected_at=(pl.lit(as_of).cast(INSTANT) - pl.duration(days=6, hours=3)),
            source=pl.lit("bureau"),
            mishap=pl.lit(""),
        ).with_row_index("row")
    )  # fmt: skip
    first, last = (listed.height * edge // REFRESHED for edge in SHIFTED)
    slipped = pl.col("row").is_between(first, last, closed="left")
    wrong = slipped & (pl.col("value") != pl.col("value").shift(1))
    return listed.with_columns(
        value=pl.when(wrong).then(pl.col("value").shift(1)).otherwise("value"),
        mishap=pl.when(wrong).then(pl.lit("shifted_column")).otherwise("mishap"),
        **{name: pl.when(wrong).then(never).otherwise(pl.col(name)) for name, never in NEVER.items()},
    ).select(points.columns)
