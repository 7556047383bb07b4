# SPDX-License-Identifier: Apache-2.0
"""Reads of the operational store into columns, inside the current transaction, the same on both stores."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.db import connection, models
from polars._typing import PolarsDataType

from rightparty.kernel.frames import instant_literal
from rightparty.store.versions import VersionedTable

FETCH_ROWS: Final = 100_000
"""Rows turned into columns at a time: bounds the Python objects alive at once."""

_BETWEEN, _NULL = "\x1f", "\x1e"
"""Separator and mark of a null in `text_array`; a text that holds one goes another way."""

_BOOKKEEPING: Final = frozenset({"id", "load_id", "retired_by_id"})


def read_frame(sql: str, params: Sequence[object] = (), *, schema: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Return the rows of a query as columns.

    Shape: the query's columns by position, named and typed by `schema`; placeholders are `%s`.
    Units: instants come as Datetime("us", "UTC"), dates as Date.
    Raises: django.db.Error if the query fails; polars.exceptions.InvalidOperationError if a value has not the type.
    """
    raw = _rows_of_postgresql(sql, params, schema) if is_postgresql() else _rows_of_sqlite(sql, params, schema)
    typed = _all_typed(tuple(raw.schema.items()), tuple(schema.items()))
    return raw.select(typed) if typed else raw


@lru_cache(maxsize=1_000)
def _all_typed(
    given: tuple[tuple[str, pl.DataType], ...], schema: tuple[tuple[str, PolarsDataType], ...]
) -> list[pl.Expr] | None:
    """Return the columns as they are asked for; None where they are so already."""
    raw = dict(given)
    if all(raw[name] == dtype for name, dtype in schema):
        return None
    return [_typed(name, raw[name], dtype) for name, dtype in schema]


def among(column: str, values: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a condition that the column is one of any number of values, and its parameters."""
    if is_postgresql():
        array, params = text_array(values)
        return f"{column} = ANY({array})", params
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(list(values))]


def text_array(values: Sequence[str | int | None]) -> tuple[str, list[Any]]:
    """Return an expression of PostgreSQL for an array of texts (numbers become texts), and its parameters.

    One long text is quoted in a moment, a list of thousands element by element.
    """
    texts = [value if value is None else str(value) for value in values]
    told = "".join(text for text in texts if text is not None)
    if not told or _BETWEEN in told or _NULL in told:
        return "%s::text[]", [texts]
    joined = _BETWEEN.join(_NULL if text is None else text for text in texts)
    return f"string_to_array(%s, '{_BETWEEN}', '{_NULL}')", [joined]


def among_ids(column: str, ids: Sequence[UUID]) -> tuple[str, list[Any]]:
    """Return a condition that a UUID column is one of any number of ids, and its parameters."""
    if is_postgresql():
        return f"{column} = ANY(%s)", [list(ids)]
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps([key.hex for key in ids])]


def brought_back(column: str, *, at: datetime, ahead: timedelta) -> pl.Expr:
    """Return an instant column in which what lies after the instant by no more than `ahead` is the instant itself.

    What is committed counts for a decision, though its writer's clock was ahead or it came while a decision waited.
    """
    instant, latest = instant_literal(at), instant_literal(at + ahead)
    return pl.when(pl.col(column).is_between(instant, latest)).then(instant).otherwise(column)


def stored_id(value: UUID | str) -> str:
    """Return, in hex, a UUID as a bare cursor gave it."""
    return value.hex if isinstance(value, UUID) else value


def stored_instant(value: datetime | str) -> datetime:
    """Return an instant as a bare cursor gave it: SQLite keeps UTC without saying so."""
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def is_postgresql() -> bool:
    """Tell which of the two stores is in use."""
    return connection.vendor == "postgresql"


def versioned_table(model: type[models.Model]) -> VersionedTable:
    """Return the shape of a versioned model: its key is its unique constraint over current rows.

    Raises:
        ValueError: the model has no such constraint.
    """
    meta = model._meta  # noqa: SLF001  (Django's documented interface to a model's shape)
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is not None:
            key = tuple(constraint.fields)
            rest = tuple(f.attname for f in meta.concrete_fields if f.attname not in {*key, *_BOOKKEEPING})
            return VersionedTable(name=meta.db_table, key=key, columns=key + rest)
    raise ValueError(f"{model.__name__} has no unique constraint over its current rows")


def _rows_of_sqlite(sql: str, params: Sequence[object], schema: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Read through an outer SELECT of expressions: these have no declared type, so that no cell is converted."""
    columns = [f"c{position}" for position in range(len(schema))]
    plain = ", ".join(
        f"CAST({column} AS TEXT)" if _is_textual(dtype) else f"+{column}"
        for column, dtype in zip(columns, schema.values(), strict=True)
    )
    raw = {name: _sqlite_type(dtype) for name, dtype in schema.items()}
    frames: list[pl.DataFrame] = []
    given: Any = list(params)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH given({', '.join(columns)}) AS ({sql}) SELECT {plain} FROM given", given)
        while rows := cursor.fetchmany(FETCH_ROWS):
            cells = zip(*rows, strict=True)
            frames.append(
                pl.DataFrame([pl.Series(name, cell, dtype=raw[name]) for name, cell in zip(raw, cells, strict=True)])
            )
    if len(frames) == 1:
        return frames[0]
    return pl.concat(frames) if frames else pl.DataFrame(schema=raw)


def _sqlite_type(dtype: PolarsDataType) -> PolarsDataType:
    if _is_textual(dtype):
        return pl.String()
    return pl.Int64() if dtype == pl.Boolean else dtype


def _rows_of_postgresql(sql: str, params: Sequence[object], schema: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Read with COPY, whose text polars parses without one Python object per cell."""
    blocks = bytearray()
    given: Any = list(params)
    copying = f"COPY ({sql}) TO STDOUT (FORMAT CSV)"
    # COPY goes past Django, which would call the driver's errors by its own names
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copying, given) as copy:
        for block in copy:
            blocks += block
    if not blocks:
        return pl.DataFrame(schema=dict.fromkeys(schema, pl.String()))
    schema_of_text = dict.fromkeys(schema, pl.String())
    return pl.read_csv(bytes(blocks), has_header=False, infer_schema=False, schema=schema_of_text)


def _is_textual(dtype: PolarsDataType) -> bool:
    return dtype == pl.String or dtype.is_temporal()


def _typed(name: str, raw: PolarsDataType, dtype: PolarsDataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        return (column == "t").alias(name) if raw == pl.String else column.cast(pl.Boolean)
    if dtype == raw:
        return column
    if dtype == pl.Datetime:
        text = column.str.strip_suffix("+00")
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us").dt.replace_time_zone("UTC").alias(name)
    if dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d")
    return column.cast(dtype)
