# SPDX-License-Identifier: Apache-2.0
"""Writes the sample lender's deliveries, and its truth somewhere else."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.kernel.money import MINOR_DIGITS
from rightparty.simulation.lender import SampleLender, build_sample
from rightparty.simulation.loans import TABLES
from rightparty.simulation.spoiled_rows import with_spoiled_rows
from rightparty.simulation.truth import ACCOUNTS_FILE, PEOPLE_FILE, TRUTH_FILE

SLICE: Final = Path(__file__).resolve().parent.parent / "slices" / "uci_cards.parquet"
"""5,000 of the 30,000 real card accounts (CC BY 4.0; slices/README.md)."""


def write_sample_lender(
    directory: Path,
    *,
    seed: int,
    as_of: datetime,
    cards: Path | None = None,
    berka: Path | None = None,
    truth_directory: Path,
) -> dict[str, int]:
    """Write `portfolio`, `contact_refresh` and `late_postings` below `directory`; return rows per file and per mishap.

    Args:
        directory: folder of the deliveries, made if missing.
        seed: the same seed writes the same bytes.
        as_of: the instant around which the sample's dates are laid.
        cards: the whole data set (`UCI_Credit_Card.csv.gz`); the shipped 5,000 accounts if None.
        berka: folder of the Berka tables (`loan.asc.gz` …); no Czech loans if None.
        truth_directory: where the truth goes; must not lie inside `directory`.

    Raises:
        ValueError: the truth would lie inside a delivery.
        FileNotFoundError: `cards` or a Berka table is missing.
    """
    if truth_directory.resolve().is_relative_to(directory.resolve()):
        raise ValueError(f"the truth may not lie inside the deliveries: choose a folder outside {directory}")
    sample = build_sample(read_cards(cards), None if berka is None else read_berka(berka), seed=seed, as_of=as_of)
    write_sample(directory, sample)
    truth_directory.mkdir(parents=True, exist_ok=True)
    sample.truth.points.write_parquet(truth_directory / TRUTH_FILE)
    sample.truth.accounts.write_parquet(truth_directory / ACCOUNTS_FILE)
    sample.truth.people.write_parquet(truth_directory / PEOPLE_FILE)
    return count_rows(sample)


def read_cards(path: Path | None) -> pl.DataFrame:
    """Return the real card accounts; amounts in whole units."""
    if path is None:
        return pl.read_parquet(SLICE)
    raw = pl.read_csv(path, infer_schema=False)
    return raw.rename({"default.payment.next.month": "DEFAULT"}).select(pl.all().cast(pl.Float64).cast(pl.Int32))


def read_berka(directory: Path) -> dict[str, pl.DataFrame]:
    """Return the Berka tables this sample uses."""
    tables = {}
    for table in TABLES:
        packed = directory / f"{table}.asc.gz"
        path = packed if packed.exists() else directory / f"{table}.asc"
        tables[table] = pl.read_csv(path, separator=";", schema_overrides={"birth_number": pl.String})
    return tables


def write_sample(directory: Path, sample: SampleLender) -> None:
    """Write the deliveries as CSV files of the portfolio contract."""
    currencies = sample.portfolio["accounts"].select("account_id", "currency")
    base = {table: as_text(frame, currencies) for table, frame in sample.portfolio.items()}
    for table, frame in with_spoiled_rows(base).items():
        _write(directory / "portfolio" / f"{table}.csv", frame)
    refresh = sample.contact_refresh.select(sample.portfolio["contact_points"].columns)
    _write(directory / "contact_refresh" / "contact_points.csv", as_text(refresh, currencies))
    _write(directory / "late_postings" / "payments.csv", as_text(sample.late_postings, currencies))


def as_text(frame: pl.DataFrame, currencies: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` as the contract writes it: decimals in major units, dates ISO 8601, instants with offset."""
    minor = [name for name in frame.columns if name.endswith("_minor")]
    if minor and "currency" not in frame.columns:
        frame = frame.join(currencies, on="account_id", how="left", maintain_order="left")
    frame = frame.with_columns([_decimal(name).alias(name.removesuffix("_minor")) for name in minor]).drop(minor)
    if "currency" in frame.columns and "product" not in frame.columns:
        frame = frame.drop("currency")
    instants = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(instants).dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")).with_columns(
        # an empty cell, not a quoted empty text
        pl.all().cast(pl.String).replace("", None)
    )


def _decimal(name: str) -> pl.Expr:
    amount = pl.col(name)
    whole = pl.col("currency").is_in([code for code, digits in MINOR_DIGITS.items() if digits == 0])
    cents = pl.format("{}.{}", amount // 100, (amount % 100).cast(pl.String).str.zfill(2))
    return pl.when(whole).then(amount.cast(pl.String)).otherwise(cents)


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path)


def count_rows(sample: SampleLender) -> dict[str, int]:
    """Return rows per table and delivery, and per mishap."""
    tables: Mapping[str, int] = {table: frame.height for table, frame in sample.portfolio.items()}
    mishaps = (
        pl.concat([frame["mishap"] for frame in (sample.truth.points, sample.truth.accounts, sample.truth.people)])
        .value_counts()
        .sort("mishap")
    )
    return {
        **tables,
        "contact_refresh": sample.contact_refresh.height,
        "late_postings": sample.late_postings.height,
        **{f"mishap {name}": count for name, count in mishaps.iter_rows() if name},
    }
