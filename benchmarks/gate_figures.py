# SPDX-License-Identifier: Apache-2.0
"""The gate's figures in one run: SQLite, PostgreSQL with 1, 2 and 4 workers, and queues that run empty jobs.

`python -m benchmarks.gate_figures [--json] [--rows N] [--jobs N]`. Everything on this machine, one after another, the
PostgreSQL server among it; the floor of each figure is a bare claim-and-mark of the same rows on the same store.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.gate_peers import dbos_jobs, huey_jobs, procrastinate_jobs
from benchmarks.machine import BenchmarkReport, Measurement, print_report


def gate(*, rows: int, workers: int, contacts: int, url: str = "") -> tuple[float, float]:
    """Return releases per second and the floor's, in a process of its own with an empty store."""
    own = [
        sys.executable, "-m", "benchmarks.gate_releases", "--json", "--rows", str(rows), "--workers", str(workers),
        "--contacts", str(contacts),
    ]  # fmt: skip
    store = {"DATABASE_URL": url} if url else {}
    told = subprocess.run(own, env=os.environ | store, check=True, stdout=subprocess.PIPE, text=True).stdout
    measured = json.loads(told)["measurements"][0]
    return measured["value"], measured["floor"]


def new_database(server: str, name: str) -> str:
    """Create an empty database and return its URL."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    base, _, options = server.partition("?")
    return f"{base.rpartition('/')[0]}/{name}{'?' + options if options else ''}"


def measure(rows: int, jobs: int) -> BenchmarkReport:
    """Measure everything."""
    from tests.postgresql import started_server_url

    found: list[Measurement] = []
    with tempfile.TemporaryDirectory() as home:
        for contacts in (0, 5):
            rate, floor = gate(rows=rows, workers=1, contacts=contacts)
            found.append(_of_gate(f"SQLite, {contacts} contacts", rate, floor))
        server = started_server_url(Path(home))
        for workers in (1, 2, 4):
            rate, floor = gate(rows=rows, workers=workers, contacts=0, url=new_database(server, f"gate{workers}"))
            found.append(_of_gate(f"PostgreSQL, {workers} workers", rate, floor))
        rate, floor = gate(rows=rows, workers=4, contacts=5, url=new_database(server, "gate_contacts"))
        found.append(_of_gate("PostgreSQL, 4 workers, 5 contacts", rate, floor))
        peers = {
            "huey, SQLite, empty jobs": huey_jobs(jobs),
            "procrastinate, empty jobs": procrastinate_jobs(new_database(server, "procrastinate"), jobs),
            "DBOS, empty jobs": dbos_jobs(new_database(server, "dbos"), jobs),
        }
        found += [Measurement(name=name, value=rate, unit="jobs/s") for name, rate in peers.items()]
    return BenchmarkReport(
        benchmark="gate_figures", parameters={"rows": rows, "jobs": jobs, "batch": 2_000}, measurements=found
    )


def _of_gate(name: str, rate: float, floor: float) -> Measurement:
    return Measurement(name=name, value=rate, unit="releases/s", floor=floor)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--jobs", type=int, default=2_000)
    options = parser.parse_args()
    print_report(measure(options.rows, options.jobs), as_json=options.json)


if __name__ == "__main__":
    main()
