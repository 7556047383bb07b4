# SPDX-License-Identifier: Apache-2.0
"""Parties and pairs for tests of linkage: a test states only what differs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl

from rightparty.parties.linkage.frames import PAIRS
from rightparty.parties.linkage.model import LinkageModel, shipped_model
from rightparty.parties.linked.rules import LinkRules, read_rules
from rightparty.parties.models import ContactPoint, Party
from rightparty.parties.operations.apply_pairs import LinkageApplied
from rightparty.parties.operations.link_portfolio import link_portfolio

BORN = date(1990, 1, 2)


def add_party(number: int, **changes: Any) -> str:
    party = f"P{number}"
    Party.objects.create(
        **{
            "party_id": party, "person_id": party, "full_name": "Planted Debtor", "country": "CN",
            "date_of_birth": BORN,
            **changes,
        }
    )  # fmt: skip
    return party


def add_point(number: int, value: str, at: datetime) -> None:
    ContactPoint.objects.create(
        party_id=f"P{number}", channel="phone", value=value, source="branch", collected_at=at, relation="self"
    )


def pair(left: int, right: int, verdict: str = "same", *, p: float = 0.99999, weight: float = 20.0) -> tuple[Any, ...]:
    p_same = p if verdict in ("same", "review") else 0.01
    p_household = p if verdict == "household" else (1 - p_same) / 2
    reasons = ["address.same", "name.different"] if verdict == "household" else ["name.same"]
    return (f"P{left}", f"P{right}", p_same, p_household, 1 - p_same - p_household, weight, reasons, verdict)


def pairs_of(pairs: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema=PAIRS, orient="row")


def relink(pairs: Sequence[tuple[Any, ...]], at: datetime, rules: LinkRules | None = None) -> LinkageApplied:
    def linker(people: pl.DataFrame, points: pl.DataFrame, model: LinkageModel) -> pl.DataFrame:
        return pairs_of(pairs)

    return link_portfolio(
        at=at, linker=linker, model=replace(shipped_model(), version="t"), rules=rules or read_rules()
    )


def persons() -> dict[str, str]:
    return dict(Party.objects.filter(retired_by_id=None).order_by("party_id").values_list("party_id", "person_id"))
