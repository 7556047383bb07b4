# SPDX-License-Identifier: Apache-2.0
"""The published or assumed frequency of each mishap and event, with its source (rates.toml)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

RATES_FILE: Final = Path(__file__).with_name("rates.toml")

Rates = Mapping[str, Mapping[str, float]]


def load_rates() -> Rates:
    """Return group -> name -> value."""
    groups = tomllib.loads(RATES_FILE.read_text(encoding="utf-8"))
    return {group: {name: entry["value"] for name, entry in entries.items()} for group, entries in groups.items()}
