# SPDX-License-Identifier: Apache-2.0
"""What is measured over a portfolio in files; each measurement in a process of its own, for its peak of memory."""

import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import polars as pl

from benchmarks.machine import peak_memory_mib
from benchmarks.policy.portfolio import AT
from rightparty.policy.over_files import ACCOUNTS_AT_ONCE, co_partition, judge_shares
from rightparty.policy.pack import load_packs


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One thing done once."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    rows: int


def lay_out(folder: Path, accounts: int) -> Run:
    """Lay the exported files out in shares of whole persons."""
    shutil.rmtree(folder / "shares", ignore_errors=True)
    shares = max(1, -(-accounts // ACCOUNTS_AT_ONCE))
    return _apart(partial(_lay_out, folder, shares))


def judge_everything(folder: Path) -> Run:
    """Judge all shares by every rule of every market and write the verdicts."""
    shutil.rmtree(folder / "verdicts", ignore_errors=True)
    return _apart(partial(_judge, folder))


def bare_lean(folder: Path) -> Run:
    """Read every column of the same files, and join the number and newest of each person's contacts to his accounts."""
    return _apart(partial(_bare_lean, folder))


def bare_join(folder: Path) -> Run:
    """Read every column of the same files, and join every contact to every account of its person."""
    return _apart(partial(_bare_join, folder))


def permitted(folder: Path) -> int:
    """Return how many accounts were permitted."""
    verdicts = pl.scan_parquet(folder / "verdicts/*.parquet")
    return int(verdicts.select(pl.col("permitted").sum()).collect().item())


def _lay_out(folder: Path, shares: int) -> int:
    co_partition(folder / "accounts", folder / "contacts", folder / "shares", shares=shares)
    return shares


def _judge(folder: Path) -> int:
    return judge_shares(folder / "shares", folder / "verdicts", at=AT, packs=load_packs())


def _tables(folder: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    shares = folder / "shares"
    return pl.scan_parquet(shares / "accounts/**/*.parquet"), pl.scan_parquet(shares / "contacts/**/*.parquet")


def _bare_lean(folder: Path) -> int:
    accounts, contacts = _tables(folder)
    of_person = contacts.group_by("person_id").agg(pl.len(), pl.all().max())
    joined = accounts.join(of_person, on="person_id", how="left", suffix="_of_contact")
    return joined.select(pl.all().max(), rows=pl.len()).collect(engine="streaming")["rows"][0]


def _bare_join(folder: Path) -> int:
    accounts, contacts = _tables(folder)
    joined = accounts.join(contacts, on="person_id", how="left", suffix="_of_contact")
    return joined.select(pl.all().max(), rows=pl.len()).collect(engine="streaming")["rows"][0]


def _apart(work: Callable[[], int]) -> Run:
    """Do it in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, work).result()


def _measured(work: Callable[[], int]) -> Run:
    begin = perf_counter(), process_time()
    rows = work()
    return Run(
        seconds=perf_counter() - begin[0], processor_seconds=process_time() - begin[1], peak_mib=peak_memory_mib(),
        rows=rows,
    )  # fmt: skip
