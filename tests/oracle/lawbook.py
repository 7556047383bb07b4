# SPDX-License-Identifier: Apache-2.0
"""Law packs read as plain dictionaries: which rules a market had, on which days, as known on which day."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

type Rule = dict[str, Any]

ALWAYS_NEEDED = ("contact_hours", "liable_roles", "medium_refused")


class Lawbook:
    """The rules of every market as somebody knew them on one day; None: as they are known now."""

    def __init__(self, directory: Path, *, known_on: date | None = None):
        self.of_market: dict[str, list[Rule]] = {}
        for file in sorted(directory.glob("*/pack.toml")):
            statements = tomllib.loads(file.read_text(encoding="utf-8"))["rules"]
            self.of_market[file.parent.name] = [rule for rule in statements if was_known(rule, known_on)]

    def dates(self) -> list[date]:
        """Every day on which the law of some market changes."""
        found = {rule[name] for rules in self.of_market.values() for rule in rules
                 for name in ("effective_from", "effective_to") if name in rule}  # fmt: skip
        return sorted(found)

    def edges(self) -> list[int]:
        """Every minute of the day at which some market's hours begin or end."""
        return sorted({minute(rule[name]) for rules in self.of_market.values() for rule in rules
                       if rule["kind"] == "contact_hours" for name in ("from", "to")})  # fmt: skip


def was_known(rule: Rule, day: date | None) -> bool:
    if day is None:
        return "recorded_to" not in rule
    return rule["recorded_from"] <= day and ("recorded_to" not in rule or day < rule["recorded_to"])


def in_force(rule: Rule, day: date) -> bool:
    return rule["effective_from"] <= day and ("effective_to" not in rule or day < rule["effective_to"])


def has_gap(rules: list[Rule], day: date) -> bool:
    """Tell whether the law of the day cannot be read: a needed kind, or a version of a rule, is missing."""
    today = [rule for rule in rules if in_force(rule, day)]
    if any(needed not in {rule["kind"] for rule in today} for needed in ALWAYS_NEEDED):
        return True
    present = {rule["id"] for rule in today}
    for name in {rule["id"] for rule in rules} - present:
        versions = [rule for rule in rules if rule["id"] == name]
        earlier = any(rule["effective_from"] <= day for rule in versions)
        later = any(rule["effective_from"] > day for rule in versions)
        if earlier and later:
            return True
    return False


def minute(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)
