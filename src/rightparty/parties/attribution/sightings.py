# SPDX-License-Identifier: Apache-2.0
"""Events at contact values as packed numbers, grouped by value and in order of time. Serves right_party.

A portfolio's events do not fit in memory as texts; of each, twelve bytes are kept, whether they come from a table or
are read from files piece by piece.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.attribution.filter import Ints
from rightparty.parties.attribution.kinds import CODE
from rightparty.parties.attribution.streams import (
    AGAINST,
    KIND_BITS,
    NAMELESS,
    NO_DAY,
    OF_VALUE,
    OWN,
    STRANGE,
    Codes,
    Days,
    Numbers,
    order,
    place,
    tally,
)

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
_CODES: Final = np.array(list(COUNTED.values()), dtype=np.int64)


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


def see(events: pl.DataFrame | pl.LazyFrame, values: pl.DataFrame, shared: pl.DataFrame, *, at: datetime) -> Sightings:
    """Read events at some values up to an instant.

    Shape: events [channel, value, party_id, kind, occurred_at, detail]; values [channel, value, v, party_id, p] with
    one row per value, v from 0 without gaps, party_id and p null where the value is recorded under several parties;
    shared [v, party_id, p] of those.
    """
    counts = np.zeros(values.height + 1, np.int64)
    pieces, strong, has_since = [], [], False
    for met in _pieces(events, values, at=at):
        piece = _numbered(met, shared)
        tally(piece["v"].to_numpy(), counts[1:])
        has_since |= piece["since"].null_count() < piece.height
        pieces.append(piece)
        strong.append(_strong(met))
    offsets = np.cumsum(counts)
    seen = _placed(pieces, offsets, has_since=has_since)
    return Sightings(
        offsets=offsets, keys=seen[0], named=seen[1], since=seen[2],
        strong=_with_own(pl.concat(strong), offsets, seen[0], seen[1], values),
    )  # fmt: skip


def _pieces(events: pl.DataFrame | pl.LazyFrame, values: pl.DataFrame, *, at: datetime) -> Iterator[pl.DataFrame]:
    """Yield [v, only_id, only_p, party_id, kind, occurred_at, detail] of what counts and is not in the future."""
    when = pl.col("occurred_at").cast(_INSTANT)
    met = (
        events.lazy()
        .select("channel", "value", "party_id", pl.col("kind").cast(_EVENT, strict=False), when, "detail")
        .filter((pl.col("occurred_at") <= at) & pl.col("kind").is_not_null())
        .join(values.lazy().rename({"party_id": "only_id", "p": "only_p"}), on=["channel", "value"])
        .select("v", "only_id", "only_p", pl.col("party_id").fill_null(""), "kind", "occurred_at", "detail")
    )
    if isinstance(events, pl.DataFrame) and events.height <= _PIECE:
        yield met.collect()
    else:
        yield from met.collect_batches(chunk_size=_PIECE, maintain_order=False)


def _numbered(met: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Return [v, key, named, since], where since is null but for look-ups of a holder."""
    known = met.join(shared, on=["v", "party_id"], how="left", maintain_order="left") if shared.height else met
    failed = pl.when(pl.col("kind") == EventKind.UNDELIVERED.value).then("detail").str.contains(NO_SUCH_SUBSCRIBER)
    dated = pl.when(pl.col("kind").is_in(_DATED)).then("detail").str.to_date("%Y-%m-%d", strict=False)
    code = np.where(
        met.select(failed.fill_null(value=False)).to_series().to_numpy(),
        CODE["unknown_subscriber"], _CODES[met["kind"].to_physical().to_numpy()],
    )  # fmt: skip
    named = (
        pl.when(pl.col("party_id") == "").then(NAMELESS)
        .when(pl.col("party_id") == pl.col("only_id")).then("only_p")
        .otherwise(pl.col("p").fill_null(STRANGE) if shared.height else STRANGE)
    )  # fmt: skip
    return known.select(
        "v", key=(pl.col("occurred_at").to_physical() * 2**KIND_BITS) + pl.Series(code), named=named.cast(pl.UInt32),
        since=dated.cast(pl.Int32),
    )  # fmt: skip


def _strong(met: pl.DataFrame) -> pl.DataFrame:
    """Return [v, party_id, occurred_at] of log-ins and codes where the value is others', too, or only others'."""
    foreign = pl.col("only_id").is_null() | (pl.col("only_id") != pl.col("party_id"))
    return met.filter(pl.col("kind").is_in(STRONG) & (pl.col("party_id") != "") & foreign).select(
        "v", "party_id", "occurred_at"
    )


def _placed(pieces: list[pl.DataFrame], offsets: Ints, *, has_since: bool) -> tuple[Ints, Numbers, Days]:
    """Group by value and order by instant; gives the pieces' memory back as it goes."""
    count, free = int(offsets[-1]), offsets[:-1].copy()
    keys, named = np.empty(count, np.int64), np.empty(count, np.uint32)
    since = np.empty(count if has_since else 0, np.int32)
    while pieces:
        piece = pieces.pop()
        days = piece["since"].fill_null(NO_DAY).to_numpy() if has_since else since
        place(piece["v"].to_numpy(), piece["key"].to_numpy(), piece["named"].to_numpy(), days, free, keys, named, since)
    for begin in range(0, len(free), _VALUES_A_PART):
        order(begin, min(begin + _VALUES_A_PART, len(free)), offsets, keys, named, since)
    return keys, named, since


def _with_own(strong: pl.DataFrame, offsets: Ints, keys: Ints, named: Numbers, values: pl.DataFrame) -> pl.DataFrame:
    """Add, where a stranger logged in at a value of one person, that person's own log-ins there."""
    contested = strong.select(pl.col("v").unique()).join(values.filter(pl.col("p").is_not_null()), on="v")
    if not contested.height:
        return strong
    v = contested["v"].to_numpy()
    lengths = offsets[v + 1] - offsets[v]
    events = np.repeat(offsets[v] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    codes = [COUNTED[kind] for kind in STRONG]
    mine = named[events] == np.repeat(contested["p"].to_numpy(), lengths)
    own = np.isin(keys[events] & (2**KIND_BITS - 1), codes) & mine
    rows: pl.DataFrame = contested.select("v", "party_id")[np.repeat(np.arange(len(v)), lengths)[own]]
    instants = pl.Series("occurred_at", keys[events][own] >> KIND_BITS).cast(_INSTANT)
    return pl.concat([strong, rows.with_columns(instants)])
