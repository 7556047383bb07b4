# SPDX-License-Identifier: Apache-2.0
"""Links records of one human, beside Splink and recordlinkage on the same records in the same run.

`python -m benchmarks.linkage --data census_w2 census_ssa --noise high --seed 2 --json`
`python -m benchmarks.linkage --million`
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from time import perf_counter, process_time
from typing import Final

import polars as pl

from benchmarks.linkage.data import LinkageData, load
from benchmarks.linkage.methods import ours, recordlinkage_ecm, splink_tutorial
from benchmarks.linkage.million import measure_million
from benchmarks.linkage.scores import Quality, quality
from benchmarks.machine import machine_facts

DATA: Final = ("febrl1", "febrl2", "febrl3", "febrl4", "census_w2", "census_ssa", "chinese")
METHODS: Final[dict[str, Callable[[LinkageData], pl.DataFrame]]] = {
    "rightparty": ours,
    "Splink, tutorial-style model": splink_tutorial,
    "recordlinkage ECM": recordlinkage_ecm,
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--noise", choices=("default", "high"), default="default")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--records", type=int, default=20_000, help="of the made-up Chinese portfolio")
    parser.add_argument("--only-ours", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--people", type=int, default=1_000_000, help="of --million")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.million:
        measure_million(given.people, seed=given.seed, as_json=given.json)
        return
    rows = []
    for name in given.data:
        data = load(name, noise=given.noise, seed=given.seed, records=given.records)
        for method, run in METHODS.items():
            if given.only_ours and method != "rightparty":
                continue
            rows.append(_measured(data, method, run))
            if not given.json:
                _print(rows[-1])
    if given.json:
        print(json.dumps({"machine": machine_facts(), "rows": [asdict(row) for row in rows]}, indent=1))


def _measured(data: LinkageData, method: str, run: Callable[[LinkageData], pl.DataFrame]) -> Quality:
    begin = perf_counter(), process_time()
    scored = run(data)
    seconds = perf_counter() - begin[0]
    return quality(
        scored, data.truth, data=data.name, method=method, seconds=seconds, cpu_seconds=process_time() - begin[1]
    )


def _print(row: Quality) -> None:
    print(
        f"{row.data:40} {row.method:30} F1 {row.best_f1:.4f}  R@P.999 {row.recall_at_precision_999:.4f}  "
        f"at .99: {row.false_links} false, {row.true_links} true  Brier {row.brier:.5f}  "
        f"{row.seconds:.1f} s ({row.cpu_seconds:.1f} s of processor)  {row.pairs_compared} pairs",
        flush=True,
    )


if __name__ == "__main__":
    main()
