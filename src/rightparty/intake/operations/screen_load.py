# SPDX-License-Identifier: Apache-2.0
"""Screens what a load brought, inside its transaction: every finding stands in its report, some quarantine it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from rightparty.intake.limits import read_limits
from rightparty.intake.queries import is_first_contact_load, screening_history, strong_uses
from rightparty.lending.queries import account_links
from rightparty.parties.audit.delivery import delivery_findings, event_findings
from rightparty.parties.audit.findings import Finding, findings_frame
from rightparty.parties.audit.frames import EVENTS, PARTIES, POINTS, audited, sex_in_extra
from rightparty.parties.audit.moved import contradicted
from rightparty.parties.linked.queries import household_groups
from rightparty.parties.national_ids import with_id_findings
from rightparty.parties.queries import (
    ids_of_same_persons,
    installed_parameters,
    parties_on_file,
    points_on_file,
)
from rightparty.parties.screening import ScreeningLimits, screen, screen_persons, with_limits

_NO_POINTS: Final = {**dict.fromkeys(("party_id", "channel", "value", "source"), pl.String())}
_NO_PERSONS: Final = {
    **dict.fromkeys(("party_id", "full_name", "national_id"), pl.String()), "date_of_birth": pl.Date(),
}  # fmt: skip


@dataclass(slots=True)
class Delivered:
    """What of a delivery screening looks at, and what was on file of the same persons before."""

    #: frames.POINTS, PARTIES
    points: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(POINTS)))
    persons: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(PARTIES)))
    points_before: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_NO_POINTS))
    persons_before: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_NO_PERSONS))
    #: findings on the events, which are too many to keep
    events: list[Finding | None] = field(default_factory=list)

    def note(self, table: str, rows: pl.DataFrame, *, file: str, at: datetime) -> None:
        """Keep what screening needs of a table's accepted rows, and of what the store has before they are merged."""
        if table == "contact_points":
            self.points = _noted(rows, POINTS, file)
            self.points_before = points_on_file(rows["party_id"].unique())
        elif table == "parties":
            self.persons = _noted(rows.with_columns(sex=sex_in_extra(pl.col("extra"))), PARTIES, file)
            self.persons_before = parties_on_file(rows["party_id"])
        elif table == "contact_events":
            self.events = event_findings(_noted(rows, EVENTS, file), at=at)


def screen_load(*, delivered: Delivered, moved: pl.DataFrame, load_id: int, at: datetime) -> list[Finding]:
    """Return the findings on a load, `findings.FINDINGS` as rows, against the portfolio as it stood before it."""
    own = settings.RIGHTPARTY["LOAD_LIMITS_FILE"]
    limits = read_limits(Path(str(own)) if own else None)
    points = delivered.points
    if is_first_contact_load(load_id):
        moved, limits = _contradicted(points, load_id), replace(limits, cluster_least=limits.first_cluster_least)
    found = screen(points, moved, history=screening_history(), limits=limits, before=delivered.points_before).to_dicts()
    found += _persons(delivered, limits)
    told = {finding["finding"] for finding in found}
    audit = delivery_findings(
        audited(points, pl.DataFrame(), delivered.persons, _links_of_sharers(points)),
        at=at, parameters=installed_parameters(),
    )  # fmt: skip
    others: list[Finding | None] = [
        each for each in [*audit, *delivered.events] if each and each["finding"] not in told
    ]
    return findings_frame([*found, *with_limits(others, limits)]).to_dicts()


def _persons(delivered: Delivered, limits: ScreeningLimits) -> list[Finding]:
    persons = with_id_findings(delivered.persons)
    return [each for each in screen_persons(persons, delivered.persons_before, limits=limits) if each]


def _contradicted(points: pl.DataFrame, load_id: int) -> pl.DataFrame:
    """Return the values that another, unlinked person used as his own when, or after, they were collected."""
    uses = strong_uses(load_id)
    used = points.join(uses, on=["channel", "value"], how="semi")
    met = pl.concat([used["party_id"], uses.join(used, on=["channel", "value"], how="semi")["party_id"]]).unique()
    links = _links_of(met.to_list())
    theirs = contradicted(used, uses, links).rename({"party_id": "to_party"})
    return theirs.select("channel", "value", "from_party", "to_party").unique(["channel", "value", "to_party"])


def _links_of_sharers(points: pl.DataFrame) -> pl.DataFrame:
    """Return how those persons of a load have to do with one another who share a value in it."""
    holders = points.select("channel", "value", "party_id").unique()
    sharers = holders.filter(pl.len().over("channel", "value") > 1)["party_id"].unique()
    return _links_of(sharers.to_list())


def _links_of(party_ids: list[str]) -> pl.DataFrame:
    """Return who among some persons has to do with whom, by an account or a household."""
    households = household_groups(ids_of_same_persons(party_ids=party_ids))
    return pl.concat([account_links(party_ids=party_ids), households])


def _noted(rows: pl.DataFrame, shape: Mapping[str, pl.DataType | type[pl.DataType]], file: str) -> pl.DataFrame:
    given = rows.with_columns(file=pl.lit(file), load_id=pl.lit(None, pl.Int64))
    return given.select(
        pl.col(name).cast(kind) if name in given.columns else pl.lit(None, kind).alias(name)
        for name, kind in shape.items()
    )
