# SPDX-License-Identifier: Apache-2.0
"""Undoes one act on persons: its links end, those it had ended stand again, and persons follow. Serves correctable."""

from datetime import datetime

import polars as pl
from django.db import transaction

from rightparty.parties.linked.changes import NEW_LINKS, Act, LinkError, PersonsChanged
from rightparty.parties.linked.deciding import require_author
from rightparty.parties.linked.queries import links_in_force, links_of_change
from rightparty.parties.locks import lock_linking
from rightparty.parties.models import PersonChange
from rightparty.parties.operations.change_persons import change_persons

_UNDOABLE = ("decide", "merge", "split", "relink", "undo")


def undo_change(*, change_id: int, by: str, reason: str, at: datetime) -> PersonsChanged:
    """Undo an act, as an act of its own.

    Raises:
        LinkError: no name or reason, no such act, it came with a load, is undone, or a later act rests on it.
    """
    require_author(by=by, reason=reason)
    with transaction.atomic():
        lock_linking()
        _require_standing(change_id)
        made, ended = links_of_change(change_id, ended=False), links_of_change(change_id, ended=True)
        if not made.height and not ended.height:
            raise LinkError(f"act {change_id} made and ended no link", remedy="Nothing is to be undone.")
        if not made["is_current"].all():
            raise LinkError(
                f"a later act has changed links that act {change_id} made", remedy="Undo the later act first."
            )
        ends = sorted({*made["left_id"], *made["right_id"], *ended["left_id"], *ended["right_id"]})
        taken = links_in_force(party_ids=ends).join(made, on="id", how="anti").select("left_id", "right_id")
        if ended.join(taken, on=["left_id", "right_id"], how="semi").height:
            raise LinkError(
                f"a later act has decided on pairs that act {change_id} had left open",
                remedy="Undo the later act first.",
            )
        act = Act(kind="undo", by=by.strip(), reason=reason.strip(), at=at, undoes=change_id)
        again = ended.select(pl.col(name) for name in NEW_LINKS)
        return change_persons(act=act, links=again, ended=made["id"].to_list(), touched=ends)


def _require_standing(change_id: int) -> None:
    change = PersonChange.objects.filter(pk=change_id).first()
    if change is None:
        raise LinkError(f"there is no act {change_id}", remedy="`rightparty link history` lists them.")
    if change.kind not in _UNDOABLE:
        raise LinkError(f"act {change_id} came with a load", remedy="Split or merge the persons, or revert the load.")
    if PersonChange.objects.filter(undoes_id=change_id).exists():
        raise LinkError(f"act {change_id} is undone already", remedy="Nothing is to be done.")
