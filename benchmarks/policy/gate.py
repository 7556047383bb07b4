# SPDX-License-Identifier: Apache-2.0
"""What the rules cost the gate: a thousand messages at a time."""

from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time

import numpy as np
import polars as pl

from benchmarks.machine import Measurement
from benchmarks.policy.portfolio import AT
from rightparty.policy.calendar import with_calendar
from rightparty.policy.evaluate import judge
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import INSTANT, with_local_time
from rightparty.policy.pack import LawPacks

MESSAGES = 1_000
_REPEATS = 200


def facts_of(accounts: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts with every fact, as the gate has them before it evaluates the rules."""
    timed = with_local_time(accounts, at=AT).with_columns(at=pl.lit(AT).cast(INSTANT))
    return with_calendar(count_contacts(timed, contacts, at=AT))


def gate_times(accounts: pl.DataFrame, contacts: pl.DataFrame, packs: LawPacks) -> list[Measurement]:
    """Measure a thousand messages of all markets, and a thousand of one."""
    found = []
    for name, some in (
        ("12 markets", accounts.head(MESSAGES)),
        ("1 market", accounts.filter(pl.col("market") == "CN").head(MESSAGES)),
    ):
        theirs = contacts.join(some.select("person_id").unique(), on="person_id", how="semi")
        facts = facts_of(some, theirs)
        found += _times(f"1,000 messages, {name}, facts ready", partial(judge, facts, packs))
        for kind, past in (("every contact", theirs), ("few contacts", _few(theirs))):
            title = f"1,000 messages, {name}, {kind} ({past.height:,})"
            timed = with_local_time(some, at=AT)
            found += _times(f"{title}, counting", partial(count_contacts, timed, past, at=AT))
            found += _times(
                f"{title}, clocks, counting, calendar, rules", partial(_counted_and_judged, some, past, packs)
            )
    return found


def _few(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return four contacts of each person, in the order in which the store is read."""
    return contacts.sort("person_id", "occurred_at").group_by("person_id", maintain_order=True).head(4)


def _counted_and_judged(some: pl.DataFrame, theirs: pl.DataFrame, packs: LawPacks) -> pl.DataFrame:
    return judge(facts_of(some, theirs), packs)


def _times(name: str, work: Callable[[], pl.DataFrame]) -> list[Measurement]:
    work()
    taken, processor = [], []
    for _ in range(_REPEATS):
        begin = perf_counter(), process_time()
        work()
        taken.append((perf_counter() - begin[0]) * 1_000)
        processor.append((process_time() - begin[1]) * 1_000)
    return [
        Measurement(name=f"{name}, median", value=float(np.median(taken)), unit="ms"),
        Measurement(name=f"{name}, p99", value=float(np.percentile(taken, 99)), unit="ms"),
        Measurement(name=f"{name}, processor, median", value=float(np.median(processor)), unit="ms"),
    ]
