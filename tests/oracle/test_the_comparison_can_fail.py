# SPDX-License-Identifier: Apache-2.0
"""right_time: mutation evidence. One boundary is moved in the engine's copy of a law, and the readers part."""

import shutil
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.comparing import SHIPPED, SILENT_HOUSE, Readers, readers
from tests.oracle.drafts import LONG_AGO, REASON_OF, write_pack
from tests.oracle.generate import MARKETS, frame_of
from tests.oracle.lawbook import Lawbook
from tests.oracle.situation import Situation

SITUATIONS = 500
MOST_FRAMES = 60
TURN = date(2026, 11, 16)
LEARNT = date(2026, 1, 20)

KINDS: dict[str, dict[str, Any]] = {
    "contact_hours": {"from": "08:00", "to": "22:00", "agreed_hours": True, "until_dpd": 60},
    "contact_hours of working days": {"from": "08:00", "to": "20:00", "agreed_hours": True, "days": "working"},
    "contact_days": {"weekdays": [1, 2, 3, 4, 5], "holidays": False, "agreed_days": True},
    "frequency": {"counts": "contacts", "window": "day", "most": 3},
    "frequency of a week": {"counts": "debt_calls", "window": "7d", "most": 7},
    "frequency of a month": {"counts": "messages", "window": "31d", "most": 4},
    "after_conversation": {"days": 7},
    "minor": {"age": 18},
    "statute_barred": {"years": 3},
    "hold": {"holds": ["hardship", "legal"]},
    "liable_roles": {},
    "workplace": {},
    "consent_required": {},
}
MUTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("contact_hours", {"from": "08:01"}),
    ("contact_hours", {"from": "07:59"}),
    ("contact_hours", {"to": "22:01"}),
    ("contact_hours", {"to": "21:59"}),
    ("contact_hours", {"agreed_hours": False}),
    ("contact_hours", {"until_dpd": 59}),
    ("contact_hours of working days", {"days": "all"}),
    ("contact_hours of working days", {"days": "non_working"}),
    ("contact_days", {"weekdays": [1, 2, 3, 4, 5, 6]}),
    ("contact_days", {"weekdays": "working"}),
    ("contact_days", {"weekdays": "all"}),
    ("contact_days", {"holidays": True}),
    ("contact_days", {"agreed_days": False}),
    ("frequency", {"most": 2}),
    ("frequency", {"most": 4}),
    ("frequency", {"counts": "messages"}),
    ("frequency", {"window": "7d"}),
    ("frequency of a week", {"most": 8}),
    ("frequency of a week", {"counts": "call_attempts"}),
    ("frequency of a month", {"window": "7d"}),
    ("after_conversation", {"days": 6}),
    ("after_conversation", {"days": 8}),
    ("minor", {"age": 17}),
    ("statute_barred", {"years": 2}),
    ("hold", {"holds": ["hardship"]}),
    ("hold", {"holds": ["hardship", "legal", "complaint"]}),
    *((kind, {"channels": ["sms", "email", "app", "post"]}) for kind in ("liable_roles", "workplace")),
    *((kind, {"effective_from": TURN}) for kind in ("consent_required", "contact_days")),
    *((kind, {"effective_to": TURN}) for kind in ("consent_required", "contact_hours")),
    ("consent_required", {"recorded_from": LEARNT + timedelta(days=1)}),
    ("consent_required", {"recorded_to": LEARNT}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change"), MUTATIONS, ids=[f"{name}: {'/'.join(map(str, change.items()))}" for name, change in MUTATIONS]
)
def test_a_moved_boundary_parts_the_readers(tmp_path: Path, name: str, change: dict[str, Any]) -> None:
    """A reason of its own shows the rule alone: no other rule of the pack gives it."""
    rule = {**statement(name), "id": "moved"}
    reason = "right_words.render_failed" if name != "minor" else rule["reason"]
    for folder, stated in (("engine", {**rule, "reason": reason, **change}), ("oracle", {**rule, "reason": reason})):
        for market in MARKETS:
            write_pack(tmp_path / folder, market, [*(statement(needed) for needed in NEEDED), stated])
    both = readers(tmp_path / "engine", known_on=LEARNT, oracle=tmp_path / "oracle", house=SILENT_HOUSE)
    assert part_by(both, reason)


@pytest.mark.parametrize(
    ("market", "stated", "moved", "reason"),
    [
        ("US", "most = 7", "most = 8", "right_time.debt_call_cap"),
        ("CN", 'to = "22:00"', 'to = "22:01"', "right_time.outside_contact_hours"),
        ("SK", 'weekdays = "working"', 'weekdays = "all"', "right_time.not_a_contact_day"),
        ("RU", "most = 16", "most = 17", "right_time.person_message_cap"),
    ],
)
def test_a_boundary_moved_in_a_shipped_pack_parts_the_readers(
    tmp_path: Path, market: str, stated: str, moved: str, reason: str
) -> None:
    shutil.copytree(SHIPPED, tmp_path / "packs")
    file = tmp_path / "packs" / market / "pack.toml"
    text = file.read_text(encoding="utf-8")
    assert stated in text
    file.write_text(text.replace(stated, moved), encoding="utf-8")
    assert part_by(readers(tmp_path / "packs", oracle=SHIPPED, house=SILENT_HOUSE), reason)


def part_by(both: Readers, reason: str) -> bool:
    """Tell whether some generated situation parts the readers by this reason, whatever else does."""
    return any(reason in engine ^ oracle for seed in range(MOST_FRAMES) for _, engine, oracle in both.part(frame(seed)))


@cache
def frame(seed: int) -> list[Situation]:
    return frame_of(seed, SITUATIONS, Lawbook(SHIPPED))


NEEDED = ("contact_hours always", "liable_roles", "medium_refused")


def statement(name: str) -> dict[str, Any]:
    kind = name.split(" ", maxsplit=1)[0]
    given = {"from": "00:00", "to": "24:00", "agreed_hours": False} if name == NEEDED[0] else KINDS.get(name, {})
    return {
        "id": name, "kind": kind, "reason": REASON_OF[kind], "term": "a term", "citation": "a draft",
        "paraphrase": "A draft.", "confidence": "D", "binds": "nobody", "review": "nobody",
        "effective_from": LONG_AGO, "recorded_from": LONG_AGO, **given,
    }  # fmt: skip
