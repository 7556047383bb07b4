# SPDX-License-Identifier: Apache-2.0
"""Finds candidate pairs and grades them on DuckDB or on Spark: the same rules, the same SQL. Serves right_party.

Splink blocks; the graded levels of `comparisons.py` become one SQL statement, which both engines and the incremental
index run. Splink's own two-class model is not used, because it takes a family for one person
(docs/explanation/linkage.md).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import duckdb
import polars as pl

from rightparty.parties.linkage.comparisons import COMPARISONS, MISSING, Comparison, Dialect, spoken

GAMMAS: Final = tuple(comparison.name for comparison in COMPARISONS)
"""One small whole number per comparison: the level's place, or -1 where a side says nothing."""

READ: Final = tuple(dict.fromkeys(column for comparison in COMPARISONS for column in comparison.columns))
"""The columns of a prepared frame that the comparisons read."""


def grade(frame: pl.DataFrame, *, pairs: pl.DataFrame | None = None, spark: Any = None) -> pl.DataFrame:
    """Compare everybody with everybody who shares a key, or the pairs given.

    Shape: what `with_keys` returns (where it has a column `side`, only people of different sides are compared); `pairs`
    [left, right] of rows -> [left, right, …GAMMAS] of rows, left < right, ordered. A Spark session moves the work.
    """
    graded = _on_duckdb(frame, pairs) if spark is None else _on_spark(frame, pairs, spark)
    first, second = pl.min_horizontal("left", "right"), pl.max_horizontal("left", "right")
    return graded.with_columns(left=first, right=second).sort("left", "right")


def grading_sql(pairs: str, left: str, right: str, dialect: Dialect) -> str:
    """Return the statement that grades the pairs of a table [join_key_l, join_key_r] of rows of two tables."""
    columns = ", ".join(f"l.{column} as {column}_l, r.{column} as {column}_r" for column in READ)
    cases = ",\n".join(_case(comparison, dialect) for comparison in COMPARISONS)
    return (
        f'select left_row as "left", right_row as "right",\n{cases}\nfrom (select b.join_key_l as left_row, '
        f"b.join_key_r as right_row, {columns} from {pairs} b join {left} l on l.row = b.join_key_l "
        f"join {right} r on r.row = b.join_key_r)"
    )


class PairGrader:
    """Grades a few pairs at a time with the grading statement planned once; planning takes longer than grading.

    From any thread: one grades at a time.
    """

    def __init__(self, people: pl.DataFrame) -> None:
        """Shape: any frame of the columns [row, …READ] that will be asked about, also an empty one."""
        self._people = _Slot(people.clear().select("row", *READ))
        self._pairs = _Slot(pl.DataFrame(schema={"join_key_l": pl.Int64, "join_key_r": pl.Int64}))
        self._lock = Lock()
        self._connection = duckdb.connect()
        self._connection.execute("set threads = 1")
        self._connection.register("people", self._people)
        self._connection.register("pairs", self._pairs)
        self._connection.execute(f"prepare grading as {grading_sql('pairs', 'people', 'people', 'duckdb')}")

    def grade(self, people: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
        """Shape: [row, …READ]; `pairs` [left, right] of rows -> [left, right, …GAMMAS], ordered."""
        with self._lock:
            self._people.frame = people.select("row", *READ)
            self._pairs.frame = pairs.select(join_key_l="left", join_key_r="right")
            found = self._connection.execute("execute grading").fetchnumpy()
        return pl.DataFrame(found).sort("left", "right")


class _Slot:
    """A table of DuckDB whose rows are exchanged without a new plan: it asks for the Arrow stream at each execution."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def _case(comparison: Comparison, dialect: Dialect) -> str:
    whens = [f"when {spoken(comparison.missing, dialect)} then {MISSING}"]
    whens += [
        f"when {spoken(level.condition, dialect)} then {place}" for place, level in enumerate(comparison.levels[:-1])
    ]
    return f"cast(case {' '.join(whens)} else {comparison.different} end as tinyint) as {comparison.name}"


def _on_duckdb(frame: pl.DataFrame, pairs: pl.DataFrame | None) -> pl.DataFrame:
    from splink import DuckDBAPI  # noqa: PLC0415 -- see _blocked

    with duckdb.connect() as connection:
        connection.register("people", frame.select("row", *READ).to_arrow())
        if pairs is None:
            table = _blocked(frame, DuckDBAPI(connection=connection), frame_as=lambda f: f.to_arrow())
        else:
            table = "pairs"
            connection.register(table, pairs.select(join_key_l="left", join_key_r="right").to_arrow())
        return pl.DataFrame(connection.sql(grading_sql(table, "people", "people", "duckdb")).to_arrow_table())


def _on_spark(frame: pl.DataFrame, pairs: pl.DataFrame | None, spark: Any) -> pl.DataFrame:
    from splink import SparkAPI  # noqa: PLC0415 -- Spark is an optional extra

    def frame_as(table: pl.DataFrame) -> Any:
        return spark.createDataFrame(table.to_arrow())

    frame_as(frame.select("row", *READ)).createOrReplaceTempView("people")
    if pairs is None:
        connect: Callable[..., Any] = SparkAPI
        api = connect(spark_session=spark, register_udfs_automatically=False, break_lineage_method="persist")
        table = _blocked(frame, api, frame_as=frame_as)
    else:
        table = "pairs"
        frame_as(pairs.select(join_key_l="left", join_key_r="right")).createOrReplaceTempView(table)
    sql = grading_sql(table, "people", "people", "spark").replace('"left"', "`left`").replace('"right"', "`right`")
    return pl.DataFrame(spark.sql(sql).toArrow())


def _blocked(frame: pl.DataFrame, api: Any, *, frame_as: Callable[[pl.DataFrame], Any]) -> str:
    """Let Splink find the pairs that share a key; returns the name of its table [join_key_l, join_key_r]."""
    # Splink takes long to import, and the index for single applications never blocks with it
    from splink import Linker, SettingsCreator  # noqa: PLC0415
    from splink.blocking_rule_library import CustomRule  # noqa: PLC0415
    from splink.comparison_library import ExactMatch  # noqa: PLC0415

    sided = "side" in frame.columns
    rule = "l.keys = r.keys" + (" and l.side <> r.side" if sided else "")
    table = api.register(frame_as(frame.select("row", "keys", *(["side"] if sided else []))))
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row",
        comparisons=[ExactMatch("row")],
        blocking_rules_to_generate_predictions=[CustomRule(rule, arrays_to_explode=["keys"])],
    )
    linker = Linker(table, settings)
    with _silence():
        return str(linker.inference.compute_blocked_pairs_for_predict().physical_name)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Splink's progress messages out of this process's logs."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
