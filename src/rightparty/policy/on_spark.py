# SPDX-License-Identifier: Apache-2.0
"""Judges a portfolio that outgrows one machine on Apache Spark: the same judgement, the same verdicts (right_time).

Spark schedules and shuffles; it evaluates no rule. Accounts and contacts are brought together by linked person, and
each partition runs `over_files.judge_people` through `mapInArrow`. Needs the extra `spark`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.policy.over_files import (
    ACCOUNTS,
    ACCOUNTS_AT_ONCE,
    CONTACTS,
    VERDICTS,
    FactsFileError,
    Kind,
    judge_people,
)
from rightparty.policy.pack import LawPacks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SPARK_TYPES: Final[Mapping[Kind, str]] = {
    pl.String: "string",
    pl.Boolean: "boolean",
    pl.Int8: "tinyint",
    pl.Int16: "smallint",
    pl.Int32: "int",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.Datetime("us", "UTC"): "timestamp",
    pl.List(pl.String): "array<string>",
}

_KEY: Final = "person"
_SIDES: Final[Mapping[str, Mapping[str, Kind]]] = {"account": ACCOUNTS, "contact": CONTACTS}


def judge_on_spark(
    spark: "SparkSession",
    accounts: str,
    contacts: str,
    verdicts: str,
    *,
    at: datetime,
    packs: LawPacks,
    at_once: int = ACCOUNTS_AT_ONCE,
) -> None:
    """Judge Parquet at `accounts` and `contacts` and write VERDICTS as Parquet to `verdicts`, which must not exist.

    Args:
        spark: a session; its workers need this package, Polars and PyArrow, and read and write the paths.
        accounts: path or address of Parquet with ACCOUNTS.
        contacts: the same with CONTACTS.
        verdicts: path or address to write to.
        at: the instant of all decisions.
        packs: law packs with the house rules; they travel to the workers.
        at_once: accounts judged at once by one worker task; bounds its memory.

    Raises:
        FactsFileError: a column is missing or of another type.
    """
    read = spark.read.parquet(accounts), spark.read.parquet(contacts)
    partitions = max(1, -(-read[0].count() // at_once))
    judge_frames(*read, at=at, packs=packs, partitions=partitions).write.parquet(verdicts)


def judge_frames(
    accounts: "DataFrame", contacts: "DataFrame", *, at: datetime, packs: LawPacks, partitions: int
) -> "DataFrame":
    """Judge Spark frames, read from whatever Spark reads: Parquet, or an Iceberg table by its name.

    Shape: ACCOUNTS and CONTACTS -> VERDICTS, lazily, in no order.

    Raises:
        FactsFileError: a column is missing or of another type.
    """
    from pyspark.sql import functions  # noqa: PLC0415 -- Spark is an optional extra

    sides = []
    for side, frame in (("account", accounts), ("contact", contacts)):
        row = functions.struct(*_conformed(functions, frame, side))
        person = functions.coalesce(frame["person_id"], frame["account_id"])
        sides.append(frame.select(person.alias(_KEY), row.alias(side)))
    together = sides[0].unionByName(sides[1], allowMissingColumns=True).repartition(partitions, _KEY)
    schema = ", ".join(f"{name} {_SPARK_TYPES[kind]}" for name, kind in VERDICTS.items())
    return together.drop(_KEY).mapInArrow(_kernel(require_aware(at), packs), schema)


def _conformed(functions: Any, frame: "DataFrame", side: str) -> list[Any]:
    """Return a side's wanted columns, each of its type."""
    found = dict(frame.dtypes)
    columns = []
    for name, kind in _SIDES[side].items():
        wanted = _SPARK_TYPES[kind]
        if name not in found:
            raise FactsFileError(f"{side}s: column {name} is missing. {FactsFileError.remedy}")
        if found[name] != wanted and {found[name], wanted} - _WHOLE:
            raise FactsFileError(f"{side}s: column {name} is {found[name]}, not {wanted}. {FactsFileError.remedy}")
        columns.append(functions.col(name).cast(wanted).alias(name))
    return columns


_WHOLE: Final = frozenset({"tinyint", "smallint", "int", "bigint"})


def _kernel(at: datetime, packs: LawPacks) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what a worker runs over one partition: all accounts and all contacts of its persons."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415 -- comes with the extra

        given = [pl.DataFrame(batch) for batch in batches]
        if not given:
            return
        rows = pl.concat(given)
        accounts, contacts = (
            rows.lazy()
            .filter(pl.col(side).is_not_null())
            .select(pl.col(side).struct.unnest())
            .select(pl.col(name).cast(kind) for name, kind in wanted.items())
            .collect()
            for side, wanted in _SIDES.items()
        )
        told = judge_people(accounts, contacts, at=at, packs=packs)
        table = told.to_arrow(compat_level=pl.CompatLevel.oldest())
        # Spark reads no lists of 64-bit offsets
        place = table.schema.get_field_index("reasons")
        short = table.schema.set(place, pa.field("reasons", pa.list_(pa.large_string())))
        yield from table.cast(short).to_batches()

    return run
