# SPDX-License-Identifier: Apache-2.0
"""Events at contact values as packed numbers, grouped by value and in order of time. Serves right_party.

A portfolio's events do not fit in memory as texts; of each, twelve bytes are kept, whether they come from a table or
are read from files piece by piece.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.frames import engine_for
from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.attribution.filter import Ints
from rightparty.parties.attribution.kinds import CODE
from rightparty.parties.attribution.recognise import Numbers, print_of_party, prints_of_value
from rightparty.parties.attribution.streams import (
    AGAINST,
    KIND_BITS,
    NO_DAY,
    OF_VALUE,
    OWN,
    SHARED,
    Codes,
    Days,
    Flags,
    cores,
    order,
    place,
    recognise_events,
    side_by_side,
    tally,
)
from rightparty.parties.attribution.subjects import Holders, Subjects

OWN_KINDS: Final = {
    EventKind.OTP_VERIFIED: "otp_verified",
    EventKind.LOGIN: "login",
    EventKind.REPLIED: "replied",
    EventKind.ANSWERED: "answered",
    EventKind.PROMISE_TO_PAY: "paid",
    EventKind.PAID: "paid",
    EventKind.NAME_AGREES: "name_agrees",
    EventKind.CONSENT_GIVEN: "consent_given",
    EventKind.SUBSCRIBER_MATCHES: "subscriber_matches",
    EventKind.SUBSCRIBER_DIFFERS: "subscriber_differs",
}
"""What the person does, and what a carrier says of the value and him: counts only where the event names him."""

KINDS_AGAINST: Final = {
    EventKind.WRONG_PARTY: "wrong_party",
    EventKind.NAME_DIFFERS: "name_differs",
    EventKind.OPTED_OUT: "opted_out",
}
"""What a holder says of himself: counts where the event names nobody or this person."""

VALUE_KINDS: Final = {
    EventKind.REASSIGNED: "reassigned",
    EventKind.DELIVERED: "delivered",
    EventKind.UNDELIVERED: "undelivered",
    EventKind.STATUS_LIVE: "status_live",
    EventKind.STATUS_DEAD: "status_dead",
    EventKind.HOLDER_SAME: "holder_same",
    EventKind.HOLDER_CHANGED: "holder_changed",
    EventKind.SENT: "contact",
    EventKind.CALLED: "contact",
}
"""What is known of the value, whoever was meant, and the lender's attempts. Where only the outcome of an attempt is on
file, the outcome shows the attempt."""

COUNTED: Final[Mapping[str, int]] = {
    str(event): CODE[kind] for event, kind in (OWN_KINDS | KINDS_AGAINST | VALUE_KINDS).items()
}
"""Event kind -> what the filter counts it as. Every other kind says nothing of whom a value reaches."""

STRONG: Final = (EventKind.OTP_VERIFIED.value, EventKind.LOGIN.value)
"""What only the person himself can do. Other evidence could come from whoever holds the phone."""

NO_SUCH_SUBSCRIBER: Final = r"(?i)unknown|unallocated|not in service|disconnected|no such|5\.1\.1|does not exist"
"""Failure classes, as receipts and bounces spell them, that say the value is in nobody's use."""

_INSTANT: Final = pl.Datetime("us", "UTC")
_PIECE: Final = 500_000
_VALUES_A_PART: Final = 200_000
_DATED: Final = (EventKind.HOLDER_SAME.value, EventKind.HOLDER_CHANGED.value)
_EVENT: Final = pl.Enum(list(COUNTED))
_RECOGNISED: Final = ("one", "two", "who", "kind", "has_failed", "occurred_at", "since", "counts")
_CODES: Final = np.array(list(COUNTED.values()), dtype=np.int64)
_IS_STRONG: Final[Flags] = np.array([kind in STRONG for kind in COUNTED])


def _scopes() -> Codes:
    scopes = np.full(len(CODE), OF_VALUE, dtype=np.int8)
    scopes[[CODE[kind] for kind in OWN_KINDS.values()]] = OWN
    scopes[[CODE[kind] for kind in KINDS_AGAINST.values()]] = AGAINST
    return scopes


SCOPES: Final[Codes] = _scopes()
"""[kind] whom it counts for, as `streams.weave` reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """Events up to an instant, by value and instant; value v has the events offsets[v] to offsets[v + 1]."""

    offsets: Ints
    keys: Ints
    named: Numbers
    #: the day that a look-up of the holder asked from; empty if there was none
    since: Days
    #: [v, party_id, occurred_at]: log-ins and one-time codes where several parties have to do with a value
    strong: pl.DataFrame


def see(events: pl.DataFrame | pl.LazyFrame, subjects: Subjects, *, at: datetime) -> Sightings:
    """Read events at the subjects' values up to an instant.

    Shape: events [channel, value, party_id, kind, occurred_at, detail].
    """
    holders = subjects.holders()
    counts = np.zeros(len(subjects.offsets), np.int64)
    pieces, strong = [], [pl.DataFrame(schema={"v": pl.UInt32, "party_id": pl.String, "occurred_at": _INSTANT})]
    for met in _pieces(events, at=at):
        piece, foreign = _numbered(met, holders)
        tally(piece.v, counts[1:])
        pieces.append(piece)
        strong.append(foreign)
    offsets = np.cumsum(counts)
    seen = _placed(pieces, offsets)
    return Sightings(
        offsets=offsets, keys=seen[0], named=seen[1], since=seen[2],
        strong=_with_own(pl.concat(strong), offsets, seen[0], seen[1], subjects, holders),
    )  # fmt: skip


def _pieces(events: pl.DataFrame | pl.LazyFrame, *, at: datetime) -> Iterator[pl.DataFrame]:
    """Yield [one, two, who, party_id, kind, has_failed, occurred_at, since, counts]; what is in the future does not."""
    kind, detail = pl.col("kind"), pl.col("detail")
    failed = pl.when(kind == EventKind.UNDELIVERED.value).then(detail).str.contains(NO_SUCH_SUBSCRIBER)
    dated = pl.when(kind.is_in(_DATED)).then(detail).str.to_date("%Y-%m-%d", strict=False)
    met = (
        events.lazy()
        .select(
            "channel", "value", "party_id", kind.cast(_EVENT, strict=False), pl.col("occurred_at").cast(_INSTANT),
            "detail",
        )
        .select(
            "party_id",
            kind=kind.to_physical().fill_null(0),
            has_failed=failed.fill_null(value=False),
            occurred_at=pl.col("occurred_at").to_physical().fill_null(0),
            since=dated.cast(pl.Int32).fill_null(NO_DAY),
            who=print_of_party(),
            counts=pl.all_horizontal(
                (pl.col("occurred_at") <= at).fill_null(value=False),
                kind.is_not_null(), pl.col("channel").is_not_null(), pl.col("value").is_not_null(),
            ),
            **prints_of_value(),
        )
    )  # fmt: skip
    if isinstance(events, pl.DataFrame) and events.height <= _PIECE:
        yield met.collect(engine=engine_for(events.height))
    else:
        yield from met.collect_batches(chunk_size=_PIECE, maintain_order=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Some events, packed; `since` is empty if none tells a day."""

    v: Numbers
    keys: Ints
    named: Numbers
    since: Days


def _numbered(met: pl.DataFrame, holders: Holders) -> tuple[_Piece, pl.DataFrame]:
    """Return the events at known values, and [v, party_id, occurred_at] of strong ones where others have to do with it.

    Those are log-ins and codes where the value is others', too, or only others'.
    """
    size = met.height
    v, keys, named = np.empty(size, np.uint32), np.empty(size, np.int64), np.empty(size, np.uint32)
    since, foreign = np.empty(size, np.int32), np.empty((2, size), np.uint32)
    one, two, who, kind, has_failed, instant, day, counts = (met[name].to_numpy() for name in _RECOGNISED)
    count, strangers, has_since = recognise_events(
        one, two, who, kind, has_failed, instant, day, counts, holders.values, holders.party, holders.p, holders.shared,
        holders.p_shared, _CODES, _IS_STRONG, v, keys, named, since, foreign,
    )  # fmt: skip
    rows = pl.Series(foreign[0, :strangers])
    strong = met.select("party_id", pl.col("occurred_at").cast(_INSTANT))[rows].select(
        pl.Series("v", foreign[1, :strangers]), pl.col("party_id").cast(pl.String), "occurred_at"
    )
    days = since[:count] if has_since else since[:0].copy()
    return _Piece(v=v[:count], keys=keys[:count], named=named[:count], since=days), strong


def _placed(pieces: list[_Piece], offsets: Ints) -> tuple[Ints, Numbers, Days]:
    """Group by value and order by instant, side by side on all cores."""
    count, free = int(offsets[-1]), offsets[:-1].copy()
    has_since = any(len(piece.since) for piece in pieces)
    keys, named = np.empty(count, np.int64), np.empty(count, np.uint32)
    since = np.full(count if has_since else 0, NO_DAY, np.int32)
    parts = cores() if len(free) > _VALUES_A_PART else 1
    cuts = [len(free) * part // parts for part in range(parts + 1)]

    def run(bounds: tuple[int, int]) -> None:
        for piece in pieces:
            place(*bounds, piece.v, piece.keys, piece.named, piece.since, free, keys, named, since)
        for begin in range(*bounds, _VALUES_A_PART):
            order(begin, min(begin + _VALUES_A_PART, bounds[1]), offsets, keys, named, since)

    side_by_side(run, pairwise(cuts))
    return keys, named, since


def _with_own(
    strong: pl.DataFrame, offsets: Ints, keys: Ints, named: Numbers, subjects: Subjects, holders: Holders
) -> pl.DataFrame:
    """Add, where a stranger logged in at a value of one person, that person's own log-ins there."""
    v = strong["v"].unique().to_numpy()
    v = v[holders.p[v] != SHARED]
    if not len(v):
        return strong
    contested = subjects.table[subjects.offsets[v]].select("v", "party_id", "p")
    lengths = offsets[v + 1] - offsets[v]
    events = np.repeat(offsets[v] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    codes = [COUNTED[kind] for kind in STRONG]
    mine = named[events] == np.repeat(contested["p"].to_numpy(), lengths)
    own = np.isin(keys[events] & (2**KIND_BITS - 1), codes) & mine
    rows: pl.DataFrame = contested.select("v", "party_id")[np.repeat(np.arange(len(v)), lengths)[own]]
    instants = pl.Series("occurred_at", keys[events][own] >> KIND_BITS).cast(_INSTANT)
    return pl.concat([strong, rows.with_columns(instants)])
