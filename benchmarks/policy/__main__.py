# SPDX-License-Identifier: Apache-2.0
"""Judges a portfolio of twelve markets by every rule, beside a bare scan and join of the same columns in the same run.

`python -m benchmarks.policy --accounts 10000000`
`python -m benchmarks.policy --accounts 1000000 --folder DIR` keeps the files, and uses them if they are there
`python -m benchmarks.policy --only gate` the gate's batches, and zen-engine with the same rules
`python -m benchmarks.policy --only judging` the portfolio, without what lies beside it

Two contacts to an account, and files in no order of persons, as a lender exports them. Each measurement over the
portfolio runs in a process of its own, whose peak of memory is told.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from benchmarks.policy.gate import facts_of, gate_times
from benchmarks.policy.large import bare_join, bare_lean, bare_scan, judge_everything, permitted
from benchmarks.policy.portfolio import write_portfolio
from benchmarks.policy.zen_rules import beside_zen
from rightparty.policy.pack import load_packs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the files here")
    parser.add_argument("--only", choices=("portfolio", "judging", "gate"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        if not (folder / "accounts").exists():
            write_portfolio(folder, given.accounts)
        measurements = []
        if given.only != "gate":
            measurements += _portfolio(folder, beside=given.only != "judging")
        if given.only in (None, "gate"):
            measurements += _gate(folder)
    report = BenchmarkReport(benchmark="policy", parameters={"accounts": given.accounts}, measurements=measurements)
    print_report(report, as_json=given.json)


def _portfolio(folder: Path, *, beside: bool) -> list[Measurement]:
    scanned = bare_scan(folder) if beside else None
    bare = bare_lean(folder) if beside else None
    joined = bare_join(folder) if beside else None
    judged = judge_everything(folder)
    millions = judged.rows / 1_000_000
    return [
        *(
            Measurement(name=f"bare: {name}", value=run.seconds, unit="s")
            for name, run in (("scan", scanned), ("scan, group and join", bare), ("scan, join every contact", joined))
            if run
        ),
        Measurement(
            name="judge the files and write verdicts",
            value=judged.seconds,
            unit="s",
            floor=bare.seconds if bare else None,
        ),
        Measurement(
            name="the same, processor",
            value=judged.processor_seconds,
            unit="s",
            floor=bare.processor_seconds if bare else None,
        ),
        Measurement(name="the same, a million accounts", value=judged.seconds / millions, unit="s"),
        Measurement(
            name="the same, processor, a million accounts", value=judged.processor_seconds / millions, unit="s"
        ),
        Measurement(name="the same, peak memory", value=judged.peak_mib, unit="MiB"),
        Measurement(name="permitted", value=permitted(folder), unit="accounts"),
    ]


def _gate(folder: Path) -> list[Measurement]:
    accounts = pl.scan_parquet(folder / "accounts/0000.parquet").head(20_000).collect()
    contacts = pl.scan_parquet(folder / "contacts/*.parquet").join(
        accounts.lazy().select("person_id").unique(), on="person_id", how="semi"
    )
    packs = load_packs()
    near = contacts.collect()
    return [*gate_times(accounts, near, packs), *beside_zen(facts_of(accounts, near), packs)]


if __name__ == "__main__":
    main()
