# SPDX-License-Identifier: Apache-2.0
"""Runs histories on several processes, for hours or for so many releases, and reports: `make soak`, `make soak-mass`.

Four kinds of history: `light` (the quick judge, most schedules), `whole` (every rule), `large` (portfolios in large
batches), `mass` (thousands of reminders, every release judged at a small price). Seeds are given out one after another;
the line of the report is written again every few minutes, so that an interrupted run leaves what it came to. A failing
seed is printed; the exit status is 1 if there was one.
"""

import argparse
import multiprocessing
import os
import queue
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.simulation.soak_report import REPORT, Run, keep_line

KINDS: Final = ("light", "whole", "large", "mass")
LARGE_PERSONS: Final = 1_500
MASS_PERSONS: Final = 12_000
KEEP_EVERY: Final = 120.0
"""Seconds between two states of the line in the report."""


def seeds(next_seed: Any, over: Any, ends: float) -> Iterator[int]:
    """Take one seed after another from the counter that all processes share, until it is over."""
    while not over.value and time.monotonic() < ends:
        with next_seed.get_lock():
            seed = next_seed.value
            next_seed.value += 1
        yield seed


def soak_one(options: argparse.Namespace, next_seed: Any, over: Any, results: Any) -> None:
    """Run histories until it is over; put (seed, counts, broken) of each into the queue, and None at the end."""
    # who presses Ctrl-C wants the sums; this process ends with its history
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import django

    django.setup()
    from tests.simulation.history import RAM
    from tests.simulation.kinds import prepared

    ends = time.monotonic() + options.hours * 3600
    with tempfile.TemporaryDirectory(prefix="rp-soak-", dir=RAM) as made:
        runner, draws = prepared(options.kind, Path(made), gate=options.gate, persons=options.persons)
        for seed in seeds(next_seed, over, ends):
            outcome = runner.run(draws(seed))
            results.put((seed, outcome.counts(), [f"{b.promise}: {b.detail}" for b in outcome.broken]))
    results.put(None)


def run(options: argparse.Namespace) -> Run:
    """Run all processes and return what came of them; keep the line of the report meanwhile."""
    context = multiprocessing.get_context("spawn")
    results, next_seed, over = context.Queue(), context.Value("q", options.first), context.Value("b", 0)
    workers = [
        context.Process(target=soak_one, args=(options, next_seed, over, results)) for _ in range(options.processes)
    ]
    for worker in workers:
        worker.start()
    made = Run(kind=options.kind, gate=options.gate, first=options.first)
    ended, kept = 0, time.monotonic()
    while ended < len(workers):
        try:
            said = results.get(timeout=5)
        except KeyboardInterrupt:
            over.value = 1
            print("ending after the histories under way", flush=True)
            continue
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in workers):
                keep_line(options.report, made)
                raise RuntimeError("a process of the soak has died; its fault is above") from None
            continue
        if said is None:
            ended += 1
            continue
        made.add(*said)
        if options.releases and made.sums["releases"] >= options.releases:
            over.value = 1
        _show(made, options)
        if time.monotonic() - kept > KEEP_EVERY:
            kept = time.monotonic()
            keep_line(options.report, made)
    for worker in workers:
        worker.join()
    keep_line(options.report, made)
    return made


def _show(made: Run, options: argparse.Namespace) -> None:
    """Say how far it is; a failing seed at once."""
    if made.last_broken:
        print(f"\nseed {made.last}: {made.last_broken[0]}", flush=True)
    of = f" of {options.releases:,}" if options.releases else ""
    done, seconds = made.sums["releases"], time.monotonic() - made.began
    print(
        f"\r{done:,}{of} releases in {made.sums['histories']:,} histories, {seconds:,.0f} s, {done / seconds:,.0f}/s,"
        f" {len(made.failures)} broken",
        end="",
        flush=True,
    )


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="end after so long at the latest")
    parser.add_argument("--releases", type=int, default=0, help="end after so many releases")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--kind", choices=KINDS, default="light")
    parser.add_argument("--gate", choices=("light", "whole"), help="of mass histories: quick judge or every rule")
    parser.add_argument("--persons", type=int, default=0, help="in the world of large and mass histories")
    parser.add_argument("--first", "--seed", type=int, default=1_000_000, help="first seed")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    options.gate = options.gate or ("light" if options.kind == "light" else "whole")
    options.persons = options.persons or (MASS_PERSONS if options.kind == "mass" else LARGE_PERSONS)
    made = run(options)
    print(f"\n{made.line()}")
    sys.exit(1 if made.failures else 0)


if __name__ == "__main__":
    main()
