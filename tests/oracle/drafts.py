# SPDX-License-Identifier: Apache-2.0
"""Law packs that no state ever wrote: every kind of rule, any parameters, several versions and corrections of them."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rightparty.kernel.vocabulary import HoldKind
from tests.oracle.generate import CHANNELS, MARKETS, ODD_DAYS

REASON_OF = {
    "liable_roles": "right_party.not_liable",
    "contact_hours": "right_time.outside_contact_hours",
    "contact_days": "right_time.not_a_contact_day",
    "after_conversation": "right_time.after_conversation",
    "requested_hours": "right_time.outside_requested_hours",
    "workplace": "right_time.workplace",
    "medium_refused": "right_time.opted_out",
    "consent_required": "right_time.consent_missing",
    "consent_revoked": "right_time.opted_out",
    "cease_communication": "right_time.cease_communication",
    "represented": "right_time.attorney_represented",
    "deceased": "right_party.deceased",
    "bankrupt": "right_debt.bankruptcy",
    "minor": "right_party.minor",
    "statute_barred": "right_debt.statute_barred",
    "hold": "right_debt.on_hold",
    "location_enquiry": "right_party.location_enquiry",
    "duty": "right_words.sender_not_identified",
    "frequency": "right_time.person_daily_cap",
}
"""Every kind of rule, with a reason."""

COUNTED = (
    ("contacts", "day"), ("contacts", "7d"), ("messages", "day"), ("messages", "7d"), ("messages", "31d"),
    ("call_attempts", "day"), ("call_attempts", "7d"), ("call_attempts", "31d"), ("effective_calls", "day"),
    ("debt_calls", "7d"),
)  # fmt: skip
CAPS = ("right_time.person_daily_cap", "right_time.person_weekly_cap", "right_time.debt_call_cap",
        "right_time.person_call_cap", "right_time.person_message_cap")  # fmt: skip
NEEDED = ("contact_hours", "liable_roles", "medium_refused")
LONG_AGO = date(1980, 1, 1)
RECORDED = tuple(date(2026, 1, 10) + timedelta(days=10 * n) for n in range(6))
"""Days on which the makers of the packs learnt something."""


def draft(directory: Path, dice: random.Random) -> None:
    """Write packs of some markets into a directory."""
    for market in dice.sample(MARKETS, dice.randint(2, 6)):
        kinds = [*NEEDED, *(dice.choice(sorted(REASON_OF)) for _ in range(dice.randint(4, 14)))]
        statements = [text for n, kind in enumerate(kinds) for text in rule(dice, f"{market}.{n}", kind)]
        write_pack(directory, market, statements)


def write_pack(directory: Path, market: str, statements: Sequence[dict[str, Any]]) -> None:
    folder = directory / market
    folder.mkdir(parents=True, exist_ok=True)
    top = {"market": market, "title": market, "version": "draft", "not_legal_advice": "A draft for tests."}
    blocks = [_lines(top), *(f"[[rules]]\n{_lines(statement)}" for statement in statements)]
    (folder / "pack.toml").write_text("\n".join(blocks), encoding="utf-8")


def rule(dice: random.Random, name: str, kind: str) -> list[dict[str, Any]]:
    """Return the versions of a rule: as first recorded and, perhaps, as corrected on a later day."""
    learnt = sorted(dice.sample(RECORDED, dice.choice([0, 0, 0, 1, 2])))
    begins, ends = [LONG_AGO, *learnt], [*learnt, None]
    return [
        {**version, "recorded_from": begin, **({"recorded_to": end} if end else {})}
        for begin, end in zip(begins, ends, strict=True)
        for version in versions(dice, name, kind)
    ]


def versions(dice: random.Random, name: str, kind: str) -> list[dict[str, Any]]:
    """Return versions in valid time that follow each other, with a gap now and then."""
    turns = sorted({dice.choice(TURNS) for _ in range(dice.choice([0, 0, 1, 1, 2, 3]))})
    begins = [LONG_AGO if dice.random() < 0.9 else date(2026, 10, 1), *turns]
    begins = sorted(set(begins))
    ends: list[date | None] = [*begins[1:], None if dice.random() < 0.9 else max(begins) + timedelta(days=400)]
    made = []
    for begin, end in zip(begins, ends, strict=True):
        version = {
            "id": name, "kind": kind, "reason": REASON_OF[kind], "term": "a term", "citation": "a draft",
            "paraphrase": "A draft.", "confidence": "D", "binds": "nobody", "review": "nobody",
            "effective_from": begin, **PARAMETERS[kind](dice),
        }  # fmt: skip
        if end is not None:
            version["effective_to"] = end
        if dice.random() < 0.3:
            version["channels"] = dice.sample(CHANNELS, dice.randint(1, 5))
        made.append(version)
    if len(made) > 2 and dice.random() < 0.1:
        made.pop(1)
    return made


TURNS = (*ODD_DAYS, *(date(2026, 11, 2) + timedelta(days=n) for n in range(30)))


def _nothing(_dice: random.Random) -> dict[str, Any]:
    return {}


def _hours(dice: random.Random) -> dict[str, Any]:
    begin, end = sorted(dice.sample([0, 360, 420, 480, 481, 510, 540, 720, 1080, 1140, 1200, 1259, 1320, 1440], 2))
    hours: dict[str, Any] = {"from": _clock(begin), "to": _clock(end), "agreed_hours": dice.random() < 0.5}
    if dice.random() < 0.4:
        hours["days"] = dice.choice(["all", "working", "non_working"])
    if dice.random() < 0.2:
        hours["until_dpd"] = dice.choice([0, 14, 15, 60])
    return hours


def _days(dice: random.Random) -> dict[str, Any]:
    named = sorted(dice.sample(range(1, 8), dice.randint(1, 7)))
    return {
        "weekdays": dice.choice(["working", "all", named, named]),
        "holidays": dice.random() < 0.5,
        "agreed_days": dice.random() < 0.5,
    }


def _frequency(dice: random.Random) -> dict[str, Any]:
    counts, window = dice.choice(COUNTED)
    most = dice.choice([1, 1, 2, 3, 4, 5, 7, 8, 16])
    return {"counts": counts, "window": window, "most": most, "reason": dice.choice(CAPS)}


def _duty(dice: random.Random) -> dict[str, Any]:
    return {"duty": dice.choice(["identification", "notice", "other"]), **dice.choice([{}, {"days": 20}])}


PARAMETERS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    **dict.fromkeys(REASON_OF, _nothing),
    "contact_hours": _hours,
    "contact_days": _days,
    "frequency": _frequency,
    "after_conversation": lambda dice: {"days": dice.choice([0, 1, 2, 7, 8])},
    "minor": lambda dice: {"age": dice.choice([14, 16, 18, 20, 21])},
    "statute_barred": lambda dice: {"years": dice.choice([2, 3, 5, 6, 10])},
    "hold": lambda dice: {"holds": dice.sample([kind.value for kind in HoldKind], dice.randint(1, 4))},
    "duty": _duty,
}
"""Random parameters of every kind; frequency chooses its reason too."""


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _lines(entry: dict[str, Any]) -> str:
    return "".join(f"{name} = {_toml(value)}\n" for name, value in entry.items())


def _toml(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
