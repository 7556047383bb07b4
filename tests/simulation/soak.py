# SPDX-License-Identifier: Apache-2.0
"""Runs histories for hours on several processes and adds what came of it to a report: `make soak HOURS=8`.

Three kinds of history: `light` (the quick judge, most schedules), `whole` (every rule), `large` (portfolios in large
batches: most releases). A failing seed is printed; the exit status is 1 if there was one.
"""

import argparse
import multiprocessing
import os
import queue
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.simulation.soak_report import REPORT, add_to_report

KINDS = ("light", "whole", "large")
LARGE_PERSONS = 1_500


def seeds_of(number: int, processes: int, first: int) -> Any:
    """Return the seeds of one process: every n-th."""
    seed = first + number
    while True:
        yield seed
        seed += processes


def soak_one(number: int, options: argparse.Namespace, results: Any) -> None:
    """Run histories until the time is over; put (kind, seed, counts, broken) of each into the queue."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import django

    django.setup()
    from tests.simulation.history import RAM, Runner
    from tests.simulation.light_gate import LightGate
    from tests.simulation.scenario import draw, draw_large
    from tests.simulation.template import judged_row, make_template

    ends = time.monotonic() + options.hours * 3600
    with tempfile.TemporaryDirectory(prefix="rp-soak-", dir=RAM) as made:
        folder = Path(made)
        large = options.kind == "large"
        make_template(folder / "template.db", more_persons=LARGE_PERSONS if large else 0)
        judge = LightGate(judged_row(folder / "template.db", folder)) if options.kind == "light" else None
        runner = Runner(folder / "template.db", folder, judge)
        for seed in seeds_of(number, options.processes, options.first):
            if time.monotonic() > ends:
                break
            outcome = runner.run(draw_large(seed, persons=LARGE_PERSONS) if large else draw(seed))
            counts = {"histories": 1, "releases": outcome.released, "wire writes": outcome.written,
                      "commits": outcome.commits, "points": outcome.points,
                      "unknown": outcome.moves["released>unknown"]}  # fmt: skip
            counts |= {f"fault {what}": count for what, count in outcome.fired.items()}
            results.put((seed, counts, [f"{b.promise}: {b.detail}" for b in outcome.broken]))
    results.put(None)


def run(options: argparse.Namespace) -> tuple[Counter[str], dict[int, list[str]], int]:
    """Run all processes; return the sums, the failures by seed, and the last seed."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=soak_one, args=(n, options, results)) for n in range(options.processes)]
    for worker in workers:
        worker.start()
    sums: Counter[str] = Counter()
    failures: dict[int, list[str]] = {}
    ended, last = 0, options.first
    while ended < len(workers):
        try:
            said = results.get(timeout=5)
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in workers):
                raise RuntimeError("a process of the soak has died; its fault is above") from None
            continue
        if said is None:
            ended += 1
            continue
        seed, counts, broken = said
        sums.update(counts)
        last = max(last, seed)
        if broken:
            failures[seed] = broken
            print(f"seed {seed}: {broken[0]}", flush=True)
    for worker in workers:
        worker.join()
    return sums, failures, last


def report_line(options: argparse.Namespace, sums: Counter[str], failures: dict[int, list[str]], last: int) -> str:
    """Return what the report says of one run."""
    faults = ", ".join(f"{n:,} {what[6:]}" for what, n in sorted(sums.items()) if what.startswith("fault "))
    return (
        f"{options.kind} histories, seeds {options.first} to {last}: {sums['histories']:,} histories of"
        f" {sums['points']:,} points, {sums['commits']:,} commits, {sums['releases']:,} releases,"
        f" {sums['wire writes']:,} wire writes, {sums['unknown']:,} of unknown outcome; faults: {faults}."
        f" Promises broken in {len(failures)} histories{': seeds ' if failures else ''}{', '.join(map(str, failures))}."
    )


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--kind", choices=KINDS, default="light")
    parser.add_argument("--first", type=int, default=1_000_000)
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    sums, failures, last = run(options)
    line = report_line(options, sums, failures, last)
    add_to_report(options.report, line)
    print(line)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
