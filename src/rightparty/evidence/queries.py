# SPDX-License-Identifier: Apache-2.0
"""Read the log: one record opened, the whole chain recomputed, an export for an auditor (provable)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rightparty.evidence.chain import commitment, instant_text
from rightparty.evidence.models import Leaf, Opening
from rightparty.evidence.verify import ChainVerdict, ExportedLeaf, verify_leaves

BATCH: Final = 5_000
"""Records read at once: a few megabytes of memory, whatever the length of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLeaf:
    """One record with what its commitments hide, as far as it was not erased."""

    index: int
    kind: str
    recorded_at: datetime
    facts: dict[str, object]
    chain_hash: str
    #: name -> clear value; empty if nothing was committed to, or if it was erased
    private: dict[str, str]
    #: the clear values are those that were committed to
    opens: bool


def newest_index() -> int | None:
    """Return the number of the newest record, or None if the log is empty."""
    return Leaf.objects.order_by("-index").values_list("index", flat=True).first()


def find_leaf(index: int) -> OpenedLeaf | None:
    """Return one record of the log, opened, or None."""
    return next(iter(list_leaves([index])), None)


def read_leaf(index: int) -> OpenedLeaf:
    """Return one record of the log, opened.

    Raises:
        LookupError: there is no such record.
    """
    leaf = find_leaf(index)
    if leaf is None:
        raise LookupError(f"the log has no record {index}")
    return leaf


def list_leaves(indexes: Sequence[int]) -> list[OpenedLeaf]:
    """Return some records of the log, opened, in the log's order."""
    openings = Opening.objects.in_bulk(list(indexes))
    return [
        _opened(leaf, openings.get(leaf.index)) for leaf in Leaf.objects.filter(index__in=indexes).order_by("index")
    ]


def _opened(leaf: Leaf, opening: Opening | None) -> OpenedLeaf:
    payload = json.loads(leaf.payload)
    clear: dict[str, str] = json.loads(opening.clear) if opening else {}
    key = bytes.fromhex(opening.key) if opening else b""
    opens = {name: commitment(key, name, value) for name, value in clear.items()} == payload["commitments"]
    return OpenedLeaf(
        index=leaf.index,
        kind=leaf.kind,
        recorded_at=leaf.recorded_at,
        facts=payload["facts"],
        chain_hash=leaf.chain_hash,
        private=clear,
        opens=opens,
    )


def verify_log(*, held: Mapping[int, str] | None = None) -> ChainVerdict:
    """Recompute the whole chain, against chain hashes that somebody kept if given (index -> hash)."""
    return verify_leaves(_exported(), held=held)


def export_log(file: Path) -> int:
    """Write every record, one JSON object a line, without any clear value; return how many."""
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for leaf in _exported():
            out.write(json.dumps(asdict(leaf), ensure_ascii=True) + "\n")
            count += 1
    return count


def _exported() -> Iterator[ExportedLeaf]:
    columns = ("index", "kind", "recorded_at", "payload", "leaf_hash", "chain_hash")
    for row in Leaf.objects.order_by("index").values_list(*columns).iterator(chunk_size=BATCH):
        yield ExportedLeaf(row[0], row[1], instant_text(row[2].astimezone(UTC)), row[3], row[4], row[5])
