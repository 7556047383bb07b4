# SPDX-License-Identifier: Apache-2.0
"""The world every history begins with, made once per process: five party ids of four humans, two accounts each."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.core.management import call_command
from django.db import connection, connections, transaction

from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.claim import claim
from tests.integration.dispatch.lender import add_person, enqueue, phone_of
from tests.simulation.mass_scenario import accounts_of, human_of
from tests.simulation.scenario import PERSONS
from tests.simulation.scheduler import START


@contextmanager
def connected_to(path: Path) -> Iterator[None]:
    """Let the default connection be one to this file."""
    before = connections["default"]
    made = connections.create_connection("default")
    made.settings_dict = {**made.settings_dict, "NAME": str(path)}
    connections["default"] = made
    try:
        yield
    finally:
        made.close()
        connections["default"] = before


def make_template(path: Path, *, empty: Path | None = None, more_persons: int = 0) -> None:
    """Write the template world to a file.

    Args:
        path: where.
        empty: a migrated, empty store to begin with; None to migrate here.
        more_persons: for histories of a portfolio, beside the five.
    """
    if empty is not None:
        with sqlite3.connect(empty) as source, sqlite3.connect(path) as target:
            source.backup(target)
    with connected_to(path):
        if empty is None:
            call_command("migrate", verbosity=0)
        for number, human in PERSONS.items():
            add_person(number, START, person=human, accounts=2)
        with transaction.atomic():
            _add_many([n for n in range(1, more_persons + 1) if n not in PERSONS])
    _fold(path)


COPIED: Final = (
    "parties_party", "parties_contactpoint", "parties_contactevent", "lending_account", "lending_accountparty",
    "lending_instalment",
)  # fmt: skip


def _add_many(numbers: Sequence[int]) -> None:
    """Add persons as the second one is, with as many accounts as `accounts_of` says."""
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            pattern = [row for row in rows if _is_of_the_second(row)]
            kept = [name for name in names if name != "id"]
            copies = [
                [_copied(name, row[name], number) for name in kept]
                for number in numbers
                for row in pattern
                if not str(row.get("account_id")).endswith("-1") or accounts_of(number) == 2
            ]
            columns, marks = ", ".join(f'"{name}"' for name in kept), ", ".join("%s" for _ in kept)
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", copies)


def _is_of_the_second(row: dict[str, Any]) -> bool:
    return row.get("party_id") == "P2" or str(row.get("account_id")).startswith("A2-")


def _copied(name: str, value: Any, number: int) -> Any:
    if name == "person_id":
        return human_of(number)
    if name in ("party_id", "event_id"):
        return value.replace("P2", f"P{number}")
    if name == "account_id":
        return value.replace("A2-", f"A{number}-")
    return phone_of(number) if value == phone_of(2) else value


def _fold(path: Path) -> None:
    with sqlite3.connect(path, isolation_level=None) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def judged_row(template: Path, folder: Path) -> pl.DataFrame:
    """Return one row as the whole gate judges it, for the light gate."""
    path, seen = folder / "judged.db", []
    with sqlite3.connect(template) as source, sqlite3.connect(path) as target:
        source.backup(target)
    original = gate.decide

    def noting(judged: pl.DataFrame, **options: object) -> object:
        seen.append(judged)
        return original(judged, **options)

    gate.decide = noting
    try:
        with connected_to(path):
            enqueue([("A2-0", 2)], START)
            ids = claim(worker="t", at=START, batch=1, lease_seconds=60, channels=["sms"])
            assert gate.release(ids, at=START, worker="t").released, "the template's person is not lawful to remind"
    finally:
        gate.decide = original
    return seen[0]
