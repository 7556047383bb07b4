# SPDX-License-Identifier: Apache-2.0
"""A worker process for the drill: loads everything, says "ready", waits for a word, then works until it is killed."""

import os
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

LEASE_SECONDS = 3
BATCH = 40


def clock() -> datetime:
    """Return the drill's time of day: its beginning is ten o'clock in Shanghai, whenever it runs."""
    began = float(os.environ["DRILL_BEGAN"])
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC) + timedelta(seconds=time.time() - began)


def warm_up() -> None:
    """Judge some rows without writing anything, so that what is loaded at first use is loaded."""
    from django.db import transaction

    from rightparty.dispatch import queries
    from rightparty.dispatch.locks import lock_for_release
    from rightparty.dispatch.operations import release as gate
    from rightparty.kernel.identifiers import new_reference_codes
    from rightparty.planning.drafts.queries import installed_packs
    from rightparty.store.queries import is_postgresql, read_frame

    sql = f"SELECT {', '.join(queries._CLAIMED)} FROM dispatch_reminder LIMIT 3"
    rows = read_frame(sql, schema=queries._CLAIMED)
    # on SQLite a transaction would keep the others from writing for as long as this takes; there are no row locks
    with transaction.atomic() if is_postgresql() else nullcontext():
        locked = lock_for_release(rows)
        gate._decide(rows, locked, installed_packs(), at=clock(), new_codes=new_reference_codes)


def main() -> None:
    """Work as `rightparty work` does, with a short lease."""
    import django

    django.setup()
    from django.db import connection

    from rightparty.dispatch.worker import Worker, WorkOptions

    warm_up()
    connection.close()
    print("ready", flush=True)
    if not sys.stdin.readline():
        return
    Worker(clock=clock, options=WorkOptions(batch=BATCH, lease_seconds=LEASE_SECONDS)).run()


if __name__ == "__main__":
    main()
