# SPDX-License-Identifier: Apache-2.0
"""once: real workers killed at random instants, audited from the record of a real SMSC of another maker."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from django.db import connection

from rightparty.dispatch.models import Reminder
from tests.simulation.kill_audit import AFTER_THE_GATE, AT_THE_GATE, ON_THE_WIRE, Audit, audit
from tests.simulation.kill_drill import run
from tests.simulation.kill_worker import refuse_unfit_to_fork

KILLS = 20

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_killed_workers_neither_repeat_nor_lose_a_message(tmp_path: Path) -> None:
    at_once = 1 if connection.vendor == "sqlite" else 2
    result = run(tmp_path, kills=KILLS, seed=4, at_once=at_once)
    assert result.faults() == []
    assert result.kills == KILLS
    assert all(result.left()[place] for place in (ON_THE_WIRE, AFTER_THE_GATE, AT_THE_GATE))
    assert result.reminders > result.received > 0
    _see_that_the_audit_can_say_no(tmp_path, result)


def test_a_nursery_that_has_used_the_store_or_polars_does_not_fork() -> None:
    assert Reminder.objects.count() == pl.select(n=pl.lit(0)).item()
    with pytest.raises(RuntimeError, match="must not fork"):
        refuse_unfit_to_fork()


def _see_that_the_audit_can_say_no(folder: Path, result: Audit) -> None:
    """Change what was recorded, one thing at a time: each is found."""
    lines = (folder / "record").read_text("utf-8").splitlines()
    reminders = {row.address: row for row in Reminder.objects.all()}

    def again(change: Callable[[Path], object], **other: object) -> Audit:
        changed = folder / "changed"
        shutil.rmtree(changed, ignore_errors=True)
        changed.mkdir()
        for name in ("record", "facts", "log", "output"):
            shutil.copy(folder / name, changed)
        change(changed)
        return audit(changed, **({"seed": 4, "strikes": result.strikes, "held": {}} | other))  # type: ignore[arg-type]

    def record(said: list[str]) -> Callable[[Path], object]:
        return lambda made: (made / "record").write_text("\n".join(said), "utf-8")

    sent = next(line for line in lines if line.startswith("{"))
    assert again(record([*lines, sent])).duplicates == 1
    delivered = next(row.address for row in reminders.values() if row.state == "delivered").lstrip("+")
    assert again(record([line for line in lines if delivered not in line])).contradictions == 1
    never = next(row.address for row in reminders.values() if row.state in ("withheld", "cancelled"))
    assert again(record([*lines, json.dumps({"to": never, "udh": None})])).contradictions == 1
    released = next(row for row in reminders.values() if row.released_at)
    fact = json.dumps({"kind": "payment.posted", "account": released.account_id, "head": released.evidence_index - 1})
    assert again(lambda made: (made / "facts").write_text(fact, "utf-8")).after_facts == 1
    assert "evidence" in str(again(lambda _: None, held={0: "0" * 64}).faults())
    assert "nobody killed" in str(again(lambda _: None, strikes=[]).faults())
