# SPDX-License-Identifier: Apache-2.0
"""What is known of a versioned table, and what a merge did to it: the notions behind loads and reverts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedTable:
    """A table whose rows are retired, never changed."""

    #: name in the database
    name: str
    #: columns that name a row; at most one version of them is current
    key: tuple[str, ...]
    #: every column that comes with a load, the key first; `load_id`, `retired_by_id` and `id` are not among them
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCounts:
    """What a merge did, in rows of the delivery."""

    #: keys that had no current version
    added: int
    #: keys whose current version differed and was retired
    changed: int
    #: keys whose current version was the same; nothing was written
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What the undoing of a load did."""

    #: versions that the load had brought and that are gone
    retired: int
    #: versions that the load had retired and that are back
    restored: int


class RetiredByLaterLoadError(Exception):
    """Rows that a load brought were changed by a later load, so that it cannot be taken back alone."""

    def __init__(self, *, table: str, load_id: int, rows: int) -> None:
        super().__init__(f"{rows} rows of {table} were changed by load {load_id}")
        self.table = table
        #: the later load
        self.load_id = load_id
        self.rows = rows
