# SPDX-License-Identifier: Apache-2.0
"""Judges a portfolio in files, in any order of persons, in memory that does not grow with it (right_time).

Contacts are counted over the linked person first, share by share (policy.spool); then the accounts are judged piece by
piece in the order of their files. On a cluster `policy.on_spark` brings the rows of a person together and judges them
with `judge_people`; both count with the same kernel and judge by the same rules, so both give the same verdicts.
"""

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.reasons import reasons_in
from rightparty.policy.calendar import with_calendar
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.history import COUNTS, MONTH, NO_INSTANT, columns_of, count_contacts, instants_of
from rightparty.policy.local_time import INSTANT, with_local_time
from rightparty.policy.pack import LawPacks
from rightparty.policy.spool import Spool
from rightparty.policy.zone_clocks import microseconds_of

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
"""Accounts that are judged at once by each of the threads: about 1 GiB of memory."""

_SHARE: Final = 200_000
"""Accounts in a share that is counted by itself: what it looks up then stays near the processor."""

_CONTACTS_AT_ONCE: Final = 1_000_000
_THREADS_AT_MOST: Final = 4


class FactsFileError(ValueError):
    """Files of accounts or contacts cannot be judged; the message names the file and what is wrong with it."""

    remedy = "Export the columns of rightparty.policy.over_files.ACCOUNTS and CONTACTS."


def judge_people(accounts: pl.DataFrame, contacts: pl.DataFrame, *, at: datetime, packs: LawPacks) -> pl.DataFrame:
    """Judge the accounts of some whole persons.

    Shape: ACCOUNTS and CONTACTS (all contacts of these persons) -> VERDICTS, in the order of the accounts.

    Raises:
        PackError: a rule's parameter has no meaning.
    """
    timed = with_local_time(accounts, at=at)
    return _verdicts(count_contacts(timed, contacts, at=at), at=at, packs=packs)


def _verdicts(counted: pl.DataFrame, *, at: datetime, packs: LawPacks) -> pl.DataFrame:
    """Judge accounts with local time and counts."""
    judged = judge(with_calendar(counted.with_columns(at=pl.lit(at).cast(INSTANT))), packs)
    mask = judged["reasons_mask"]
    different = mask.unique().sort()
    reasons = pl.Series("reasons", [_codes_in(each) for each in different], dtype=pl.List(pl.String))
    return judged.with_columns(reasons.gather(different.search_sorted(mask))).select(*VERDICTS)


@lru_cache(maxsize=200_000)
def _codes_in(mask: int) -> list[str]:
    return [reason.code for reason in reasons_in(mask)]


def judge_files(
    accounts: Path, contacts: Path, verdicts: Path, *, at: datetime, packs: LawPacks, at_once: int = ACCOUNTS_AT_ONCE
) -> int:
    """Judge files in any order of persons.

    Args:
        accounts: a Parquet file, or a folder of them, with ACCOUNTS.
        contacts: the same with CONTACTS.
        verdicts: folder to write VERDICTS to, in the order of the accounts; must be empty or not exist.
        at: the instant of all decisions.
        packs: law packs with the house rules.
        at_once: accounts judged at once by each thread; bounds the memory.

    Returns:
        How many accounts were judged.

    Raises:
        FactsFileError: a file is missing, a column is missing or of another type.
        PackError: a rule's parameter has no meaning.
    """
    at = require_aware(at)
    given, past = scan(accounts, ACCOUNTS), scan(contacts, CONTACTS)
    rows = _height(given)
    verdicts.mkdir(parents=True, exist_ok=True)
    if any(verdicts.iterdir()):
        raise FactsFileError(f"{verdicts}: is not empty. Name a new folder for the verdicts.")
    with tempfile.TemporaryDirectory(dir=verdicts.parent, prefix=".counts-") as folder:
        counts = _counted(Spool(Path(folder), rows=rows, shares=max(1, -(-rows // _SHARE))), given, past, at=at)

        def judge_piece(first: int) -> None:
            piece = _read(given, first, at_once)
            timed = with_local_time(piece, at=at).hstack(columns_of(counts.counted(first, first + piece.height)))
            told = _verdicts(timed, at=at, packs=packs)
            told.write_parquet(verdicts / f"{first:012d}.parquet", compression="lz4")

        _do_all(judge_piece, range(0, rows, at_once))
    return rows


def _counted(spool: Spool, accounts: pl.LazyFrame, contacts: pl.LazyFrame, *, at: datetime) -> Spool:
    """Count the contacts of all accounts."""
    keys = accounts.select("account_id", "person_id", "zone_set")
    _do_all(
        lambda first: spool.add_accounts(_read(keys, first, ACCOUNTS_AT_ONCE), first=first),
        range(0, _height(keys), ACCOUNTS_AT_ONCE),
    )
    sets = pl.DataFrame({"zone_set": spool.zone_sets}, schema={"zone_set": pl.String})
    day_began = instants_of(with_local_time(sets, at=at)["day_began_at"])
    # where somebody's day is not known, all he was ever sent counts as today's
    all_days_known = spool.every_zone_set_given and not (day_began == NO_INSTANT).any()
    counted_from = microseconds_of(at - MONTH) if all_days_known else None
    _do_all(
        lambda first: spool.add_contacts(_read(contacts, first, _CONTACTS_AT_ONCE), counted_from=counted_from),
        range(0, _height(contacts), _CONTACTS_AT_ONCE),
    )
    _do_all(lambda share: spool.count(share, now=microseconds_of(at), day_began=day_began), range(spool.shares))
    return spool


def _do_all(work: Callable[[int], None], numbers: range) -> None:
    """Do it for every number, several at a time."""
    with ThreadPoolExecutor(min(_THREADS_AT_MOST, pl.thread_pool_size())) as pool:
        list(pool.map(work, numbers))


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())


def _read(frame: pl.LazyFrame, first: int, rows: int) -> pl.DataFrame:
    try:
        return frame.slice(first, rows).collect()
    except pl.exceptions.InvalidOperationError as error:
        raise FactsFileError(f"a number does not fit its column: {error}") from error


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
