# SPDX-License-Identifier: Apache-2.0
"""Records as PostgreSQL's COPY takes them in binary: neither side quotes or reads two kilobytes of JSON a record.

Source: the documentation of COPY, "Binary Format", and what each type receives (bigint: 8 bytes; timestamptz:
microseconds since 2000-01-01 UTC; text: its bytes). Columns are those of `append_leaves`, in its order.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

_BEGIN: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LONG: Final = struct.Struct("!iq")
_FIRST: Final = struct.Struct("!hiq")
"""Number of columns, then the first: a bigint."""

_LENGTH: Final = struct.Struct("!i")


def leaves_in_binary(
    indexes: Sequence[int],
    told: Sequence[tuple[str, datetime]],
    payloads: Sequence[str],
    hashes: Sequence[str],
    chained: Sequence[str],
) -> bytes:
    """Return records [index, kind, recorded_at, payload, leaf_hash, chain_hash]."""
    heads = {each: _text(each[0]) + _instant(each[1]) for each in set(told)}
    first, text, columns = _FIRST.pack, _text, 6
    return b"".join(
        [
            _BEGIN,
            *(
                first(columns, 8, index) + heads[each] + text(payload) + text(leaf) + text(chain)
                for index, each, payload, leaf, chain in zip(indexes, told, payloads, hashes, chained, strict=True)
            ),
            _END,
        ]
    )


def openings_in_binary(openings: Sequence[tuple[int, str, str]]) -> bytes:
    """Return openings [leaf_id, key, clear]."""
    first, text, columns = _FIRST.pack, _text, 3
    rows = (first(columns, 8, index) + text(key) + text(clear) for index, key, clear in openings)
    return b"".join([_BEGIN, *rows, _END])


def _text(text: str) -> bytes:
    told = text.encode()
    return _LENGTH.pack(len(told)) + told


def _instant(at: datetime) -> bytes:
    return _LONG.pack(8, (at - _EPOCH) // timedelta(microseconds=1))
