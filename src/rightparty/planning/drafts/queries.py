# SPDX-License-Identifier: Apache-2.0
"""The rules in use, for planner and gate alike: the newest approved draft, else the settings' file, else the shipped.

Reads also the drafts themselves.
"""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import F

from rightparty.planning.drafts.kinds import DraftKind
from rightparty.planning.models import PolicyDraft
from rightparty.planning.strategy import Strategy, load_strategy, read_strategy_file
from rightparty.policy.pack import LawPacks, load_packs, read_house_file
from rightparty.policy.toml_lines import TomlText, parse_toml

_SETTING: Final = {DraftKind.HOUSE: "HOUSE_RULES_FILE", DraftKind.STRATEGY: "STRATEGY_FILE"}


def installed_packs(*, at: datetime | None = None, known_on: date | None = None) -> LawPacks:
    """Return the law packs with this installation's house rules; the same object while nothing has changed.

    Args:
        at: the house rules that held at this instant, as far as drafts tell; None for those that hold now.
        known_on: the law packs as they stood on this day; None for the newest.

    Raises:
        PackError: they cannot be used, and nothing is planned or released.
    """
    source = installed_source(DraftKind.HOUSE, at=at)
    return _packs(source.label, source.text, known_on)


def installed_strategy(*, at: datetime | None = None) -> Strategy:
    """Return this installation's treatment strategy.

    Raises:
        StrategyError: it cannot be used, and nothing is planned.
    """
    return load_strategy(None, source=installed_source(DraftKind.STRATEGY, at=at))


def installed_source(kind: DraftKind, *, at: datetime | None = None) -> TomlText:
    """Return the text of the rules in use, with the name that messages give it.

    Raises:
        PackError: the file of house rules cannot be read.
        StrategyError: the strategy file cannot be read.
    """
    drafts = PolicyDraft.objects.filter(kind=kind, approved_at__isnull=False)
    if at is not None:
        drafts = drafts.filter(approved_at__lte=at)
    if draft := drafts.order_by("-approved_at", "-id").first():
        return source_of(draft)
    own = str(settings.RIGHTPARTY[_SETTING[kind]])
    read = read_house_file if kind is DraftKind.HOUSE else read_strategy_file
    return read(Path(own) if own else None)


def source_of(draft: PolicyDraft) -> TomlText:
    """Return a draft's text under the name of its file and its number."""
    return parse_toml(f"{draft.label} (draft {draft.id})", draft.text)


def find_draft(number: int) -> PolicyDraft | None:
    """Return a draft by number."""
    return PolicyDraft.objects.filter(id=number).first()


def list_drafts(*, most: int = 50) -> list[PolicyDraft]:
    """Return the newest drafts, open ones first."""
    return list(PolicyDraft.objects.order_by(F("approved_at").desc(nulls_first=True), "-id")[:most])


@lru_cache(maxsize=16)
def _packs(label: str, text: str, known_on: date | None) -> LawPacks:
    return load_packs(house=parse_toml(label, text), known_on=known_on)
