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
from typing import Final

import polars as pl

from rightparty.evidence.chain import KEY_BYTES, VERSION, PayloadError, canonical_json, instant_text

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
    marks = ",".join(f'{_literal(name)}:"%s"' for name in names)
    begin = f'{{"at":"{instant_text(leaves.recorded_at)}","commitments":{{'
    end = f',"kind":{encode_basestring_ascii(leaves.kind)},"v":{VERSION}}}'
    return [
        f'{begin}{marks % _commitments(key, told, clear)}}},"facts":{facts}{end}'
        for key, facts, *clear in zip(keys, leaves.facts, *(leaves.private[name] for name in names), strict=True)
    ]


def clear_texts_of(leaves: LeafColumns) -> list[str]:
    """Return the clear values of each record in the canonical spelling, as they are kept beside its key."""
    names = sorted(leaves.private)
    form = "{" + ",".join(f"{_literal(name)}:%s" for name in names) + "}"
    columns = [list(map(encode_basestring_ascii, leaves.private[name])) for name in names]
    return [form % row for row in zip(*columns, strict=True)]


def _literal(text: str) -> str:
    """Return a string as JSON writes it, to stand in a form that `%` fills in."""
    return encode_basestring_ascii(text).replace("%", "%%")


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
    if frame.is_empty() or not frame.width:
        return pl.Series(["{}"] * frame.height, dtype=pl.String)
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    odd = frame.select(pl.col(texts).str.contains(_TO_ESCAPE).any()).row(0) if texts else ()
    escaped = {name for name, is_odd in zip(texts, odd, strict=True) if is_odd}
    constant = {column.name for column in frame.iter_columns() if _is_same_everywhere(column)}
    pieces: list[pl.Expr] = []
    literal = "{"
    for name in sorted(frame.columns):
        literal += encode_basestring_ascii(name) + ":"
        if name in constant:
            literal += canonical_json({"": _plain(frame[name])[0]})[4:-1] + ","
            continue
        pieces += [pl.lit(literal), _spelled(frame[name], is_odd=name in escaped)]
        literal = ","
    if not pieces:
        return pl.Series([literal.removesuffix(",") + "}"] * frame.height)
    return frame.select(pl.concat_str([*pieces, pl.lit(literal.removesuffix(",") + "}")])).to_series()


def _is_same_everywhere(column: pl.Series) -> bool:
    """Tell whether every row has the same value or none has any; what differs mostly does so at once."""
    first = column[0]
    if first is None:
        return column.null_count() == column.len()
    return column[-1] == first and not column.null_count() and bool((column == first).all())


def _plain(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind == pl.String or kind.is_integer() or kind == pl.Boolean or kind == pl.Null:
        return column
    raise PayloadError(f"a column of type {kind}. {PayloadError.remedy}")


def _spelled(column: pl.Series, *, is_odd: bool) -> pl.Expr:
    column = _plain(column)
    if column.dtype != pl.String:
        text = pl.col(column.name).cast(pl.String)
    elif is_odd:
        distinct = column.drop_nulls().unique()
        spelled = pl.Series([encode_basestring_ascii(each) for each in distinct], dtype=pl.String)
        text = pl.col(column.name).replace_strict(distinct, spelled, return_dtype=pl.String)
    else:
        text = pl.concat_str(pl.lit('"'), column.name, pl.lit('"'))
    return text.fill_null("null")
