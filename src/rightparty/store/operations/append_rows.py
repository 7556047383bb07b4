# SPDX-License-Identifier: Apache-2.0
"""Writes columns as rows of a table, in bulk, exactly as Django would have written them."""

from typing import Final

import polars as pl
from django.db import connection

from rightparty.store.queries import is_postgresql

SLICE_ROWS: Final = 100_000
"""Rows written at a time: bounds the Python objects alive at once."""


def append_rows(table: str, frame: pl.DataFrame) -> int:
    """Insert every row of a frame, its columns named as the table's, and return their number.

    Units: instants must be Datetime with zone UTC.
    Raises: django.db.IntegrityError if a constraint of the table fails; TypeError on an instant without zone.
    """
    if frame.is_empty():
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in frame.columns)
    plain = frame.select(_as_stored(name, dtype) for name, dtype in frame.schema.items())
    for part in plain.iter_slices(SLICE_ROWS):
        if is_postgresql():
            _copy(f"COPY {quote(table)} ({columns}) FROM STDIN (FORMAT CSV)", part)
        else:
            marks = ", ".join(["%s"] * frame.width)
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {quote(table)} ({columns}) VALUES ({marks})", part.rows())
    return frame.height


def _copy(sql: str, part: pl.DataFrame) -> None:
    # COPY goes past Django, which would call the driver's errors by its own names
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write(part.write_csv(include_header=False, quote_style="non_numeric", null_value=""))


def _as_stored(name: str, dtype: pl.DataType) -> pl.Expr:
    """Instants and dates become text: `2026-11-23 02:00:00`, with microseconds only if there are any."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone != "UTC":
            raise TypeError(f"{name} holds instants without the zone UTC")
        if is_postgresql():
            return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00")
        whole = column.dt.strftime("%Y-%m-%d %H:%M:%S")
        return pl.when(column.dt.microsecond() == 0).then(whole).otherwise(column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f"))
    if dtype == pl.Date:
        return column.dt.strftime("%Y-%m-%d")
    if dtype == pl.Boolean and not is_postgresql():
        return column.cast(pl.Int8)
    return column
