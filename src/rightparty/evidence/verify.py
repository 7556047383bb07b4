# SPDX-License-Identifier: Apache-2.0
"""Recomputes an exported log with the standard library alone: `python -m rightparty.evidence.verify FILE`.

Serves provable. What it proves: the records stood unchanged and in this order when a held chain hash was taken. What
it does not prove: that the log is complete, nor that its contents were true when written.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rightparty.evidence.chain import START, chain_hash, leaf_hash


@dataclass(frozen=True, slots=True)
class ExportedLeaf:
    """One record as an auditor gets it."""

    index: int
    kind: str
    #: as in the payload
    recorded_at: str
    payload: str
    leaf_hash: str
    chain_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """What came of recomputing a log."""

    intact: bool
    #: records found intact before the end or the first break
    records: int
    #: chain hash of the last intact record: keep it, it proves everything before it
    head: str
    first_broken_index: int | None = None
    problem: str = ""

    def sentence(self) -> str:
        """Return the verdict in words."""
        if self.intact:
            return f"{self.records:,} records, chain intact, head {self.head[:16]}…"
        return f"record {self.first_broken_index} is broken: {self.problem} ({self.records:,} records intact before it)"


def verify_leaves(leaves: Iterable[ExportedLeaf], *, held: Mapping[int, str] | None = None) -> ChainVerdict:
    """Recompute a log from its first record.

    Args:
        leaves: all records in order, from index 0.
        held: chain hashes that somebody kept: index -> hash. A record that no longer leads to them is named.
    """
    kept, previous, count = dict(held or {}), START, 0
    for leaf in leaves:
        problem = _problem(leaf, count, previous, kept.pop(count, None))
        if problem:
            return ChainVerdict(intact=False, records=count, head=previous, first_broken_index=count, problem=problem)
        previous, count = leaf.chain_hash, count + 1
    if kept:
        missing = f"the log ends before record {min(kept)}, whose chain hash is held"
        return ChainVerdict(intact=False, records=count, head=previous, first_broken_index=count, problem=missing)
    return ChainVerdict(intact=True, records=count, head=previous)


def _problem(leaf: ExportedLeaf, index: int, previous: str, held: str | None) -> str:
    if leaf.index != index:
        return f"record {index} is missing or out of order"
    if leaf_hash(leaf.payload) != leaf.leaf_hash:
        return "its payload is not what was hashed"
    if chain_hash(previous, leaf.leaf_hash) != leaf.chain_hash:
        return "it does not follow from the records before it"
    if held is not None and held != leaf.chain_hash:
        return "a record up to here differs from what the held chain hash covers"
    try:
        stated = json.loads(leaf.payload)
        agrees = (stated["kind"], stated["at"]) == (leaf.kind, leaf.recorded_at)
    except (ValueError, KeyError, TypeError):
        return "its payload is not a record"
    return "" if agrees else "its kind or instant is not what its payload says"


def read_exported(lines: Iterable[str]) -> Iterator[ExportedLeaf]:
    """Read records written one JSON object a line.

    Raises:
        ValueError: a line is not such a record.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield ExportedLeaf(**json.loads(line))
        except (ValueError, TypeError):
            raise ValueError(f"line {number} is not an exported record") from None


def main(arguments: list[str]) -> int:
    """Verify a file against the chain hashes given as INDEX:HASH; return the exit status."""
    if not arguments:
        sys.stderr.write("usage: python -m rightparty.evidence.verify FILE [INDEX:HASH ...]\n")
        return 2
    held = {int(index): value for index, _, value in (pair.partition(":") for pair in arguments[1:])}
    with Path(arguments[0]).open(encoding="utf-8") as lines:
        verdict = verify_leaves(read_exported(lines), held=held)
    sys.stdout.write(verdict.sentence() + "\n")
    return 0 if verdict.intact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
