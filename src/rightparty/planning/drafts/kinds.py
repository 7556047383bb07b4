# SPDX-License-Identifier: Apache-2.0
"""What drafts may be of, and what is wrong with one."""

from enum import StrEnum

import polars as pl

from rightparty.planning.strategy import load_strategy
from rightparty.planning.words import refuse_missing_words
from rightparty.policy.pack import LawPacks, load_packs
from rightparty.policy.toml_lines import TomlText


class DraftKind(StrEnum):
    """What a draft takes the place of."""

    HOUSE = "house"
    STRATEGY = "strategy"


class DraftError(ValueError):
    """A draft cannot be proposed or approved."""

    def __init__(self, message: str, *, remedy: str) -> None:
        """Take the message, and what to do about it."""
        super().__init__(message)
        self.remedy = remedy


def check_draft(kind: DraftKind, source: TomlText, *, packs: LawPacks, wordings: pl.DataFrame) -> None:
    """Refuse a draft that the planner or the gate would refuse.

    Args:
        kind: house rules or a strategy.
        source: the draft.
        packs: the installed packs, whose house rules name the markets that a strategy must have words for.
        wordings: the approved texts.

    Raises:
        PackError: house rules that are wrong in themselves or laxer than the law.
        StrategyError: a strategy that is wrong in itself or lacks a text.
    """
    if kind is DraftKind.HOUSE:
        load_packs(house=source)
    else:
        refuse_missing_words(load_strategy(None, source=source), packs=packs, wordings=wordings)
