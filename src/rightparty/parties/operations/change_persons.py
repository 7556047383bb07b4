# SPDX-License-Identifier: Apache-2.0
"""Ends and makes links, and sets `person_id` anew where that follows: the one way in which persons change.

`person_id` is worked out afresh from rows and links, never patched, so an undone act leaves nothing behind. Whoever
releases a reminder to one of the persons has ended, or waits and sees the change (parties.locks). Serves right_party,
right_time and provable. Crash meaning: before the commit nothing happened.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Final

import polars as pl
from django.db import connection, transaction

from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.parties.linked.changes import MOVES, NEW_LINKS, Act, LinkError, PersonsChanged, filled, leaves_of
from rightparty.parties.linked.deciding import broken_decisions
from rightparty.parties.linked.persons import with_person_ids
from rightparty.parties.linked.queries import everybody_tied, identities, links_in_force
from rightparty.parties.locks import lock_linking, lock_parties
from rightparty.parties.models import PersonChange
from rightparty.parties.operations.take_rows import TABLES, take_rows
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.queries import among, read_frame

_LINKS: Final = "parties_personlink"
_AT_ONCE: Final = 10_000


def change_persons(
    *,
    act: Act,
    links: pl.DataFrame | None = None,
    ended: Sequence[int] = (),
    touched: Sequence[str] | None = None,
    coming: pl.DataFrame | None = None,
) -> PersonsChanged:
    """Do an act: end some links, make others, set the persons they touch anew.

    `touched` are parties at the ends of these links (None: look at everybody); `coming` are rows [party_id, IDENTITY…]
    that a load is about to bring, and that count instead of those on file. An act that makes, ends and moves nothing
    leaves no trace, unless a person did it.

    Raises:
        LinkError: a person's act would leave two decisions in force that contradict each other.
        django.db.IntegrityError: a pair has a link in force already, or the act names nobody.
    """
    require_aware(act.at)
    made = filled(links) if links is not None and links.height else None
    with transaction.atomic():
        lock_linking()
        change = PersonChange.objects.create(
            kind=act.kind, by=act.by[:150], reason=act.reason[:300], changed_at=act.at, load_id=act.load_id,
            undoes_id=act.undoes,
        )  # fmt: skip
        tied = None if touched is None else everybody_tied(touched)
        _end(ended, change.pk)
        if made is not None:
            append_rows(_LINKS, made.with_columns(change_id=pl.lit(change.pk, pl.Int64)))
        scope = None if tied is None else sorted({*tied, *everybody_tied(tied)})
        moved = _moved(scope, coming, act)
        if not (moved.height or ended or made is not None or act.reason):
            change.delete()
            return PersonsChanged(change_id=0, moved=moved, made=0, ended=0)
        _write(moved, change.pk)
        PersonChange.objects.filter(pk=change.pk).update(moved=moved.height)
        changed = PersonsChanged(
            change_id=change.pk, moved=moved, made=0 if made is None else made.height, ended=len(ended)
        )
        append_leaves(leaves_of(act, changed, pl.DataFrame(schema=NEW_LINKS) if made is None else made))
    return changed


def _end(ids: Sequence[int], change_id: int) -> None:
    with connection.cursor() as cursor:
        for some in batched(ids, _AT_ONCE):
            listed = ", ".join(str(int(each)) for each in some)
            cursor.execute(
                f"UPDATE {_LINKS} SET ended_by_id = %s WHERE ended_by_id IS NULL AND id IN ({listed})", [change_id]
            )


def _moved(scope: Sequence[str] | None, coming: pl.DataFrame | None, act: Act) -> pl.DataFrame:
    """Return MOVES of the parties on file whose person is another now."""
    standing = identities(party_ids=scope)
    if standing.is_empty():
        return pl.DataFrame(schema=MOVES)
    everybody = standing.drop("person_id")
    if coming is not None:
        everybody = pl.concat([coming.select(everybody.columns), everybody.join(coming, on="party_id", how="anti")])
    links = links_in_force(party_ids=scope)
    now = with_person_ids(everybody, links).select("party_id", to_person="person_id")
    if act.reason and broken_decisions(links, now).height:
        raise LinkError(
            "a later decision on these persons contradicts it",
            remedy="Undo the later act first; `rightparty link history` shows them.",
        )
    return (
        standing.join(now, on="party_id")
        .filter(pl.col("person_id") != pl.col("to_person"))
        .select("party_id", from_person="person_id", to_person="to_person")
        .sort("party_id")
    )


def _write(moved: pl.DataFrame, change_id: int) -> None:
    if moved.is_empty():
        return
    persons = pl.concat([moved["from_person"], moved["to_person"]]).unique().to_list()
    condition, params = among("person_id", persons)
    everybody = read_frame(
        f"SELECT party_id FROM parties_party WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema={"party_id": pl.String()},
    )
    lock_parties(sorted({*everybody["party_id"], *moved["party_id"]}))
    rows = _whole(moved["party_id"].to_list()).drop("person_id")
    take_rows(
        table="parties",
        rows=rows.join(moved.select("party_id", person_id="to_person"), on="party_id"),
        load_id=-change_id,
    )


def _whole(party_ids: Sequence[str]) -> pl.DataFrame:
    """Return current parties with every column that comes with a load."""
    columns = TABLES["parties"].columns
    condition, params = among("party_id", party_ids)
    dates = {"date_of_birth", "deceased_on", "bankrupt_on"}
    return read_frame(
        f"SELECT {', '.join(columns)} FROM parties_party WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema={name: pl.Date() if name in dates else pl.String() for name in columns},
    )
