# SPDX-License-Identifier: Apache-2.0
"""Reads a delivery's files for an audit before anything is loaded: by the contract, with the line of each row.

A row that the contract rejects is not audited; how many there are is told, `rightparty import --dry-run` says why.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.intake.checking import Context, check_rows
from rightparty.intake.contract import CONTRACT
from rightparty.intake.reading import find_files, read_blocks
from rightparty.kernel.vocabulary import Role
from rightparty.parties.audit.frames import Audited, audited, sex_in_extra

_READ: Final = ("parties", "account_parties", "contact_points", "contact_events")
_NO_ACCOUNTS: Final = {"account_id": pl.String(), "currency": pl.String()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unloaded:
    """What stands in the files of a folder."""

    given: Audited
    #: rows that the contract rejects
    rejected: int


def read_unloaded(directory: Path) -> Unloaded:
    """Return the persons, contact points and events of a folder with the portfolio contract's files.

    Raises:
        DeliveryError: the folder or one of its files cannot be taken as a whole.
    """
    files = find_files(directory).files
    tables: dict[str, pl.DataFrame] = {}
    rejected = 0
    for name in _READ:
        if name in files:
            tables[name], bad = _read(name, files[name], tables.get("parties"))
            rejected += bad
    nothing = pl.DataFrame()
    parties = tables.get("parties", nothing)
    if "extra" in parties.columns:
        parties = parties.with_columns(sex=sex_in_extra(pl.col("extra")))
    given = audited(
        tables.get("contact_points", nothing), tables.get("contact_events", nothing), parties,
        _links(tables.get("account_parties")),
    )  # fmt: skip
    return Unloaded(given=given, rejected=rejected)


def _read(name: str, path: Path, parties: pl.DataFrame | None) -> tuple[pl.DataFrame, int]:
    """Return a file's rows that the contract takes, and how many it does not."""
    countries = (
        pl.DataFrame(schema={"party_id": pl.String(), "country": pl.String()})
        if parties is None
        else parties.select("party_id", "country").unique("party_id")
    )
    context = Context(countries=countries, currencies=pl.DataFrame(schema=_NO_ACCOUNTS))
    taken: list[pl.DataFrame] = []
    rejected = 0
    for block in read_blocks(path, CONTRACT[name]):
        checked = check_rows(CONTRACT[name], block.rows, context)
        taken.append(checked.accepted)
        rejected += checked.faults["line"].n_unique() + block.faults["line"].n_unique()
    return pl.concat(taken).with_columns(file=pl.lit(path.name)), rejected


def _links(account_parties: pl.DataFrame | None) -> pl.DataFrame:
    if account_parties is None:
        return pl.DataFrame()
    linking = account_parties.filter(pl.col("role") != Role.EMERGENCY_CONTACT.value)
    return linking.select("party_id", group_id="account_id")
