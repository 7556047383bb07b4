# SPDX-License-Identifier: Apache-2.0
"""A portfolio in files is judged in shares of whole persons, and the shares change no verdict (right_time)."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.policy.portfolio import AT, write_portfolio
from rightparty.kernel.reasons import mask_of
from rightparty.policy.over_files import FactsFileError, judge_files, judge_people
from rightparty.policy.pack import load_packs

ACCOUNTS = 3_000


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    write_portfolio(folder, ACCOUNTS)
    return folder


def test_shares_change_no_verdict(portfolio: Path, tmp_path: Path) -> None:
    packs = load_packs()
    whole = judge_people(
        pl.read_parquet(portfolio / "accounts/*.parquet"),
        pl.read_parquet(portfolio / "contacts/*.parquet"),
        at=AT,
        packs=packs,
    )
    judged = judge_files(
        portfolio / "accounts", portfolio / "contacts", tmp_path / "verdicts", at=AT, packs=packs, at_once=400
    )
    assert judged == ACCOUNTS
    assert len(list((tmp_path / "verdicts").iterdir())) == 8
    assert_frame_equal(pl.read_parquet(tmp_path / "verdicts/*.parquet"), whole)
    assert 0 < whole["permitted"].sum() < ACCOUNTS
    assert not list(tmp_path.glob(".counts-*")), "the counts were left behind"


@pytest.mark.parametrize("zone_set", [None, "Mars/Olympus", "Asia/Shanghai|Mars/Olympus"])
def test_shares_change_no_verdict_where_nobody_knows_the_day(
    portfolio: Path, tmp_path: Path, zone_set: str | None
) -> None:
    """What is older than every window still counts as today's for him whose day nobody knows."""
    unknown = pl.col("person_id").hash() % 7 == 0
    accounts = pl.read_parquet(portfolio / "accounts/*.parquet").with_columns(
        zone_set=pl.when(unknown).then(pl.lit(zone_set, dtype=pl.String)).otherwise("zone_set")
    )
    accounts.write_parquet(tmp_path / "accounts.parquet")
    contacts, packs = pl.read_parquet(portfolio / "contacts/*.parquet"), load_packs()
    judge_files(tmp_path / "accounts.parquet", portfolio / "contacts", tmp_path / "v", at=AT, packs=packs)
    assert_frame_equal(pl.read_parquet(tmp_path / "v/*.parquet"), judge_people(accounts, contacts, at=AT, packs=packs))


def test_codes_say_what_the_mask_says(portfolio: Path, tmp_path: Path) -> None:
    judge_files(portfolio / "accounts", portfolio / "contacts", tmp_path / "v", at=AT, packs=load_packs())
    for row in _read(tmp_path / "v").head(500).iter_rows(named=True):
        assert mask_of(row["reasons"]) == row["reasons_mask"]
        assert row["permitted"] == (not row["reasons"])


def test_an_account_of_nobody_is_judged(portfolio: Path, tmp_path: Path) -> None:
    accounts = pl.read_parquet(portfolio / "accounts/*.parquet").with_columns(person_id=pl.lit(None, dtype=pl.String))
    accounts.write_parquet(tmp_path / "accounts.parquet")
    judged = judge_files(
        tmp_path / "accounts.parquet", portfolio / "contacts", tmp_path / "v", at=AT, packs=load_packs(), at_once=500
    )
    assert judged == ACCOUNTS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("holds_mask"), "column holds_mask is missing"),
        (lambda frame: frame.with_columns(pl.col("deceased").cast(pl.String)), "column deceased is String"),
        (lambda frame: frame.with_columns(days_past_due=pl.lit(2**40)), "does not fit"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(portfolio: Path, tmp_path: Path, change: object, message: str) -> None:
    accounts = tmp_path / "accounts.parquet"
    assert callable(change)
    change(pl.read_parquet(portfolio / "accounts/*.parquet")).write_parquet(accounts)
    with pytest.raises(FactsFileError, match=message):
        judge_files(accounts, portfolio / "contacts", tmp_path / "v", at=AT, packs=load_packs())


def test_verdicts_are_never_mixed_with_other_files(portfolio: Path, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "old.parquet").write_bytes(b"")
    with pytest.raises(FactsFileError, match="is not empty"):
        judge_files(portfolio / "accounts", portfolio / "contacts", tmp_path / "v", at=AT, packs=load_packs())


def _read(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "*.parquet").sort("account_id")
