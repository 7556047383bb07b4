# SPDX-License-Identifier: Apache-2.0
"""A dozen rows that break the portfolio contract, each in its own way, to show how rejection reads."""

from collections.abc import Mapping
from typing import Final

import polars as pl

_PHONE: Final = {"party_id": "P000001", "channel": "phone", "source": "branch", "relation": "self"}
_AT: Final = "2026-01-05T09:00:00+08:00"

SPOILED: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("parties", {"party_id": "X000001", "full_name": "", "country": "CN"}),
    ("parties", {"party_id": "X000002", "full_name": "样本", "country": "China"}),
    ("parties", {"party_id": "X000003", "full_name": "样本", "country": "CN", "date_of_birth": "1990-13-45"}),
    ("contact_points", {**_PHONE, "value": "12", "collected_at": _AT}),
    ("contact_points", {**_PHONE, "channel": "email", "value": "nobody.example", "collected_at": _AT}),
    ("contact_points", {**_PHONE, "channel": "fax", "value": "+8615400000009", "collected_at": _AT}),
    ("contact_points", {**_PHONE, "value": "+8615400000009", "collected_at": "2026-01-05 09:00"}),
    ("contact_points", {**_PHONE, "party_id": "X999999", "value": "+8615400000009", "collected_at": _AT}),
    ("accounts", {"account_id": "X000001", "product": "credit_card", "opened_on": "2024-01-05", "currency": "CNY",
                  "principal": "12,5", "status": "open", "market": "CN"}),
    ("instalments", {"account_id": "C00001", "due_on": "30.11.2026", "amount": "100.00"}),
    ("payments", {"payment_id": "X000001", "account_id": "C00001", "paid_at": _AT, "amount": "-5.00"}),
    ("holds", {"kind": "dispute", "from": _AT}),
)  # fmt: skip


def with_spoiled_rows(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the text tables with the spoiled rows at their ends."""
    spoiled = {}
    for table, frame in tables.items():
        rows = [{name: row.get(name, "") for name in frame.columns} for where, row in SPOILED if where == table]
        spoiled[table] = pl.concat([frame, pl.DataFrame(rows, schema=frame.schema)]) if rows else frame
    return spoiled
