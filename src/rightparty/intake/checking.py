# SPDX-License-Identifier: Apache-2.0
"""Turns text cells into the store's columns and says of every row that cannot be taken why. Columnar and exact."""

from dataclasses import dataclass
from functools import reduce
from typing import Final
from zoneinfo import available_timezones

import phonenumbers
import polars as pl

from rightparty.intake.contact_values import with_contact_values
from rightparty.intake.contract import CELL_LIMIT, REFERENCES, Column, Kind, Table
from rightparty.intake.row_errors import Fault
from rightparty.kernel.money import MINOR_DIGITS, MINOR_LIMIT

INSTANT: Final = pl.Datetime("us", "UTC")
_FAULTS: Final = {"line": pl.Int64(), "column": pl.String(), "fault": pl.String(), "row": pl.String()}
_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_LOCAL: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?$"
_OFFSET: Final = r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])$"
_NUMBER: Final = r"^-?[0-9]+(?:\.[0-9]+)?$"
_LANGUAGE: Final = r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$"
_CONTROL: Final = r"[\x00-\x1f\x7f]"
_MOST_DIGITS: Final = max(MINOR_DIGITS.values())
_WHOLE_DIGITS_LIMIT: Final = 15

type Checks = list[tuple[pl.Expr, Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What rows of a table take from rows of other tables, in the delivery and in the store."""

    #: [party_id, country]
    countries: pl.DataFrame
    #: [account_id, currency]
    currencies: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Rows that can be taken, as the store's columns with their `line`, and the faults of the others."""

    accepted: pl.DataFrame
    #: [line, column, fault, row]
    faults: pl.DataFrame


def check_rows(table: Table, rows: pl.DataFrame, context: Context) -> Checked:
    """Read text cells as the table's types.

    Shape: [line, file columns as text] -> accepted [line, store columns, extra]; one fault per row and column.
    """
    given = set(rows.columns)
    cells = rows.select("line", *(_cell(c.name, given) for c in table.columns), _extra(table, rows.columns))
    cells = _with_context(table, cells, context)
    read = [(c, *_read(c)) for c in table.columns]
    judged = cells.select(
        "line",
        "extra",
        *(
            [pl.col("given").str.head(500).fill_null("").alias("value_as_given")]
            if table.name == "contact_points"
            else []
        ),
        *(value.alias(c.target) for c, value, _ in read),
        *(_first_fault(c, checks, _raw(c)).alias(f"fault:{c.name}") for c, _, checks in read),
    )
    judged = judged.with_columns(_row_fault(table).alias("fault:"))
    faulty = [name for name in judged.columns if name.startswith("fault:")]
    good = pl.all_horizontal(pl.col(faulty).is_null())
    accepted = judged.filter(good).drop(faulty)
    bad = judged.filter(~good).select("line", *faulty)
    return Checked(accepted=accepted, faults=_faults_of(bad, rows, faulty))


def reject_duplicates(table: Table, rows: pl.DataFrame) -> tuple[Checked, int]:
    """Collapse rows that say the same twice, and reject all rows of an id that say different things.

    Which of them is right nobody here can know, and a guess could remind the wrong person: fail closed.
    Returns the rows and how many repetitions were collapsed.
    """
    doubled = pl.struct(table.key).is_duplicated()
    twins = rows.filter(doubled)
    if twins.is_empty():
        return Checked(accepted=rows, faults=pl.DataFrame(schema=_FAULTS)), 0
    content = pl.struct(pl.exclude("line", "value_as_given", *table.key))
    twins = twins.with_columns((content.n_unique().over(table.key) == 1).alias("same"))
    first = twins.filter("same").unique(table.key, keep="first", maintain_order=True).drop("same")
    differing = twins.filter(~pl.col("same")).drop("same")
    collapsed = twins.height - differing.height - first.height
    kept = pl.concat([rows.filter(~doubled), first]).sort("line")
    return Checked(
        accepted=kept, faults=faults_of_rows(differing, table.columns[0].name, Fault.DUPLICATE_KEY)
    ), collapsed


def referring_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that name rows of other tables."""
    return tuple(c.name for c in table.columns if c.name in REFERENCES and REFERENCES[c.name] != table.name)


def reject_unknown(rows: pl.DataFrame, column: str, known: pl.Series) -> Checked:
    """Reject rows that name a party or an account that nobody delivered."""
    unknown = (pl.col(column) != "") & ~pl.col(column).is_in(known.implode())
    fault = Fault.UNKNOWN_PARTY if column == "party_id" else Fault.UNKNOWN_ACCOUNT
    bad = rows.filter(unknown)
    return Checked(accepted=rows.filter(~unknown) if bad.height else rows, faults=faults_of_rows(bad, column, fault))


def faults_of_rows(rows: pl.DataFrame, column: str, fault: Fault) -> pl.DataFrame:
    """Return one fault in one column for each row: [line, column, fault, row]."""
    if rows.is_empty():
        return pl.DataFrame(schema=_FAULTS)
    return rows.select(
        "line",
        pl.lit(column).alias("column"),
        pl.lit(fault.value).alias("fault"),
        pl.struct(pl.exclude("line")).struct.json_encode().alias("row"),
    )


def _cell(name: str, given: set[str]) -> pl.Expr:
    if name not in given:
        return pl.lit(None, dtype=pl.String).alias(name)
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text).alias(name)


def _extra(table: Table, names: list[str]) -> pl.Expr:
    unknown = [n for n in names if n != "line" and n not in {c.name for c in table.columns}]
    if not unknown:
        return pl.lit("").alias("extra")
    return pl.struct(pl.col(n).str.head(CELL_LIMIT) for n in unknown).struct.json_encode().alias("extra")


def _with_context(table: Table, cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Add what the reading of cells depends on: a money column's currency, a contact value's country."""
    kinds = {c.kind for c in table.columns}
    if Kind.MONEY in kinds and Kind.CURRENCY not in kinds:
        cells = cells.join(context.currencies, on="account_id", how="left", maintain_order="left")
    if Kind.CONTACT_VALUE in kinds:
        cells = cells.join(context.countries, on="party_id", how="left", maintain_order="left")
        cells = with_contact_values(cells.with_columns(pl.col("value").alias("given")))
    return cells


def _raw(column: Column) -> pl.Expr:
    return pl.col("given" if column.kind is Kind.CONTACT_VALUE else column.name)


def _first_fault(column: Column, checks: Checks, text: pl.Expr) -> pl.Expr:
    """Return the first fault of a cell, or null."""
    general: Checks = [(text.str.len_chars() > CELL_LIMIT, Fault.CELL_TOO_LONG)]
    if column.required:
        general.append((text.is_null(), Fault.MISSING))
    if column.kind in {Kind.TEXT, Kind.IDENTIFIER, Kind.CONTACT_VALUE, Kind.OPEN_LIST}:
        general += [
            (text.str.contains(_CONTROL), Fault.CONTROL_CHARACTER),
            (text.str.len_chars() > column.limit, Fault.TEXT_TOO_LONG),
        ]
    told = [pl.when(condition).then(pl.lit(fault.value)) for condition, fault in [*general, *checks]]
    return pl.coalesce(*told, pl.lit(None, dtype=pl.String))


def _read(column: Column) -> tuple[pl.Expr, Checks]:
    """Return the cell's value as the store's type, and its faults in the order in which they are told."""
    text = pl.col(column.name)
    match column.kind:
        case Kind.DATE:
            day = text.str.to_date("%Y-%m-%d", strict=False)
            return day, [
                (~text.str.contains(_DATE), Fault.BAD_DATE),
                (text.is_not_null() & day.is_null(), Fault.IMPOSSIBLE_DATE),
            ]
        case Kind.INSTANT:
            return _read_instant(text)
        case Kind.MONEY:
            return _read_money(text)
        case Kind.CONTACT_VALUE:
            fault = pl.col("value_fault")
            return text.fill_null(""), [(fault == f.value, f) for f in (Fault.BAD_PHONE, Fault.BAD_EMAIL)]
        case _:
            return text.fill_null(column.default), _text_checks(column, text)


def _text_checks(column: Column, text: pl.Expr) -> Checks:
    match column.kind:
        case Kind.ONE_OF:
            return [(~text.is_in(list(column.allowed)), Fault.UNKNOWN_VALUE)]
        case Kind.CURRENCY:
            return [(~text.is_in(list(MINOR_DIGITS)), Fault.UNKNOWN_CURRENCY)]
        case Kind.COUNTRY:
            return [(~text.is_in(sorted(phonenumbers.SUPPORTED_REGIONS)), Fault.UNKNOWN_COUNTRY)]
        case Kind.ZONE:
            return [(~text.is_in(sorted(available_timezones())), Fault.UNKNOWN_ZONE)]
        case Kind.LANGUAGE:
            return [(~text.str.contains(_LANGUAGE) | (text.str.len_chars() > column.limit), Fault.BAD_LANGUAGE)]
        case _:
            return []


def _read_instant(text: pl.Expr) -> tuple[pl.Expr, Checks]:
    local = text.str.replace(_OFFSET, "")
    offset = text.str.extract("(" + _OFFSET[:-1] + ")$")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    minutes = (
        offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.tail(2).cast(pl.Int64, strict=False)
    ) * sign
    plain = local.str.replace(" ", "T", literal=True)
    seconds = pl.when(plain.str.len_chars() == len("2026-11-23T10:00")).then(plain + ":00").otherwise(plain)
    naive = seconds.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    shift = pl.duration(minutes=pl.when(offset == "Z").then(0).otherwise(minutes))
    instant = (naive - shift).dt.replace_time_zone("UTC")
    return instant, [
        (~local.str.contains(_LOCAL), Fault.BAD_INSTANT),
        (text.is_not_null() & offset.is_null(), Fault.NAIVE_INSTANT),
        (text.is_not_null() & naive.is_null(), Fault.IMPOSSIBLE_DATE),
    ]


def _read_money(text: pl.Expr) -> tuple[pl.Expr, Checks]:
    """Read a decimal as minor units by whole numbers alone: the digits before the point, and those after, padded."""
    digits = pl.col("currency").replace_strict(MINOR_DIGITS, default=None, return_dtype=pl.Int64)
    whole = text.str.replace(r"\..*$", "").str.strip_prefix("-").str.strip_chars_start("0")
    fraction = text.str.extract(r"\.([0-9]+)$").fill_null("").str.strip_chars_end("0")
    padded = fraction.str.head(_MOST_DIGITS).str.pad_end(_MOST_DIGITS, "0").cast(pl.Int64, strict=False)
    units = pl.lit(10, dtype=pl.Int64).pow(digits)
    major = pl.when(whole == "").then(pl.lit("0")).otherwise(whole).cast(pl.Int64, strict=False)
    minor = major * units + padded // pl.lit(10, dtype=pl.Int64).pow(_MOST_DIGITS - digits)
    not_zero = (whole != "") | (fraction != "")
    # without a currency the amount is not read; the row is rejected for the currency or the unknown account
    return minor.cast(pl.Int64).fill_null(0), [
        (~text.str.contains(_NUMBER), Fault.NOT_A_NUMBER),
        (text.str.starts_with("-") & not_zero, Fault.NEGATIVE_AMOUNT),
        (whole.str.len_chars() > _WHOLE_DIGITS_LIMIT, Fault.AMOUNT_TOO_LARGE),
        (fraction.str.len_chars().cast(pl.Int64) > digits, Fault.TOO_MANY_DECIMALS),
        (minor > MINOR_LIMIT, Fault.AMOUNT_TOO_LARGE),
    ]


def _row_fault(table: Table) -> pl.Expr:
    """Return what is wrong with a row whose cells are each right."""
    nothing = pl.lit(None, dtype=pl.String)
    if table.name == "holds":
        nobody = (pl.col("party_id") == "") & (pl.col("account_id") == "")
        return (
            pl.when(nobody)
            .then(pl.lit(Fault.NAMES_NOBODY.value))
            .when(pl.col("to_at") < pl.col("from_at"))
            .then(pl.lit(Fault.ENDS_BEFORE_START.value))
        )
    return nothing


def _faults_of(bad: pl.DataFrame, rows: pl.DataFrame, faulty: list[str]) -> pl.DataFrame:
    if bad.is_empty():
        return pl.DataFrame(schema=_FAULTS)
    told = bad.unpivot(on=faulty, index="line", variable_name="column", value_name="fault").drop_nulls("fault")
    kept = rows.join(bad.select("line"), on="line", how="semi").select(
        "line", pl.struct(pl.exclude("line").str.head(CELL_LIMIT)).struct.json_encode().alias("row")
    )
    return told.with_columns(pl.col("column").str.strip_prefix("fault:")).join(kept, on="line").select(list(_FAULTS))


def concat_faults(faults: list[pl.DataFrame]) -> pl.DataFrame:
    """Return all faults of a file in the order of its lines."""
    return reduce(lambda one, other: one.vstack(other), faults, pl.DataFrame(schema=_FAULTS)).sort("line", "column")
