# SPDX-License-Identifier: Apache-2.0
"""A quick judge in place of the rules, so that thousands of histories fit in a minute.

The gate's transaction, its locks, claims, writes, texts and records are the product's own; only the step from facts to
verdicts is replaced: it reads the same tables in the same transaction with a statement each, and knows six reasons. The
histories with the whole gate, and the suites of law and policy, keep the rules themselves.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import polars as pl
from django.db import connection

from rightparty.dispatch.operations import release as gate
from rightparty.kernel.reasons import mask_of

SHANGHAI = timedelta(hours=8)


class LightGate:
    """Judges rows from a template row that the whole gate has judged once."""

    def __init__(self, template: pl.DataFrame) -> None:
        self.template = template

    def judged(self, rows: pl.DataFrame, parties: Sequence[str], at: datetime) -> pl.DataFrame:
        """Return the rows as the rules would: the template's columns with their own keys and reasons."""
        masks = self.masks(rows, parties, at)
        return self.template[[0] * rows.height].with_columns(
            *[rows[name] for name in ("id", "account_id", "party_id", "address", "planned_at", "step", "cycle")],
            reasons_mask=pl.Series(masks, dtype=pl.Int64),
            permitted=pl.Series([mask == 0 for mask in masks], dtype=pl.Boolean),
            person_id=pl.Series([self.known.humans[party] for party in rows["party_id"]], dtype=pl.String),
        )

    def facts(self, rows: pl.DataFrame, parties: Sequence[str]) -> "Known":
        """Read what the verdicts hang on."""
        accounts = rows["account_id"].unique().sort().to_list()
        addresses = rows["address"].unique().sort().to_list()
        humans = dict(_ask("SELECT party_id, person_id FROM parties_party WHERE party_id IN ({})", parties))
        paid = _ask(
            "SELECT DISTINCT account_id FROM lending_payment WHERE status <> 'reversed' AND account_id IN ({})",
            accounts,
        )
        held = _ask("SELECT account_id, party_id FROM lending_hold WHERE id > 0", [])
        said = _ask(
            "SELECT value, kind FROM parties_contactevent WHERE kind IN ('opted_out', 'wrong_party') AND value IN ({})",
            addresses,
        )
        sent = _ask(
            "SELECT party_id, occurred_at FROM parties_contactevent WHERE kind = 'sent' AND party_id IN ({})", parties
        )
        return Known(
            humans=humans,
            paid={account for (account,) in paid},
            held={key for row in held for key in row if key},
            said={(value, kind) for value, kind in said},
            sent=[(party, _instant(when)) for party, when in sent],
        )

    def masks(self, rows: pl.DataFrame, parties: Sequence[str], at: datetime) -> list[int]:
        """Return the reasons against each row, 0 for none."""
        self.known = self.facts(rows, parties)
        by_human: dict[str, list[datetime]] = {}
        for party, when in self.known.sent:
            by_human.setdefault(self.known.humans[party], []).append(when)
        return [self._mask(row, self.known, by_human, at) for row in rows.iter_rows(named=True)]

    def _mask(self, row: dict[str, Any], known: "Known", by_human: dict[str, list[datetime]], at: datetime) -> int:
        mine = by_human.get(known.humans[row["party_id"]], [])
        today = [when for when in mine if (when + SHANGHAI).date() == (at + SHANGHAI).date()]
        week = [when for when in mine if abs(when - at) < timedelta(days=7)]
        reasons = {
            "right_debt.nothing_due": row["account_id"] in known.paid,
            "right_debt.on_hold": bool({row["account_id"], row["party_id"]} & known.held),
            "right_time.opted_out": (row["address"], "opted_out") in known.said,
            "right_party.reported_wrong_party": (row["address"], "wrong_party") in known.said,
            "right_time.person_daily_cap": bool(today) or len(week) >= 3,
        }
        return mask_of([code for code, applies in reasons.items() if applies])


@dataclass(slots=True)
class Known:
    """Facts of the parties, accounts and addresses of a batch."""

    humans: dict[str, str]
    paid: set[str]
    held: set[str]
    said: set[tuple[str, str]]
    sent: list[tuple[str, datetime]]


def _ask(sql: str, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(", ".join("%s" for _ in keys)), list(keys))
        return list(cursor.fetchall())


def _instant(stored: Any) -> datetime:
    given = stored if isinstance(stored, datetime) else datetime.fromisoformat(str(stored))
    return given if given.tzinfo else given.replace(tzinfo=UTC)


@contextmanager
def light(judge: LightGate) -> Iterator[None]:
    """Let the gate judge lightly within the block."""
    with (
        mock.patch.object(gate, "read_world", lambda *, at, party_ids, **_named: (party_ids, at)),
        mock.patch.object(gate, "assemble_facts", lambda rows, world, **_named: judge.judged(rows, *world)),
        mock.patch.object(gate, "judge", lambda facts, _packs: facts),
    ):
        yield
