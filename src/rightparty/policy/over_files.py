# SPDX-License-Identifier: Apache-2.0
"""Judges a portfolio in files by shares of whole persons, so that memory does not grow with it (right_time).

Contacts are counted over the linked person, so a share holds all accounts and all contacts of its persons.
`co_partition` lays files out in such shares; `judge_shares` judges one after another. On a cluster `policy.on_spark`
does the same with `judge_people`, so both give the same verdicts.
"""

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.reasons import reasons_in
from rightparty.policy.calendar import with_calendar
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.history import COUNTS, count_contacts
from rightparty.policy.local_time import INSTANT, with_local_time
from rightparty.policy.pack import LawPacks

type Kind = pl.DataType | type[pl.DataType]

_DERIVED: Final = frozenset(
    {
        "at", "local_minute_min", "local_minute_max", "local_date_min", "local_date_max", "public_holiday",
        "working_day", *COUNTS, "days_since_conversation", "history_in_future",
    }
)  # fmt: skip

GIVEN_FACTS: Final = tuple(name for name in FACTS if name not in _DERIVED)
"""Facts that a file of accounts brings; the others follow from `zone_set`, the contacts and the instant."""

ACCOUNTS: Final[Mapping[str, Kind]] = {
    "account_id": pl.String,
    "person_id": pl.String,
    "zone_set": pl.String,
    **{name: FACTS[name] for name in GIVEN_FACTS},
}
"""Columns of a file of accounts: one row per candidate reminder; `zone_set` is IANA names joined by `|`."""

CONTACTS: Final[Mapping[str, Kind]] = {
    "person_id": pl.String,
    "account_id": pl.String,
    "channel": pl.String,
    "kind": pl.String,
    "occurred_at": INSTANT,
}
"""Columns of a file of contacts: `channel` sms, email, app, post, call; `kind` sent, called, answered."""

VERDICTS: Final[Mapping[str, Kind]] = {
    "account_id": pl.String,
    "person_id": pl.String,
    "market": pl.String,
    "channel": pl.String,
    "permitted": pl.Boolean,
    "reasons_mask": pl.Int64,
    "reasons": pl.List(pl.String),
}
"""Columns of a file of verdicts: `reasons` are codes of kernel.reasons in bit order, empty where permitted."""

ACCOUNTS_AT_ONCE: Final = 500_000
"""Accounts in a share: about 1 GiB of memory while it is judged, contacts included."""

_ROWS_READ_AT_ONCE: Final = 2_000_000


class FactsFileError(ValueError):
    """Files of accounts or contacts cannot be judged; the message names the file and what is wrong with it."""

    remedy = "Export the columns of rightparty.policy.over_files.ACCOUNTS and CONTACTS."


def judge_people(accounts: pl.DataFrame, contacts: pl.DataFrame, *, at: datetime, packs: LawPacks) -> pl.DataFrame:
    """Judge the accounts of some whole persons.

    Shape: ACCOUNTS and CONTACTS (all contacts of these persons) -> VERDICTS, in the order of the accounts.

    Raises:
        PackError: a rule's parameter has no meaning.
    """
    timed = with_local_time(accounts, at=at).with_columns(at=pl.lit(at).cast(INSTANT))
    judged = judge(with_calendar(count_contacts(timed, contacts, at=at)), packs)
    masks = judged["reasons_mask"].unique()
    named = pl.DataFrame(
        {"reasons_mask": masks, "reasons": [[reason.code for reason in reasons_in(mask)] for mask in masks]},
        schema={"reasons_mask": pl.Int64, "reasons": pl.List(pl.String)},
    )
    return judged.join(named, on="reasons_mask", how="left", maintain_order="left").select(*VERDICTS)


def judge_files(
    accounts: Path, contacts: Path, verdicts: Path, *, at: datetime, packs: LawPacks, at_once: int = ACCOUNTS_AT_ONCE
) -> int:
    """Judge files in any order of persons; they are laid out in shares in a temporary folder first.

    Args:
        accounts: a Parquet file, or a folder of them, with ACCOUNTS.
        contacts: the same with CONTACTS.
        verdicts: folder to write VERDICTS to, one file for each share; must be empty or not exist.
        at: the instant of all decisions.
        packs: law packs with the house rules.
        at_once: accounts judged at once; bounds the memory.

    Returns:
        How many accounts were judged.

    Raises:
        FactsFileError: a file is missing, a column is missing or of another type.
        PackError: a rule's parameter has no meaning.
    """
    rows = int(scan(accounts, ACCOUNTS).select(pl.len()).collect().item())
    with tempfile.TemporaryDirectory(dir=verdicts.parent, prefix=".shares-") as folder:
        co_partition(accounts, contacts, Path(folder), shares=max(1, -(-rows // at_once)))
        return judge_shares(Path(folder), verdicts, at=at, packs=packs)


def judge_shares(shares: Path, verdicts: Path, *, at: datetime, packs: LawPacks) -> int:
    """Judge what `co_partition` laid out, one share after another; see `judge_files`."""
    at = require_aware(at)
    verdicts.mkdir(parents=True, exist_ok=True)
    if any(verdicts.iterdir()):
        raise FactsFileError(f"{verdicts}: is not empty. Name a new folder for the verdicts.")
    judged = 0
    for share in _shares_in(shares):
        read = {name: _whole(shares, share, name, wanted) for name, wanted in _TABLES.items()}
        told = judge_people(read["accounts"], read["contacts"], at=at, packs=packs)
        told.write_parquet(verdicts / f"{share}.parquet")
        judged += told.height
    return judged


def co_partition(accounts: Path, contacts: Path, out: Path, *, shares: int) -> None:
    """Lay files out in shares of whole persons: `<table>/<share>/*.parquet`, the same shares of both tables.

    Memory holds two million rows. Accounts without a person keep together with nobody: they are spread by account.

    Raises:
        FactsFileError: a file is missing, a column is missing or of another type.
    """
    for name, source in (("accounts", accounts), ("contacts", contacts)):
        for share in range(shares):
            (out / name / _share_name(share, shares)).mkdir(parents=True)
        for number, rows in enumerate(_in_pieces(scan(source, _TABLES[name]))):
            placed = rows.with_columns(share=_share_of(shares))
            for (share,), part in placed.partition_by("share", as_dict=True, include_key=False).items():
                folder = out / name / _share_name(int(str(share)), shares)
                part.write_parquet(folder / f"{number:05d}.parquet", compression="lz4")


def scan(source: Path, wanted: Mapping[str, Kind]) -> pl.LazyFrame:
    """Return the wanted columns of a Parquet file or of all of a folder, each of its type.

    Raises:
        FactsFileError: there is no file, a column is missing or of another type.
    """
    files = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
    if not files or not files[0].exists():
        raise FactsFileError(f"{source}: no Parquet file found. {FactsFileError.remedy}")
    frame = pl.scan_parquet(files)
    found = frame.collect_schema()
    for name, kind in wanted.items():
        if name not in found:
            raise FactsFileError(f"{files[0]}: column {name} is missing. {FactsFileError.remedy}")
        if not _fits(found[name], kind):
            raise FactsFileError(f"{files[0]}: column {name} is {found[name]}, not {kind}. {FactsFileError.remedy}")
    return frame.select(pl.col(name).cast(kind) for name, kind in wanted.items())


def _fits(found: pl.DataType, kind: Kind) -> bool:
    """Tell whether a type is the wanted one, or another width, unit or coding; too large is refused later."""
    if found == kind:
        return True
    if kind == pl.String:
        return isinstance(found, pl.Categorical | pl.Enum)
    if isinstance(kind, pl.Datetime):
        return isinstance(found, pl.Datetime) and found.time_zone is not None
    return kind in _WHOLE and found.is_integer()


_WHOLE: Final = (pl.Int8, pl.Int16, pl.Int32, pl.Int64)
_TABLES: Final = {"accounts": ACCOUNTS, "contacts": CONTACTS}


def _in_pieces(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    rows = int(frame.select(pl.len()).collect().item())
    for start in range(0, rows, _ROWS_READ_AT_ONCE):
        try:
            yield frame.slice(start, _ROWS_READ_AT_ONCE).collect()
        except pl.exceptions.InvalidOperationError as error:
            raise FactsFileError(f"a number does not fit its column: {error}") from error


def _share_of(shares: int) -> pl.Expr:
    """Return the share of a row by its person; the hash is Polars's own and may differ between its versions."""
    return pl.coalesce("person_id", "account_id").hash() % shares


def _share_name(share: int, shares: int) -> str:
    return f"share-{share:05d}-of-{shares:05d}"


def _shares_in(folder: Path) -> list[str]:
    """Return the names of all shares, in order; both tables must have all of them."""
    found = {name: sorted(path.name for path in (folder / name).glob("share-*")) for name in _TABLES}
    shares = len(found["accounts"])
    if not shares or any(names != [_share_name(n, shares) for n in range(shares)] for names in found.values()):
        raise FactsFileError(f"{folder}: does not hold whole shares of accounts and contacts. Lay the files out again.")
    return found["accounts"]


def _whole(folder: Path, share: str, name: str, wanted: Mapping[str, Kind]) -> pl.DataFrame:
    """Read a table's part of a share, and see that every person in it belongs there.

    Contacts of a person in another share would not be counted, which would be laxer than the law.
    """
    place = folder / name / share
    if not any(place.iterdir()):
        return pl.DataFrame(schema=dict(wanted))
    rows = scan(place, wanted).collect()
    number, _, shares = share.removeprefix("share-").partition("-of-")
    if rows.select((_share_of(int(shares)) != int(number)).any()).item():
        raise FactsFileError(f"{place}: holds persons of other shares. Lay the files out again.")
    return rows
