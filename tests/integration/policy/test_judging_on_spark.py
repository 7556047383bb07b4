# SPDX-License-Identifier: Apache-2.0
"""Spark's workers give a portfolio the verdicts that this machine gives it from files, row for row (right_time)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.policy.portfolio import AT, write_portfolio
from rightparty.policy.on_spark import judge_on_spark
from rightparty.policy.over_files import FactsFileError, judge_files
from rightparty.policy.pack import load_packs
from tests.integration.spark_cluster import cluster_of_processes

pytestmark = pytest.mark.slow

ACCOUNTS = 20_000


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    settings = {"spark.sql.session.timeZone": "UTC"}
    with cluster_of_processes("policy", settings) as session:
        yield session


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    write_portfolio(folder, ACCOUNTS)
    return folder


def test_a_cluster_of_worker_processes_gives_the_verdicts_of_this_machine(
    spark: Any, portfolio: Path, tmp_path: Path
) -> None:
    packs = load_packs()
    accounts, contacts = portfolio / "accounts", portfolio / "contacts"
    assert judge_files(accounts, contacts, tmp_path / "here", at=AT, packs=packs, at_once=6_000) == ACCOUNTS
    judge_on_spark(spark, str(accounts), str(contacts), str(tmp_path / "there"), at=AT, packs=packs, at_once=6_000)

    here, there = _read(tmp_path / "here"), _read(tmp_path / "there")
    assert 0.02 < here["permitted"].mean() < 0.9, "nearly everything has one answer: the comparison would say little"
    assert_frame_equal(there, here)

    executors = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()
    assert executors == 3, "a driver and two workers"


def test_a_missing_column_is_named(spark: Any, portfolio: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.parquet"
    pl.read_parquet(portfolio / "accounts/*.parquet").drop("deceased").write_parquet(accounts)
    with pytest.raises(FactsFileError, match="column deceased is missing"):
        judge_on_spark(
            spark, str(accounts), str(portfolio / "contacts"), str(tmp_path / "out"), at=AT, packs=load_packs()
        )


def _read(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "*.parquet").sort("account_id", "person_id", "channel")
