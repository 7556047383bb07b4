# SPDX-License-Identifier: Apache-2.0
"""Values that stand under several persons, and whose they are. Serves right_party."""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited, kin_of
from rightparty.parties.audit.names import points_of_other_names

CROWD_LEAST: Final = 5
"""So many unlinked persons at one value: a switchboard, an agent's own number, a filler."""

AGENT_LEAST: Final = 3
"""So many unlinked persons, all of them entered by agents or branches: fewer need no crowd."""

POINTS_MOST: Final = 30
"""More values of his own than this in one channel nobody has."""

_STAFF: Final = ("agent", "branch")
_KEY: Final = ("channel", "value")


def sharing_findings(given: Audited, *, at: datetime) -> list[Finding | None]:
    """Return the findings on values that stand under several persons, or under the wrong one."""
    own = given.own
    holders = own.select(*_KEY, "party_id").unique()
    shared = holders.filter(pl.len().over(_KEY) > 1)
    crowds = _unlinked_crowds(shared, given.links)
    staff = _entered_by_staff(own, crowds)
    big = crowds.filter(pl.col("persons") >= CROWD_LEAST).join(staff, on=_KEY, how="anti")
    few = shared.join(crowds.filter(pl.col("persons") >= CROWD_LEAST), on=_KEY, how="anti")
    strangers, linked = _pairs(few.join(staff, on=_KEY, how="anti"), given.links)
    mails = own.filter(pl.col("channel") == "email")
    usable = own.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > at))

    def told(code: str, rows: pl.DataFrame) -> Finding | None:
        return found(code, rows, shown="value", total=own.height)

    return [
        told("value_under_many_persons", own.join(big, on=_KEY, how="semi")),
        told("agents_own_number", own.join(staff, on=_KEY, how="semi")),
        told("value_under_unlinked_persons", own.join(strangers, on=[*_KEY, "party_id"], how="semi")),
        told("shared_mailbox", mails.join(linked, on=[*_KEY, "party_id"], how="semi")),
        told("third_party_recorded_as_self", own.join(_third_parties(given.points), on=_KEY, how="semi")),
        told("contact_of_deceased", usable.join(_dead(given.parties), on="party_id", how="semi")),
        told("reported_wrong_party", own.join(_of_kind(given.events, "wrong_party"), on=_KEY, how="semi")),
        told("holder_name_differs", own.join(points_of_other_names(given), on=[*_KEY, "party_id"], how="semi")),
        _hoards(own),
    ]  # fmt: skip


def unlinked_holders(shared: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return those [channel, value, party_id] of shared values who have nothing to do with another holder."""
    return _pairs(shared, links)[0]


def _unlinked_crowds(shared: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return [channel, value, persons] where the holders do not all share one group: a family of five is no crowd."""
    counted = shared.group_by(_KEY).agg(persons=pl.len()).filter(pl.col("persons") >= AGENT_LEAST)
    groups = (
        shared.join(counted, on=_KEY)
        .join(links, on="party_id")
        .group_by(*_KEY, "group_id")
        .agg(members=pl.col("party_id").n_unique(), persons=pl.col("persons").first())
        .filter(pl.col("members") == pl.col("persons"))
    )
    return counted.join(groups, on=_KEY, how="anti")


def _entered_by_staff(own: pl.DataFrame, crowds: pl.DataFrame) -> pl.DataFrame:
    """Return the crowds' values that nobody but agents and branches ever gave."""
    return (
        own.join(crowds, on=_KEY, how="semi")
        .group_by(_KEY)
        .agg(pl.col("source").is_in(_STAFF).all())
        .filter("source")
        .select(_KEY)
    )


def _pairs(shared: pl.DataFrame, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return [channel, value, party_id] of holders beside an unlinked holder, and of those with linked ones only."""
    pairs = shared.join(shared.rename({"party_id": "other_id"}), on=_KEY).filter(
        pl.col("party_id") != pl.col("other_id")
    )
    met = pl.concat([pairs["party_id"], pairs["other_id"]]).unique()
    kin = kin_of(links.filter(pl.col("party_id").is_in(met.implode())))
    strangers = pairs.join(kin, on=["party_id", "other_id"], how="anti").select(*_KEY, "party_id").unique()
    return strangers, pairs.select(*_KEY, "party_id").unique().join(strangers, on=[*_KEY, "party_id"], how="anti")


def _third_parties(points: pl.DataFrame) -> pl.DataFrame:
    """Return the values that stand as an employer's or an emergency contact's under a few persons."""
    return points.filter(pl.col("relation").is_in(["employer", "emergency"])).select(_KEY).unique()


def _dead(parties: pl.DataFrame) -> pl.DataFrame:
    return parties.filter(pl.col("deceased_on").is_not_null())


def _of_kind(events: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    return events.filter(pl.col("kind").is_in(kinds))


def _hoards(own: pl.DataFrame) -> Finding | None:
    counted = own.group_by("party_id", "channel").agg(
        pl.col("value").n_unique(), pl.col("load_id").max(), pl.col("line").min(), pl.col("file").max()
    )
    rows = counted.filter(pl.col("value") > POINTS_MOST).with_columns(
        told=pl.format("{} {}", "value", "channel"), most=pl.col("value")
    )
    figures = {"most": float(rows["most"].max() or 0)} if rows.height else None  # type: ignore[arg-type]
    return found("many_contact_points", rows, shown="told", total=own["party_id"].n_unique(), figures=figures)
