# SPDX-License-Identifier: Apache-2.0
"""A ceiling: the posterior of the simulator's own process, with its true rates and nobody's truth.

Knows what no lender does: the rates of `population.toml` and how the process draws persons. For every person it sums
over how active he is, how often he gives things up, and when he stopped using them, as the process draws these; all his
points are weighed together. For every point it sums over how active it is, the day it was lost and the day a stranger
took it. It reads no truth of any person. Simplified: each point's death is its own, and a newer point may be the answer
to several lost ones; so another method may come out a little better by chance, not by much.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import gamma

from benchmarks.misdirection.ceiling_sum import sum_persons
from benchmarks.misdirection.portfolio import Portfolio
from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.judge import gather_evidence
from rightparty.parties.attribution.kinds import CODE, KINDS
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.simulation.population.rates import Rates

YEAR: Final = 365.25
CALL: Final = len(KINDS)
"""Code of a call, beside the kinds: a contact without a receipt."""

CHANNELS: Final = ("phone", "email", "post", "app")
LEAST: Final = 1e-7
_PARTS: Final = 8

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Process:
    """The rates of a process as tables."""

    #: [channel, kind, (person, nobody, stranger)] chance or daily rate; the person's at mean activity
    chance: Floats
    #: [channel, (call or message), (per activity, person, nobody, stranger)] what silence after a contact weighs
    silence: Floats
    #: [channel, (person's log-ins and codes, stranger's)] a day
    idle: Floats
    #: [channel, (hazard, least quarantine, most, mean shelf, share that comes back, of unused values)]
    life: Floats


def posterior(portfolio: Portfolio) -> pl.DataFrame:
    """Return [party_id, channel, value, p_person, p_nobody, p_stranger] of a grown portfolio's points."""
    assert portfolio.population is not None
    rates = portfolio.population.rates
    evidence = gather_evidence(
        portfolio.contact_points, portfolio.contact_events, portfolio.links, at=portfolio.at,
        parameters=shipped_parameters(),
    ).evidence  # fmt: skip
    now = portfolio.at.timestamp() / 86_400
    subjects = evidence.subjects.sort("party_id", "start", "i")
    offsets, days, kinds = _history(evidence, subjects, now)
    lengths = subjects["party_id"].rle().struct.field("len").to_numpy().astype(np.int64)
    persons = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    channel = subjects["channel"].replace_strict({name: c for c, name in enumerate(CHANNELS)}).to_numpy().astype(int)
    start, process = subjects["start"].to_numpy() - now, process_of(rates)
    newer, newer_offsets = _newer(subjects, now)
    grids = _grids(rates)
    first = subjects.select(first=(pl.col("start") == pl.col("start").min().over("party_id", "channel")))["first"]
    marks = _marks(subjects, portfolio, now)
    out = np.zeros((subjects.height, 3))
    bounds = np.linspace(0, len(persons) - 1, _PARTS + 1).astype(int)

    def part(number: int) -> None:
        sum_persons(
            persons, offsets, days, kinds, start, channel, _prior(subjects, rates), newer_offsets, newer, marks,
            first.to_numpy(), process.chance, process.silence, process.idle, process.life, *grids,
            np.array([rates.lapse_share, rates.lapsed, rates.change.restates, rates.change.gives_new,
                      rates.change.ends_old, rates.birth.oldest_years * YEAR, rates.change.returns_inside]),
            bounds[number], bounds[number + 1], out,
        )  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(part, range(_PARTS)))
    return subjects.select(
        "party_id", "channel", "value", p_person=pl.Series(out[:, 0]), p_nobody=pl.Series(out[:, 1]),
        p_stranger=pl.Series(out[:, 2]),
    )  # fmt: skip


def process_of(rates: Rates) -> Process:
    """Return the tables of a process."""
    told, record = rates.contact, rates.record
    chance = np.full((len(CHANNELS), len(KINDS) + 1, 3), LEAST)
    silence = np.zeros((len(CHANNELS), 2, 4))
    kept = 1.0 - record.lost
    logins = np.array([1.0, 1.0, 0.0, rates.app.logins]) * rates.logins / YEAR * kept
    codes = np.array([1.0, 1.0, 0.0, 0.0]) * rates.codes / YEAR * kept
    mischief = [(record.stranger_logins + record.stranger_codes) / YEAR, record.stranger_logins / YEAR]
    idle = np.stack([logins + codes, np.array([mischief[0], mischief[0], 0.0, mischief[1]])], axis=1)
    arrives = np.array([told.phone_delivered, told.email_delivered, told.letter_arrives, told.app_delivered])
    permanent = np.array(told.permanent)
    for c in range(len(CHANNELS)):
        heard = rates.post.heard if c == CHANNELS.index("post") else 1.0
        chance[c, CODE["login"]] = [logins[c], LEAST / YEAR, record.stranger_logins / YEAR]
        chance[c, CODE["otp_verified"]] = [codes[c], LEAST / YEAR, record.stranger_codes / YEAR]
        for kind, table in (
            ("replied", told.replies), ("paid", told.pays), ("answered", told.answers),
            ("wrong_party", told.says_wrong), ("opted_out", told.opts_out),
        ):  # fmt: skip
            chance[c, CODE[kind]] = np.array(table) * heard
        chance[c, CODE["name_agrees"]] = [told.name_given[0], LEAST, LEAST]
        chance[c, CODE["name_differs"]] = [LEAST, LEAST, told.name_given[2]]
        chance[c, CODE["delivered"]] = arrives[c]
        chance[c, CODE["undelivered"]] = (1 - arrives[c]) * (1 - permanent)
        chance[c, CODE["unknown_subscriber"]] = (1 - arrives[c]) * permanent
        chance[c, CODE["status_live"]] = [0.97, 0.04, 0.97]
        chance[c, CODE["status_dead"]] = [0.03, 0.96, 0.03]
        says = (np.array(told.says_wrong) + np.array(told.opts_out)) * heard
        message = (np.array(told.replies) + np.array(told.pays)) * heard
        silence[c, 0] = [message[0], says[0], 0.0, message[2] + says[2]]
        call = np.array(told.answers) * arrives[c]
        silence[c, 1] = [call[0], says[0] * arrives[c, 0], 0.0, call[2] + says[2] * arrives[c, 2]]
    churn = np.array([rates.churn, rates.email_churn, rates.post.moves, rates.app.replaced])
    spans = np.array([rates.quarantine, rates.email_quarantine, rates.post.vacancy, rates.app.session])
    back, unused = [1.0, 0.1, 1.0, rates.app.sold_open], [0.4, 0.1, 0.4, 0.0]
    shelf = np.full(4, rates.shelf_days)
    life = np.column_stack([churn / YEAR, spans, shelf, back, unused, np.full(4, rates.death / YEAR)])
    return Process(chance=np.maximum(chance, LEAST / YEAR), silence=silence, idle=idle, life=life)


def _grids(rates: Rates, sizes: tuple[int, int, int, int] = (6, 3, 4, 4)) -> tuple[Floats, Floats, Floats, Floats]:
    """Return equally likely values of a person's activity, his frailty, a point's activity, and of lapsing."""
    persons, frail, points, lapse = ((np.arange(size) + 0.5) / size for size in sizes)
    return (
        np.maximum(gamma.ppf(persons, rates.person_shape) / rates.person_shape, 1e-3),
        gamma.ppf(frail, rates.frailty_shape) / rates.frailty_shape,
        np.maximum(gamma.ppf(points, rates.point_shape) / rates.point_shape, 1e-3),
        lapse,
    )


def _history(
    evidence: Evidence, subjects: pl.DataFrame, now: float
) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Return the events in the order of subjects, days before now; a contact without a receipt is a call."""
    contact, told = CODE["contact"], [CODE[kind] for kind in ("delivered", "undelivered", "unknown_subscriber")]
    place = subjects.select("i", "channel", row=pl.int_range(pl.len()))
    stream = evidence.stream.join(place, on="i").with_columns(date=pl.col("day").floor())
    receipts = stream.filter(pl.col("kind").is_in(told)).select("i", "date", receipt=True).unique()
    known = (
        stream.join(receipts, on=["i", "date"], how="left")
        .with_columns(
            kind=pl.when((pl.col("kind") == contact) & (pl.col("channel") == "phone") & pl.col("receipt").is_null())
            .then(CALL)
            .otherwise(pl.col("kind").cast(pl.Int64))
        )
        .sort("row", "day", "kind")
    )
    lengths = np.bincount(known["row"].to_numpy(), minlength=subjects.height)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return offsets, known["day"].to_numpy() - now, known["kind"].to_numpy().astype(np.int64)


def _newer(subjects: pl.DataFrame, now: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return the days of each point's later points of its person and channel."""
    mine = subjects.select("party_id", "channel", "start", row=pl.int_range(pl.len()))
    later = (
        mine.join(mine.select("party_id", "channel", other="start"), on=["party_id", "channel"])
        .filter(pl.col("other") > pl.col("start"))
        .sort("row", "other")
    )
    lengths = np.bincount(later["row"].to_numpy(), minlength=subjects.height)
    return later["other"].to_numpy() - now, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _marks(subjects: pl.DataFrame, portfolio: Portfolio, now: float) -> Floats:
    """Return [last restated, validity ended, stands under another unlinked person] of each point; NaN for never."""
    keys = ["party_id", "channel", "value"]
    day = pl.col("collected_at").dt.timestamp("us") / 86_400_000_000 - now
    rows = portfolio.contact_points.with_columns(day=day).group_by(keys).agg(
        last=pl.col("day").max(), first=pl.col("day").min(),
        ended=(pl.col("valid_to").max().dt.timestamp("us") / 86_400_000_000 - now),
    )  # fmt: skip
    together = portfolio.links.join(portfolio.links, on="group_id", suffix="_2").select("party_id", "party_id_2")
    points = portfolio.contact_points.select(keys).unique()
    others = points.join(points.rename({"party_id": "party_id_2"}), on=["channel", "value"]).filter(
        pl.col("party_id") != pl.col("party_id_2")
    )
    shared = others.join(together.unique(), on=["party_id", "party_id_2"], how="anti").select(keys).unique()
    found = subjects.select(keys).join(rows, on=keys, how="left", maintain_order="left").join(
        shared.with_columns(shared=pl.lit(1.0)), on=keys, how="left", maintain_order="left"
    )  # fmt: skip
    again = pl.when(pl.col("last") > pl.col("first") + 1e-6).then("last")
    return found.select(again, "ended", pl.col("shared").fill_null(0.0)).fill_null(np.nan).to_numpy().copy()


def _prior(subjects: pl.DataFrame, rates: Rates) -> Floats:
    """Return [(person, nobody, stranger)] of what was collected and seen on that day."""
    agents = max(subjects.filter((pl.col("source") == "agent") & (pl.col("channel") == "phone")).height, 1)
    shift = rates.wrong.shifted_rows if subjects.height > 50 * rates.wrong.shifted_rows else 0
    nobody = {"phone": rates.wrong.phone_nobody, "email": rates.wrong.email_nobody, "post": rates.wrong.post_nobody}
    out = np.empty((subjects.height, 3))
    for row, (channel, source, capture) in enumerate(subjects.select("channel", "source", "capture").iter_rows()):
        _, wrong, code = rates.source.get(source, (0.0, 0.02, 0.3))
        wrong = 0.0 if channel == "app" else wrong
        fraud = rates.wrong.fraud if channel == "phone" else 0.0
        if channel == "phone" and source == "agent":
            wrong = min(wrong + rates.wrong.agents_own + shift / agents, 0.9)
        code = code if channel in ("phone", "email") else 0.0
        seen = capture in ("confirmed", "both")
        right = (1 - wrong) * (1 - fraud) * (code + 0.02 if seen else 1 - code)
        other = wrong * (1e-5 if seen else 1.0)
        void = nobody.get(channel, 1.0)
        out[row] = right, other * void, other * (1 - void) + ((1 - wrong) * fraud if seen else 0.0)
    return np.maximum(out, 1e-12)
