# SPDX-License-Identifier: Apache-2.0
"""What counting needs of accounts and contacts, laid out by linked person, so that memory does not grow (right_time).

Contacts are counted over the linked person, and files come in any order of persons. Of each row a few numbers are kept
in files by the hash of the person; each such share is counted by itself, and the results lie by the row of the account.
"""

from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.policy.history import COUNTS, NO_DAYS, NO_INSTANT, Contacts, Counted, Rows, count
from rightparty.policy.identities import Ids
from rightparty.policy.local_time import coded
from rightparty.policy.zone_clocks import Ints

type _Records = NDArray[np.void]

_ID: Final = np.dtype([("first", "<u8"), ("second", "<u4"), ("known", "?")])
_ACCOUNT: Final = np.dtype([("person", _ID), ("account", _ID), ("zone_set", "<u4"), ("row", "<u4")])
_CONTACT: Final = np.dtype(
    [("person", _ID), ("account", _ID), ("occurred", "<i8"), ("is_call", "?"), ("is_message", "?"), ("is_answer", "?")]
)
_COUNTED: Final = np.dtype([("known", "?"), ("in_future", "?"), ("counts", "<u2", len(COUNTS)), ("days", "<i2")])
"""Counts and days beyond these types are kept as their greatest values, which are beyond every rule."""

_NO_ZONES: Final = np.iinfo(np.uint32).max
_TABLES: Final = {"accounts": _ACCOUNT, "contacts": _CONTACT}


class Spool:
    """Accounts and contacts by share of persons, and what was counted, by row."""

    def __init__(self, folder: Path, *, rows: int, shares: int) -> None:
        """Keep the files in an empty folder, for `rows` accounts."""
        self.shares, self._folder, self._lock = shares, folder, Lock()
        self._zone_sets: dict[str, int] = {}
        #: no account was added without a set of zones
        self.every_zone_set_given = True
        self._counted = np.memmap(folder / "counted", dtype=_COUNTED, mode="w+", shape=(max(1, rows),))

    @property
    def zone_sets(self) -> list[str]:
        """The sets of zones that were added, each at its place."""
        return list(self._zone_sets)

    def add_accounts(self, accounts: pl.DataFrame, *, first: int) -> None:
        """Add [account_id, person_id, zone_set] of consecutive rows, numbered from `first`."""
        records = np.empty(accounts.height, dtype=_ACCOUNT)
        _fill(records["person"], Ids.of(accounts["person_id"]))
        _fill(records["account"], Ids.of(accounts["account_id"]))
        records["zone_set"] = self._places_of(accounts["zone_set"])
        records["row"] = np.arange(first, first + accounts.height)
        self._add("accounts", records)

    def add_contacts(self, contacts: pl.DataFrame, *, counted_from: int | None) -> None:
        """Add contacts as `history.count_contacts` takes them.

        Args:
            contacts: [person_id, account_id, channel, kind, occurred_at].
            counted_from: the beginning of the longest window in microseconds: of what lies before it only conversations
                matter. None: everything does, since a window is not known.
        """
        told = Contacts.of(contacts)
        if counted_from is not None:
            told = told[(told.occurred >= counted_from) | (told.is_call & told.is_answer)]
        records = np.empty(told.occurred.size, dtype=_CONTACT)
        _fill(records["person"], told.person)
        _fill(records["account"], told.account)
        for name in ("occurred", "is_call", "is_message", "is_answer"):
            records[name] = getattr(told, name)
        self._add("contacts", records)

    def count(self, share: int, *, now: int, day_began: Ints) -> None:
        """Count the contacts of a share.

        Args:
            share: its number, from 0.
            now: the instant of all decisions in microseconds.
            day_began: of each of `zone_sets`, the earliest local midnight; NO_INSTANT if there is none.
        """
        accounts, contacts = self._read("accounts", share), self._read("contacts", share)
        zone_sets = self.zone_sets
        places = np.where(accounts["zone_set"] == _NO_ZONES, len(zone_sets), accounts["zone_set"])
        counted = count(
            Rows(
                person=_ids(accounts["person"]),
                account=_ids(accounts["account"]),
                now=np.full(accounts.size, now),
                day_began=np.append(day_began, NO_INSTANT)[places],
                zone_sets=zone_sets,
                zone_set=places,
            ),
            Contacts(
                person=_ids(contacts["person"]),
                account=_ids(contacts["account"]),
                occurred=contacts["occurred"].copy(),
                is_call=contacts["is_call"].copy(),
                is_message=contacts["is_message"].copy(),
                is_answer=contacts["is_answer"].copy(),
            ),
        )
        found = np.empty(accounts.size, dtype=_COUNTED)
        found["known"], found["in_future"] = counted.known, counted.in_future
        for place, name in enumerate(COUNTS):
            found["counts"][:, place] = np.minimum(counted.counts[name], np.iinfo(np.uint16).max)
        found["days"] = np.minimum(counted.days, np.iinfo(np.int16).max)
        self._counted[accounts["row"]] = found

    def counted(self, first: int, end: int) -> Counted:
        """Return what was counted of the rows from `first` up to `end`; of the rows of nobody nothing is known."""
        found = self._counted[first:end]
        return Counted(
            known=found["known"].copy(),
            counts={name: found["counts"][:, place] for place, name in enumerate(COUNTS)},
            in_future=found["in_future"].copy(),
            days=np.where(found["known"], found["days"], NO_DAYS),
        )

    def _places_of(self, zone_set: pl.Series) -> NDArray[np.uint32]:
        names, of_row = coded(zone_set)
        with self._lock:
            self.every_zone_set_given &= not of_row.null_count()
            places = [self._zone_sets.setdefault(name, len(self._zone_sets)) for name in names]
        place_of: NDArray[np.uint32] = np.array([*places, _NO_ZONES], dtype=np.uint32)
        return np.take(place_of, of_row.fill_null(len(names)).to_numpy())

    def _add(self, table: str, records: _Records) -> None:
        """Append the records of somebody, each to its share."""
        known = records["person"]["known"]
        records = records if known.all() else records[known]
        share = (records["person"]["first"] % np.uint64(self.shares)).astype(np.uint16)
        order = np.argsort(share, kind="stable")
        ends = np.cumsum(np.bincount(share, minlength=self.shares)).tolist()
        placed = records[order]
        with self._lock:
            for number, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
                with self._file(table, number).open("ab") as file:
                    placed[begin:end].tofile(file)

    def _read(self, table: str, share: int) -> _Records:
        file = self._file(table, share)
        return np.fromfile(file, dtype=_TABLES[table]) if file.exists() else np.empty(0, dtype=_TABLES[table])

    def _file(self, table: str, share: int) -> Path:
        return self._folder / f"{table}-{share:05d}"


def _fill(into: _Records, ids: Ids) -> None:
    into["first"], into["second"], into["known"] = ids.first, ids.second.astype(np.uint32), ids.known


def _ids(records: _Records) -> Ids:
    return Ids(records["first"].copy(), records["second"].copy(), records["known"].copy())
