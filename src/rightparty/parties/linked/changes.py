# SPDX-License-Identifier: Apache-2.0
"""An act that changes who counts as whom, its new links and what it moved (right_party, provable)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.evidence.chain import LeafRecord

NEW_LINKS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    **dict.fromkeys(("left_id", "right_id", "verdict", "origin"), pl.String),
    **dict.fromkeys(("p_same", "p_household", "p_other", "weight_bits"), pl.Float64),
    "reasons": pl.String,
}
"""Links to be made; the smaller id stands left, `reasons` is a JSON list."""

MOVES: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = dict.fromkeys(
    ("party_id", "from_person", "to_person"), pl.String
)


class LinkError(Exception):
    """A decision about persons cannot be taken as it was asked; the store is as it was."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        #: what to do
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does what to persons, when and why."""

    #: relink, load, decide, merge, split, undo
    kind: str
    #: a person's name, or the model and its version
    by: str
    at: datetime
    reason: str = ""
    #: the load in whose course it happens; 0 otherwise
    load_id: int = 0
    #: the change it undoes
    undoes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsChanged:
    """What an act did; `change_id` 0: nothing was to be done."""

    change_id: int
    #: MOVES
    moved: pl.DataFrame
    made: int
    ended: int


def new_links(pairs: list[tuple[str, str]], *, verdict: str) -> pl.DataFrame:
    """Return NEW_LINKS of a person's verdict on some pairs."""
    ordered = sorted({(min(pair), max(pair)) for pair in pairs})
    frame = pl.DataFrame(ordered, schema=["left_id", "right_id"], orient="row")
    return filled(frame.with_columns(verdict=pl.lit(verdict), origin=pl.lit("person")))


def filled(links: pl.DataFrame) -> pl.DataFrame:
    """Return NEW_LINKS, what is missing in them unknown."""
    missing = [
        pl.lit("[]" if name == "reasons" else None).alias(name) for name in NEW_LINKS if name not in links.columns
    ]
    return links.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in NEW_LINKS.items())


def leaves_of(act: Act, changed: PersonsChanged, links: pl.DataFrame) -> list[LeafRecord]:
    """Return the records of an act: the act, each link it made, each party whose person changed."""
    counts = {"moved": changed.moved.height, "links_made": changed.made, "links_ended": changed.ended}
    facts = {"change": changed.change_id, "act": act.kind, "load": act.load_id, "undoes": act.undoes or 0, **counts}
    head = LeafRecord(
        kind="persons.changed", recorded_at=act.at, facts=facts, private={"by": act.by, "reason": act.reason}
    )
    made = [
        LeafRecord(
            kind="persons.linked",
            recorded_at=act.at,
            facts={
                "change": changed.change_id, "verdict": link["verdict"], "origin": link["origin"],
                "p_same": None if link["p_same"] is None else f"{link['p_same']:.6f}",
            },
            private={"left": link["left_id"], "right": link["right_id"], "reasons": link["reasons"]},
        )
        for link in links.iter_rows(named=True)
    ]  # fmt: skip
    moved = [
        LeafRecord(
            kind="persons.moved",
            recorded_at=act.at,
            facts={"change": changed.change_id},
            private={"party": move["party_id"], "from": move["from_person"], "to": move["to_person"]},
        )
        for move in changed.moved.iter_rows(named=True)
    ]
    return [head, *made, *moved]


def as_list(text: str) -> list[str]:
    """Return a JSON list of codes as it stands in the store."""
    return [str(code) for code in json.loads(text)]
