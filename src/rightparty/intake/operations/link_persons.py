# SPDX-License-Identifier: Apache-2.0
"""Keeps `person_id` true while loads come and go: documents, decisions and links count, whichever load brought them."""

import polars as pl

from rightparty.intake.models import Load
from rightparty.parties.linked.changes import Act
from rightparty.parties.linked.persons import IDENTITY, with_person_ids
from rightparty.parties.linked.queries import identities, links_in_force, links_of_load
from rightparty.parties.locks import lock_linking
from rightparty.parties.operations.change_persons import change_persons
from rightparty.parties.operations.review_pairs import withdraw_reviews

_IDS = ["party_id", *IDENTITY]
_BY = "identity document and birth date"


def with_linked_persons(rows: pl.DataFrame, *, load_id: int) -> pl.DataFrame:
    """Give incoming parties their person, and move parties on file whose person changes through them.

    Shape: parties as the store's columns without `person_id` -> the same rows with it.
    """
    lock_linking()
    coming = rows.select(_IDS)
    change_persons(act=_act(load_id), coming=coming)
    standing = identities(party_ids=None).join(rows, on="party_id", how="anti")
    persons = with_person_ids(pl.concat([coming, standing.select(_IDS)]), links_in_force())
    found = persons.select("party_id", "person_id")
    return rows.join(found, on="party_id", how="left", maintain_order="left")


def link_persons(*, load_id: int, reverted: int) -> int:
    """Correct `person_id` where a revert left it wrong, and take back what the reverted load had linked.

    Returns the number of parties whose person changed.
    """
    withdraw_reviews(load_id=reverted, at=_act(load_id).at, by=f"revert of load {reverted}")
    return change_persons(act=_act(load_id), ended=links_of_load(reverted)).moved.height


def _act(load_id: int) -> Act:
    return Act(kind="load", by=_BY, at=Load.objects.get(pk=load_id).loaded_at, load_id=load_id)
