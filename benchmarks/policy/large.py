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
from rightparty.policy.over_files import judge_files
from rightparty.policy.pack import load_packs


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One thing done once."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    rows: int


def judge_everything(folder: Path) -> Run:
    """Judge the exported files by every rule of every market and write the verdicts, in one go."""
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


def _judge(folder: Path) -> int:
    return judge_files(folder / "accounts", folder / "contacts", folder / "verdicts", at=AT, packs=load_packs())


def _tables(folder: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    return pl.scan_parquet(folder / "accounts/*.parquet"), pl.scan_parquet(folder / "contacts/*.parquet")


def bare_scan(folder: Path) -> Run:
    """Read every column of the same files, and nothing else."""
    return _apart(partial(_bare_scan, folder))


def _bare_scan(folder: Path) -> int:
    read = [table.select(pl.all().max(), rows=pl.len()).collect(engine="streaming") for table in _tables(folder)]
    return int(read[0]["rows"][0])


def _bare_lean(folder: Path) -> int:
    accounts, contacts = _tables(folder)
    of_person = contacts.group_by("person_id").agg(pl.len(), pl.all().max())
    joined = accounts.join(of_person, on="person_id", how="left", suffix="_of_contact")
    return int(joined.select(pl.all().max(), rows=pl.len()).collect(engine="streaming")["rows"][0])


def _bare_join(folder: Path) -> int:
    accounts, contacts = _tables(folder)
    joined = accounts.join(contacts, on="person_id", how="left", suffix="_of_contact")
    return int(joined.select(pl.all().max(), rows=pl.len()).collect(engine="streaming")["rows"][0])


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
