# SPDX-License-Identifier: Apache-2.0
"""Attribution said plainly, in tables: the slow reference that the compiled code is held to.

Every rule is a join or a grouping over all events; the filter is the plain one. It says the same as the modules of
`parties/attribution`, in another form, and is far too slow and wide for a portfolio.
"""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.vocabulary import EventKind, PointChannel, Relation
from rightparty.parties.attribution.contradictions import CONTRADICTIONS
from rightparty.parties.attribution.evidence import PEER_ACTS
from rightparty.parties.attribution.filter import follow
from rightparty.parties.attribution.kinds import CODE, ENGAGED
from rightparty.parties.attribution.parameters import CAPTURES, SEGMENTS, AttributionParameters
from rightparty.parties.attribution.rivals import claims_of_others
from rightparty.parties.attribution.sightings import NO_SUCH_SUBSCRIBER, STRONG
from rightparty.parties.attribution.streams import MOST_LATER
from rightparty.parties.attribution.weights import prior_of, weights_of

OWN: Final = {
    EventKind.OTP_VERIFIED: "otp_verified",
    EventKind.LOGIN: "login",
    EventKind.REPLIED: "replied",
    EventKind.ANSWERED: "answered",
    EventKind.PROMISE_TO_PAY: "paid",
    EventKind.PAID: "paid",
    EventKind.NAME_AGREES: "name_agrees",
    EventKind.CONSENT_GIVEN: "consent_given",
}
"""What the person does: counts only where the event names him."""

OF_PERSON: Final = {
    EventKind.SUBSCRIBER_MATCHES: "subscriber_matches",
    EventKind.SUBSCRIBER_DIFFERS: "subscriber_differs",
}
"""What a carrier says of the value and this person."""

AGAINST: Final = {
    EventKind.WRONG_PARTY: "wrong_party",
    EventKind.NAME_DIFFERS: "name_differs",
    EventKind.OPTED_OUT: "opted_out",
}
"""What a holder says of himself: counts where the event names nobody or this person."""

OF_VALUE: Final = {
    EventKind.REASSIGNED: "reassigned",
    EventKind.DELIVERED: "delivered",
    EventKind.UNDELIVERED: "undelivered",
    EventKind.STATUS_LIVE: "status_live",
    EventKind.STATUS_DEAD: "status_dead",
    EventKind.HOLDER_SAME: "holder_same",
    EventKind.HOLDER_CHANGED: "holder_changed",
}
"""What is known of the value, whoever was meant."""

CONTACTS: Final = (EventKind.SENT, EventKind.CALLED)
"""The lender's attempts; where only their outcome is on file, the outcome shows the attempt."""

CAPTURE_DAYS: Final = 2.0
SIGNS: Final = [
    CODE[kind] for kind in (*ENGAGED, "restated", "delivered", "status_live", "holder_same", "subscriber_matches")
]
_YEAR: Final = 365.25
_PER_DAY: Final = 86_400_000_000


def judge_plainly(
    points: pl.DataFrame, events: pl.DataFrame, links: pl.DataFrame, *, at: datetime, parameters: AttributionParameters
) -> pl.DataFrame:
    """Return [party_id, channel, value, p_person, p_nobody, p_stranger, is_shared, contradictions_mask,
    last_confirmed_at, heard, start], in order of the first three."""
    values = points.select("channel", "value").unique().sort("channel", "value").with_row_index("v")
    rows = points.join(values, on=["channel", "value"]).with_columns(
        is_expired=(pl.col("valid_to") <= at).fill_null(value=False), claimed_at=pl.col("collected_at").fill_null(at)
    )
    seen = (
        events.filter(pl.col("occurred_at") <= at)
        .join(values, on=["channel", "value"])
        .select("v", pl.col("party_id").fill_null(""), "kind", "occurred_at", "detail")
    )
    strong = seen.filter(pl.col("kind").is_in(STRONG) & (pl.col("party_id") != ""))
    claims = claims_of_others(rows, strong, links, crowd_persons=parameters.crowd_persons)
    subjects, stream = _gather(
        rows, seen, claims.filter(~pl.col("is_linked")), now=at.timestamp() / 86_400,
        crowd_persons=parameters.crowd_persons, unknown_age=365.25 * parameters.unknown_age_years,
    )  # fmt: skip
    out = _filtered(subjects, stream, at=at, parameters=parameters)
    judged = subjects.with_columns(
        p_person=pl.Series(out[:, 0]), p_nobody=pl.Series(out[:, 1]), p_stranger=pl.Series(out[:, 2])
    )
    alive = stream.filter(pl.col("kind").is_in(SIGNS)).group_by("i").agg(heard=pl.col("day").max())
    return (
        _with_contradictions(judged, rows, seen, claims)
        .join(alive, on="i", how="left")
        .select(
            "party_id", "channel", "value", "p_person", "p_nobody", "p_stranger", "is_shared", "contradictions_mask",
            "last_confirmed_at", "heard", "start",
        )
        .sort("party_id", "channel", "value")
    )  # fmt: skip


def _filtered(
    subjects: pl.DataFrame, stream: pl.DataFrame, *, at: datetime, parameters: AttributionParameters
) -> np.ndarray:
    weights, count = weights_of(parameters), subjects.height
    lengths = np.bincount(stream["i"].to_numpy(), minlength=count)
    out = np.empty((count, 4))
    follow(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), stream["day"].to_numpy(),
        stream["kind"].to_numpy(), subjects["start"].to_numpy(), prior_of(subjects, parameters),
        weights.row_of(subjects["segment"]), subjects["peers"].to_numpy(), at.timestamp() / 86_400, weights.classes,
        weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure, 0, count, out,
    )  # fmt: skip
    return out


def _gather(
    rows: pl.DataFrame,
    events: pl.DataFrame,
    rivals: pl.DataFrame,
    *,
    now: float,
    crowd_persons: int,
    unknown_age: float,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    known = events.select(
        "v", "party_id", "kind", day=_days("occurred_at"),
        permanent=pl.col("detail").str.contains(NO_SUCH_SUBSCRIBER).fill_null(value=False),
        since=pl.col("detail").str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Float64),
    )  # fmt: skip
    subjects = _subjects(rows, now=now, unknown_age=unknown_age, crowd_persons=crowd_persons)
    met = _met(subjects, known)
    others = (
        rivals.with_columns(day=_days("claimed_at"))
        .filter(pl.col("day") <= now)
        .join(subjects.select("i", "v", "party_id", "start"), on=["v", "party_id"])
    )
    captured = _with_capture(subjects, met, others)
    implied = _implied(subjects, rows, others, now=now)
    stream = _stream(met, implied, captured, now=now)
    return _with_peers(captured, stream, now=now), stream


def _days(column: str) -> pl.Expr:
    """Divide exactly: Polars rounds a division by a constant otherwise in long columns than in short ones."""
    return pl.col(column).map_batches(
        lambda instants: pl.Series(
            [None if at is None else at / _PER_DAY for at in instants.to_physical()], dtype=pl.Float64
        ),
        return_dtype=pl.Float64,
    )


def _subjects(rows: pl.DataFrame, *, now: float, unknown_age: float, crowd_persons: int) -> pl.DataFrame:
    """Return one row per person and value: its first collection counts, its most cautious relation."""
    relation = pl.col("relation").fill_null("")
    first = rows.with_columns(
        relation=pl.when(relation == "").then(pl.lit(Relation.SELF.value)).otherwise(relation),
        day=_days("collected_at"),
    ).with_columns(day=pl.when(pl.col("day") <= now).then("day"))
    merged = (
        first.sort("day", "source", nulls_last=True)
        .group_by("v", "party_id", maintain_order=True)
        .agg(
            pl.col("channel", "value", "source").first(),
            relation=pl.col("relation").filter(pl.col("relation") != Relation.SELF).sort().first(),
            start=pl.col("day").min(),
        )
        .with_columns(pl.col("relation").fill_null(Relation.SELF.value), pl.col("start").fill_null(now - unknown_age))
    )
    segment = pl.col("channel")
    for name, code in SEGMENTS.items():
        if code:
            chosen = (pl.col("channel") == PointChannel.PHONE) & pl.col("value").str.starts_with(code)
            segment = pl.when(chosen).then(pl.lit(name)).otherwise(segment)
    return (
        merged.sort("v", "party_id")
        .with_row_index("i")
        .with_columns(
            segment=segment, is_crowd=pl.len().over("v") > crowd_persons, source=pl.col("source").fill_null("")
        )
    )


def _met(subjects: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return [i, day, kind, start] of the events that say something about each subject."""
    codes = {str(event): kind for event, kind in (OWN | OF_PERSON | AGAINST | OF_VALUE).items()}
    about = (
        known.filter(pl.col("kind").is_in([*codes, *CONTACTS]))
        .join(subjects.select("i", "v", "start", "is_crowd", me="party_id"), on="v")
        .filter(~pl.col("is_crowd") | (pl.col("party_id") == pl.col("me")))
    )
    mine, nameless = pl.col("party_id") == pl.col("me"), pl.col("party_id") == ""
    counts = (
        (pl.col("kind").is_in([*OWN, *OF_PERSON]) & mine)
        | (pl.col("kind").is_in(list(AGAINST)) & (mine | nameless))
        | pl.col("kind").is_in([*OF_VALUE, *CONTACTS])
    )
    permanent = (pl.col("kind") == EventKind.UNDELIVERED) & pl.col("permanent")
    # who was asked of since a later day may have come before it: that says no more than that somebody is there
    late = (pl.col("kind") == EventKind.HOLDER_SAME) & (pl.col("since") > pl.col("start") + 1).fill_null(value=True)
    # a change before the person was known there is none of his
    early = (pl.col("kind") == EventKind.HOLDER_CHANGED) & (pl.col("since") < pl.col("start") - 1)
    kind = (
        pl.when(permanent).then(pl.lit("unknown_subscriber"))
        .when(late).then(pl.lit("status_live"))
        .otherwise(pl.col("kind").replace_strict(codes, default="contact", return_dtype=pl.String))
    )  # fmt: skip
    counts = counts & ~early.fill_null(value=False)
    return about.filter(counts).select("i", "day", "start", kind=_code(kind))


def _code(kind: pl.Expr) -> pl.Expr:
    return kind.replace_strict(CODE, return_dtype=pl.Int8)


def _with_capture(subjects: pl.DataFrame, met: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Add what was seen on the day of collection; the history begins with the person's first sign there, if earlier."""
    strong = [CODE[OWN[kind]] for kind in STRONG]
    first = met.filter(pl.col("kind").is_in(strong)).group_by("i").agg(first=pl.col("day").min())
    claimed = (
        others.filter(pl.col("day") <= pl.col("start")).select("i").unique().with_columns(claimed=pl.lit(value=True))
    )
    confirmed = (pl.col("first") < pl.col("start") + CAPTURE_DAYS).fill_null(value=False)
    is_claimed = pl.col("claimed").fill_null(value=False)
    plain, seen, taken, both, crowd = (pl.lit(name) for name in CAPTURES)
    return (
        subjects.join(first, on="i", how="left")
        .join(claimed, on="i", how="left")
        .with_columns(
            capture=pl.when("is_crowd").then(crowd)
            .when(confirmed & is_claimed).then(both)
            .when(confirmed).then(seen)
            .when(is_claimed).then(taken)
            .otherwise(plain),
            start=pl.min_horizontal("start", "first"),
        )
        .drop("first", "claimed")
        .sort("i")
    )  # fmt: skip


def _implied(subjects: pl.DataFrame, rows: pl.DataFrame, others: pl.DataFrame, *, now: float) -> pl.DataFrame:
    """Return [i, day, start, kind] of what other rows say: rivals, newer points, restatements, ends of validity."""
    keys = subjects.select("i", "v", "party_id", "start")
    mine = rows.with_columns(day=_days("collected_at")).filter(pl.col("day") <= now)
    own = pl.col("relation").fill_null("").is_in(["", Relation.SELF.value])
    his_word = own & ~pl.col("source").is_in(["bureau", "skip_trace", "third_party"]).fill_null(value=False)
    point = ["party_id", "channel", "v"]
    told = mine.filter(his_word).group_by(point).agg(told=pl.col("day").min()).rename({"v": "other"})
    newer = (
        mine.filter(own)
        .group_by(point)
        .agg(since=pl.col("day").min())
        .join(told, on=["party_id", "channel"])
        .filter((pl.col("told") > pl.col("since") + CAPTURE_DAYS) & (pl.col("v") != pl.col("other")))
        .sort("told")
        .group_by(point)
        .head(1 + MOST_LATER)
        .join(keys, on=["v", "party_id"])
        .select("i", "start", day="told", kind=pl.lit("newer_point"))
    )
    again = (
        mine.filter(his_word)
        .join(keys, on=["v", "party_id"])
        .filter(pl.col("day") > pl.col("start") + CAPTURE_DAYS)
        .select("i", "start", "day", kind=pl.lit("restated"))
    )
    ended = (
        rows.with_columns(day=_days("valid_to"))
        .filter(pl.col("day") <= now)
        .join(keys, on=["v", "party_id"])
        .select("i", "start", day=pl.max_horizontal("day", "start"), kind=pl.lit("expired"))
    )
    # a rival that stays says the same thing day by day: it counts once a year
    year = (pl.col("day") / _YEAR).floor().cast(pl.Int32)
    later = others.filter(pl.col("day") > pl.col("start")).with_columns(year=year)
    claimed = later.group_by("i", "start", "kind", "year").agg(pl.col("day").min()).select("i", "start", "day", "kind")
    parts = [frame.select("i", "day", "start", kind=_code(pl.col("kind"))) for frame in (newer, again, ended, claimed)]
    return pl.concat(parts)


def _with_peers(subjects: pl.DataFrame, stream: pl.DataFrame, *, now: float) -> pl.DataFrame:
    """Add how busy the person was at his other points in the last year."""
    engaged = [CODE[kind] for kind in ENGAGED]
    recent = stream.filter(pl.col("kind").is_in(engaged) & (pl.col("day") > now - _YEAR)).group_by("i").len("acts")
    counted = subjects.join(recent, on="i", how="left", maintain_order="left").with_columns(pl.col("acts").fill_null(0))
    elsewhere = pl.col("acts").sum().over("party_id") - pl.col("acts")
    level = pl.sum_horizontal((elsewhere >= least).cast(pl.Int16) for least in PEER_ACTS)
    return counted.with_columns(
        peers=pl.when(pl.len().over("party_id") == 1).then(0).otherwise(1 + level).cast(pl.Int16)
    ).drop("acts")


def _stream(met: pl.DataFrame, implied: pl.DataFrame, captured: pl.DataFrame, *, now: float) -> pl.DataFrame:
    """Put everything in order, each kind once a day, each day of contact with one attempt before its outcome."""
    otp, login, contact = CODE["otp_verified"], CODE["login"], CODE["contact"]
    outcomes = [CODE[kind] for kind in ("delivered", "undelivered", "unknown_subscriber")]
    starts = captured.select("i", begins="start", confirmed=pl.col("capture").is_in(["confirmed", "both"]))
    every = (
        pl.concat([met.select("i", "day", "kind"), implied.select("i", "day", "kind")])
        .filter(pl.col("day") <= now)
        .join(starts, on="i")
        .filter(pl.col("day") >= pl.col("begins"))
    )
    at_capture = (
        pl.col("confirmed") & pl.col("kind").is_in([otp, login]) & (pl.col("day") < pl.col("begins") + CAPTURE_DAYS)
    )
    kept = every.filter(~at_capture).select("i", "day", "kind", date=pl.col("day").floor().cast(pl.Int32))
    tries = kept.filter(pl.col("kind").is_in([*outcomes, contact])).group_by("i", "date")
    met = tries.agg(
        pl.col("day").min(),
        arrived=(pl.col("kind") == outcomes[0]).any(),
        failed=pl.col("kind").is_in(outcomes[1:]).any(),
    )
    # what did not arrive cannot be answered: its silence says nothing
    attempts = met.filter(pl.col("arrived") | ~pl.col("failed"))
    rest = kept.filter(pl.col("kind") != contact).group_by("i", "date", "kind").agg(pl.col("day").max())
    codes = rest.filter(pl.col("kind") == otp).select("i", "date")
    single = rest.join(codes.with_columns(kind=pl.lit(login, dtype=pl.Int8)), on=["i", "date", "kind"], how="anti")
    tried = attempts.select("i", "day", kind=pl.lit(contact, dtype=pl.Int8), rank=pl.lit(0, dtype=pl.Int8))
    seen = single.select("i", "day", "kind", rank=pl.lit(1, dtype=pl.Int8))
    return pl.concat([tried, seen]).sort("i", "day", "rank", "kind").select("i", "day", "kind")


_NOT_ME: Final = (EventKind.WRONG_PARTY, EventKind.NAME_DIFFERS)
_CHANGED: Final = (EventKind.REASSIGNED, EventKind.HOLDER_CHANGED)


def _with_contradictions(
    subjects: pl.DataFrame, rows: pl.DataFrame, events: pl.DataFrame, claims: pl.DataFrame
) -> pl.DataFrame:
    """Add contradictions_mask, is_shared and last_confirmed_at to subjects [v, party_id, relation].

    A later log-in or one-time code by this very party takes away a report, a listing or a rival; it must be later
    than all of them, at the same instant it does not help. Nothing takes away a third party's or an expired point.
    """
    kind, when = pl.col("kind"), pl.col("occurred_at")
    confirmed = (
        events.filter(kind.is_in(STRONG) & (pl.col("party_id") != ""))
        .group_by("v", "party_id")
        .agg(last_confirmed_at=when.max())
    )
    against = (
        events.filter(kind.is_in([*_NOT_ME, *_CHANGED]))
        .group_by("v")
        .agg(
            wrong_at=when.filter(kind.is_in(_NOT_ME)).max(),
            reassigned_at=when.filter(kind.is_in(_CHANGED)).max(),
        )
    )
    linked, same = pl.col("is_linked"), pl.col("is_same_person")
    others = claims.group_by("v", "party_id").agg(
        rival_at=pl.col("claimed_at").filter(~linked).max(), is_shared=(linked & ~same).any()
    )
    expired = rows.group_by("v", "party_id").agg(pl.col("is_expired").all())
    return (
        subjects.join(confirmed, on=["v", "party_id"], how="left")
        .join(against, on="v", how="left")
        .join(others, on=["v", "party_id"], how="left")
        .join(expired, on=["v", "party_id"], how="left")
        .with_columns(
            pl.col("is_shared").fill_null(value=False),
            reported_wrong_party=_stands("wrong_at"),
            reassigned=_stands("reassigned_at"),
            value_under_unlinked_person=_stands("rival_at"),
            third_party_contact=pl.col("relation") != Relation.SELF,
            contact_point_expired=pl.col("is_expired").fill_null(value=False),
        )
        .with_columns(
            contradictions_mask=pl.sum_horizontal(
                pl.when(name).then(bit).otherwise(0).cast(pl.Int64) for name, bit in CONTRADICTIONS.items()
            )
        )
    )


def _stands(contradicted_at: str) -> pl.Expr:
    answered = (pl.col("last_confirmed_at") > pl.col(contradicted_at)).fill_null(value=False)
    return pl.col(contradicted_at).is_not_null() & ~answered
