# SPDX-License-Identifier: Apache-2.0
"""Many records of one kind at once, written exactly as `chain.payload_of` writes each (serves provable).

A batch at the gate is recorded some thousand times a second. What is the same in all records is spelled once, facts are
spelled column by column, and a record's commitments share the two blocks that its key fills.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any, Final

import polars as pl

from rightparty.evidence.chain import KEY_BYTES, VERSION, PayloadError, instant_text

_BLOCK: Final = 64
_INNER: Final = bytes(each ^ 0x36 for each in range(256))
_OUTER: Final = bytes(each ^ 0x5C for each in range(256))
"""What a key's bytes become in the two blocks of an HMAC (RFC 2104, section 2)."""

_REST_OF_BLOCK: Final = bytes(_BLOCK - KEY_BYTES)
_TO_ESCAPE: Final = r"[^ !#-\[\]-~]"
"""Characters that JSON in ASCII does not write as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafColumns:
    """Records of one kind and instant; the same as one `chain.LeafRecord` per row."""

    kind: str
    #: aware instant
    recorded_at: datetime
    #: each record's facts in the canonical spelling, as `canonical_rows` returns them
    facts: Sequence[str]
    #: what is only committed to: name -> clear value of each record; at least one name
    private: Mapping[str, Sequence[str]]


def payloads_of(leaves: LeafColumns, keys: Sequence[bytes]) -> list[str]:
    """Return the text that is stored and hashed for each record: what `chain.payload_of` returns for it."""
    names = sorted(leaves.private)
    told = [f"{name}\0" for name in names]
    marks = ",".join(f'{encode_basestring_ascii(name)}:"%s"' for name in names)
    begin = f'{{"at":"{instant_text(leaves.recorded_at)}","commitments":{{'
    end = f',"kind":{encode_basestring_ascii(leaves.kind)},"v":{VERSION}}}'
    return [
        f'{begin}{marks % _commitments(key, told, clear)}}},"facts":{facts}{end}'
        for key, facts, *clear in zip(keys, leaves.facts, *(leaves.private[name] for name in names), strict=True)
    ]


def clear_texts_of(leaves: LeafColumns) -> list[str]:
    """Return the clear values of each record in the canonical spelling, as they are kept beside its key."""
    names = sorted(leaves.private)
    form = "{" + ",".join(f"{encode_basestring_ascii(name)}:%s" for name in names) + "}"
    columns = [list(map(encode_basestring_ascii, leaves.private[name])) for name in names]
    return [form % row for row in zip(*columns, strict=True)]


def _commitments(key: bytes, told: list[str], clear: list[str]) -> tuple[str, ...]:
    """Return HMAC-SHA256 under one key of each named value, in hex: what `chain.commitment` returns for each."""
    block = key + _REST_OF_BLOCK
    inner, outer = hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))
    found = []
    for name, value in zip(told, clear, strict=True):
        inside, outside = inner.copy(), outer.copy()
        inside.update((name + value).encode())
        outside.update(inside.digest())
        found.append(outside.hexdigest())
    return tuple(found)


def canonical_rows(frame: pl.DataFrame) -> pl.Series:
    """Return each row as `chain.canonical_json` spells the mapping of column names to its values.

    Raises:
        PayloadError: a column of fractions, instants or another type whose spelling differs between languages.
    """
    pieces: list[pl.Expr] = []
    for number, name in enumerate(sorted(frame.columns)):
        pieces.append(pl.lit(("," if number else "{") + encode_basestring_ascii(name) + ":"))
        pieces.append(_spelled(frame[name]))
    pieces.append(pl.lit("}"))
    return frame.select(pl.concat_str(pieces)).to_series() if frame.width else pl.Series(["{}"] * frame.height)


def spelled_strings(texts: pl.Series) -> pl.Series:
    """Return strings as JSON in ASCII writes them, quotes included; null stays null."""
    if not texts.str.contains(_TO_ESCAPE).any():
        return '"' + texts + '"'
    distinct = texts.drop_nulls().unique()
    spelled: Any = [encode_basestring_ascii(text) for text in distinct]
    return texts.replace_strict(distinct, pl.Series(spelled, dtype=pl.String), return_dtype=pl.String)


def _spelled(column: pl.Series) -> pl.Expr:
    kind = column.dtype
    if kind == pl.String:
        text = pl.lit(spelled_strings(column))
    elif kind.is_integer() or kind == pl.Boolean or kind == pl.Null:
        text = pl.col(column.name).cast(pl.String)
    else:
        raise PayloadError(f"a column of type {kind}. {PayloadError.remedy}")
    return text.fill_null("null")
