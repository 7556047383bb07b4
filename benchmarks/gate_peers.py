# SPDX-License-Identifier: Apache-2.0
"""Job queues running jobs that do nothing, one at a time as they do: procrastinate, DBOS and huey.

What the gate does per message it does on top; the queues claim one job at a time, the gate a batch, and that is most
of the difference.
"""

import asyncio
import tempfile
import time
from pathlib import Path


def procrastinate_jobs(url: str, jobs: int, *, concurrency: int = 10) -> float:
    """Return empty jobs per second of one procrastinate worker on PostgreSQL, enqueued beforehand."""
    import procrastinate
    from procrastinate.types import JSONValue

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="nothing")
    async def nothing(number: int) -> None:
        """Do nothing."""

    async def run() -> float:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            given: list[dict[str, JSONValue]] = [{"number": number} for number in range(jobs)]
            await nothing.batch_defer_async(*given)
            start = time.perf_counter()
            await app.run_worker_async(
                wait=False, concurrency=concurrency, install_signal_handlers=False, listen_notify=False
            )
            return jobs / (time.perf_counter() - start)

    return asyncio.run(run())


def dbos_jobs(url: str, jobs: int) -> float:
    """Return empty workflows per second of a DBOS queue on PostgreSQL, from the first enqueued to the last ended."""
    from dbos import DBOS

    DBOS(config={"name": "empty", "system_database_url": url, "log_level": "ERROR"})

    @DBOS.workflow()
    def nothing(number: int) -> None:
        """Do nothing."""

    DBOS.launch()
    try:
        DBOS.register_queue("empty", polling_interval_sec=0.01)
        start = time.perf_counter()
        handles = [DBOS.enqueue_workflow("empty", nothing, number) for number in range(jobs)]
        for handle in handles:
            handle.get_result()
        return jobs / (time.perf_counter() - start)
    finally:
        DBOS.destroy()


def huey_jobs(jobs: int) -> float:
    """Return empty jobs per second of huey on SQLite with fsync, in its fastest form: one loop, no consumer's threads.

    It deletes a job as it takes it: at most once, and lost if the process dies.
    """
    from huey import SqliteHuey

    with tempfile.TemporaryDirectory() as home:
        huey = SqliteHuey(filename=str(Path(home) / "huey.db"), fsync=True, results=False)

        @huey.task()
        def nothing(number: int) -> None:
            """Do nothing."""

        for number in range(jobs):
            nothing(number)
        start = time.perf_counter()
        done = 0
        while (job := huey.dequeue()) is not None:
            huey.execute(job)
            done += 1
        seconds = time.perf_counter() - start
        if done != jobs:
            raise RuntimeError(f"huey ran {done} of {jobs} jobs")
        return jobs / seconds
