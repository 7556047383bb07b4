# SPDX-License-Identifier: Apache-2.0
"""Judges a portfolio of twelve markets by every rule, beside a bare scan and join of the same columns in the same run.

`python -m benchmarks.policy --accounts 10000000`
`python -m benchmarks.policy --accounts 1000000 --folder DIR` keeps the files, and uses them if they are there
`python -m benchmarks.policy --only gate` the gate's batches, and zen-engine with the same rules

Two contacts to an account. The files lie as exported and are first laid out in shares of whole persons; that is
measured apart. Each measurement over the portfolio runs in a process of its own, whose peak of memory is told.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from benchmarks.policy.gate import gate_times
from benchmarks.policy.large import bare_join, bare_lean, judge_everything, lay_out, permitted
from benchmarks.policy.portfolio import write_portfolio
from rightparty.policy.pack import load_packs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the files here")
    parser.add_argument("--only", choices=("portfolio", "gate"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        if not (folder / "accounts").exists():
            write_portfolio(folder, given.accounts)
        measurements = []
        if given.only != "gate":
            measurements += _portfolio(folder, given.accounts)
        if given.only != "portfolio":
            measurements += _gate(folder)
    report = BenchmarkReport(benchmark="policy", parameters={"accounts": given.accounts}, measurements=measurements)
    print_report(report, as_json=given.json)


def _portfolio(folder: Path, accounts: int) -> list[Measurement]:
    laid = lay_out(folder, accounts)
    bare, joined = bare_lean(folder), bare_join(folder)
    judged = judge_everything(folder)
    return [
        Measurement(name="lay out in shares", value=laid.seconds, unit="s"),
        Measurement(name="the same, peak memory", value=laid.peak_mib, unit="MiB"),
        Measurement(name="bare: scan, group and join", value=bare.seconds, unit="s"),
        Measurement(name="bare: scan, join every contact", value=joined.seconds, unit="s"),
        Measurement(name="judge and write verdicts", value=judged.seconds, unit="s", floor=bare.seconds),
        Measurement(name="the same, processor", value=judged.processor_seconds, unit="s", floor=bare.processor_seconds),
        Measurement(name="the same, peak memory", value=judged.peak_mib, unit="MiB"),
        Measurement(name="the same, accounts", value=judged.rows / judged.seconds, unit="accounts/s"),
        Measurement(name="permitted", value=permitted(folder), unit="accounts"),
    ]


def _gate(folder: Path) -> list[Measurement]:
    accounts = pl.scan_parquet(folder / "accounts/0000.parquet").head(20_000).collect()
    contacts = pl.scan_parquet(folder / "contacts/*.parquet").join(
        accounts.lazy().select("person_id").unique(), on="person_id", how="semi"
    )
    return gate_times(accounts, contacts.collect(), load_packs())


if __name__ == "__main__":
    main()
