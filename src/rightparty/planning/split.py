# SPDX-License-Identifier: Apache-2.0
"""Who is treated by the champion and who by a challenger: decided by a hash of the person, alike on every machine.

The hash is the first 32 bits of SHA-256 over `salt/person`, modulo 1000: anybody can compute it anew. DuckDB computes
it for a whole column; Polars' own hash is not promised to stay the same from one version to the next.
"""

import duckdb
import polars as pl

from rightparty.planning.strategy import PER_MILLE, Strategy


def arms_of(units: pl.Series, strategy: Strategy) -> pl.DataFrame:
    """Return the arm of each unit that is divided, a person or where none is known an account.

    Shape: ids, any number of times each -> [unit, arm], one row per id.
    """
    distinct = pl.DataFrame({"unit": units.cast(pl.String).unique().drop_nulls()})
    if len(strategy.arms) == 1:
        return distinct.with_columns(arm=pl.lit(strategy.arms[0].name))
    bounds, upto = {}, 0
    for arm in strategy.arms[1:]:
        upto += arm.per_mille
        bounds[arm.name] = upto
    place = pl.col("place")
    arm_of_place = pl.lit(strategy.arms[0].name)
    for name, bound in reversed(bounds.items()):
        arm_of_place = pl.when(place < bound).then(pl.lit(name)).otherwise(arm_of_place)
    return _placed(distinct, strategy.salt).select("unit", arm=arm_of_place)


def _placed(units: pl.DataFrame, salt: str) -> pl.DataFrame:
    """Return [unit, place]: a whole number from 0 to 999, evenly spread."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.register("units", units.to_arrow())
        found = connection.execute(
            f"select unit, (('0x' || left(sha256($salt || '/' || unit), 8))::ubigint % {PER_MILLE})::usmallint as place"
            " from units",
            {"salt": salt},
        )
        return pl.DataFrame(found.fetchnumpy(), schema={"unit": pl.String, "place": pl.UInt16})
