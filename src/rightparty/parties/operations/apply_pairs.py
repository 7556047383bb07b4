# SPDX-License-Identifier: Apache-2.0
"""Turns what linkage found into links, households and questions, as far as the house lets the model act by itself.

A pair that a person has decided is left alone. One that the records contradict, or that would put contradicting records
under one person over others, never merges by itself. Serves right_party.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction

from rightparty.parties.linked.changes import NEW_LINKS, Act, filled
from rightparty.parties.linked.persons import IDENTITY, known_links, with_person_ids
from rightparty.parties.linked.queries import everybody_tied, identities, links_in_force, naming_events
from rightparty.parties.linked.rules import LinkRules
from rightparty.parties.linked.suspicions import (
    SUSPICIONS,
    suspicions_at_points,
    suspicions_in_persons,
    with_contradictions,
)
from rightparty.parties.locks import lock_linking
from rightparty.parties.operations.change_persons import change_persons
from rightparty.parties.operations.review_pairs import NEW_REVIEWS, open_reviews, withdraw_reviews

_PAIR = ["left_id", "right_id"]

_AT_HOME: Final = ["address.same", "address.same_house", "address.slip"]
"""One of these makes a household. A shared contact value alone does not: it is what a household excuses, and a column
that stands beside the wrong rows would excuse itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageApplied:
    """What became of linkage's pairs."""

    #: 0 if no link changed
    change_id: int
    pairs: int
    #: links of one person, and of one household, that the model made now
    merged: int
    households: int
    #: the model's links that no longer stand
    ended: int
    #: parties whose person is another now
    moved: int
    reviews_opened: int
    reviews_withdrawn: int


def apply_pairs(
    *, pairs: pl.DataFrame, at: datetime, model: str, rules: LinkRules, load_id: int = 0, about: Sequence[str] | None
) -> LinkageApplied:
    """Apply linkage's PAIRS to the store.

    `about` are the parties that were looked at. None: everybody, so that links of the model and questions that are not
    among the pairs end.
    """
    whole = about is None
    with transaction.atomic():
        lock_linking()
        scope = None if about is None else everybody_tied(sorted({*about, *pairs["left_id"], *pairs["right_id"]}))
        people = identities(party_ids=scope)
        links = links_in_force(party_ids=scope)
        judged = _judged(pairs, people, links)
        same, household, doubtful = _sorted_out(judged, people, links, rules, whole=whole)
        made, ended = _difference(pl.concat([same, household]), judged, links, whole=whole)
        act = Act(kind="load" if load_id else "relink", by=model, at=at, load_id=load_id)
        changed = change_persons(act=act, links=made, ended=ended, touched=None if whole else (scope or []))
        found = _questions(doubtful, scope)
        withdrawn = withdraw_reviews(at=at, by=model, still=found) if whole else 0
        opened = open_reviews(found=found, at=at, found_by=model, load_id=load_id)
    return LinkageApplied(
        change_id=changed.change_id, pairs=pairs.height, ended=len(ended), moved=changed.moved.height,
        merged=made.filter(pl.col("verdict") == "same").height, reviews_opened=opened, reviews_withdrawn=withdrawn,
        households=made.filter(pl.col("verdict") == "household").height,
    )  # fmt: skip


def _judged(pairs: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of parties on file that nothing has decided yet, with what contradicts them."""
    ordered = pairs.with_columns(left_id=pl.min_horizontal(_PAIR), right_id=pl.max_horizontal(_PAIR))
    known = people.select("party_id")
    decided = links.filter(pl.col("origin") == "person").select(_PAIR)
    document = people.filter((pl.col("national_id") != "") & pl.col("date_of_birth").is_not_null())
    of_document = document.select("party_id", document=pl.col("party_id").min().over(IDENTITY))
    joined = (
        ordered.filter(pl.col("left_id") != pl.col("right_id"))
        .unique(_PAIR, keep="first", maintain_order=True)
        .join(known, left_on="left_id", right_on="party_id", how="semi")
        .join(known, left_on="right_id", right_on="party_id", how="semi")
        .join(decided, on=_PAIR, how="anti")
        .join(of_document, left_on="left_id", right_on="party_id", how="left")
        .join(of_document, left_on="right_id", right_on="party_id", how="left", suffix="_right")
    )
    open_pairs = joined.filter((pl.col("document") != pl.col("document_right")).fill_null(value=True))
    return with_contradictions(open_pairs.drop("document", "document_right"), people)


def _sorted_out(
    judged: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame, rules: LinkRules, *, whole: bool
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return what merges by itself, what is linked as a household, and what a person is to look at."""
    verdict, p = pl.col("verdict"), pl.col("p_same")
    sure = (verdict == "same") & (p >= rules.merge_from) & (pl.col("contradictions").list.len() == 0)
    same = judged.filter(sure)
    standing = links.filter((pl.col("origin") == "person") | pl.lit(value=not whole))
    mended = standing.join(same, on=_PAIR, how="anti")
    offered = pl.concat([known_links(mended), known_links(same.with_columns(origin=pl.lit("model"), rank=pl.lit(0)))])
    then = with_person_ids(people, offered)
    at_odds = suspicions_in_persons(then).select("left_id").unique()
    persons = then.join(at_odds, left_on="party_id", right_on="left_id", how="semi")["person_id"].unique()
    chained = same.join(then.select("party_id", "person_id"), left_on="left_id", right_on="party_id").filter(
        pl.col("person_id").is_in(persons.to_list())
    )
    same = same.join(chained, on=_PAIR, how="anti")
    at_home = pl.col("reasons").list.eval(pl.element().is_in(_AT_HOME)).list.any()
    household = judged.filter((verdict == "household") & (pl.col("p_household") >= rules.household_from) & at_home)
    doubtful = judged.filter(verdict.is_in(["same", "review"]) & (p >= rules.review_from)).join(
        same, on=_PAIR, how="anti"
    )
    over_others = pl.col("contradictions").list.concat(pl.lit("chain_contradicts"))
    is_chained = pl.struct(_PAIR).is_in(chained.select(pl.struct(_PAIR).alias("p"))["p"].implode())
    return (
        same,
        household,
        doubtful.with_columns(contradictions=pl.when(is_chained).then(over_others).otherwise("contradictions")),
    )


def _difference(
    wanted: pl.DataFrame, judged: pl.DataFrame, links: pl.DataFrame, *, whole: bool
) -> tuple[pl.DataFrame, list[int]]:
    """Return the links to make and the numbers of those to end; what stands as it is wanted stays untouched."""
    standing = links.filter(pl.col("origin") == "model")
    kept = standing.join(wanted.select(*_PAIR, "verdict"), on=[*_PAIR, "verdict"], how="semi")
    lapsed = standing.join(kept, on="id", how="anti")
    if not whole:
        lapsed = lapsed.join(judged.select(_PAIR), on=_PAIR, how="semi")
    fresh = wanted.join(kept, on=_PAIR, how="anti").with_columns(origin=pl.lit("model"))
    return filled(fresh.with_columns(reasons=_as_json(fresh["reasons"])).select(NEW_LINKS.keys())), lapsed[
        "id"
    ].to_list()


def _questions(doubtful: pl.DataFrame, scope: list[str] | None) -> pl.DataFrame:
    """Return NEW_REVIEWS of doubtful pairs, of persons whose ids contradict each other and of ids under suspicion."""
    people = identities(party_ids=scope)
    persons = people.select("party_id", "person_id")
    apart = (
        doubtful.join(persons, left_on="left_id", right_on="party_id")
        .join(persons, left_on="right_id", right_on="party_id", suffix="_right")
        .filter(pl.col("person_id") != pl.col("person_id_right"))
    )
    pairs = apart.with_columns(
        kind=pl.lit("pair"), channel=pl.lit(""), value=pl.lit(""), reasons=_as_json(apart["reasons"]),
        contradictions=_as_json(apart["contradictions"]), seen_at=pl.lit(None, dtype=SUSPICIONS["seen_at"]),
    )  # fmt: skip
    inside = suspicions_in_persons(people).with_columns(kind=pl.lit("person"))
    at_points = suspicions_at_points(naming_events(party_ids=scope)).with_columns(kind=pl.lit("one_id"))
    suspected = pl.concat([inside, at_points.join(people, left_on="left_id", right_on="party_id", how="semi")])
    told = suspected.group_by("kind", "left_id", "right_id", "channel", "value", maintain_order=True).agg(
        pl.col("contradictions").list.explode().unique(maintain_order=True), pl.col("seen_at").max()
    )
    asked = told.with_columns(
        contradictions=_as_json(told["contradictions"]), reasons=pl.lit("[]"),
        **{name: pl.lit(None, dtype=pl.Float64) for name in ("p_same", "p_household", "p_other", "weight_bits")},
    )  # fmt: skip
    both = [frame.select(pl.col(name).cast(kind) for name, kind in NEW_REVIEWS.items()) for frame in (asked, pairs)]
    return pl.concat(both).unique(["left_id", "right_id", "channel", "value"], keep="first", maintain_order=True)


def _as_json(lists: pl.Series) -> pl.Series:
    return pl.Series([json.dumps(sorted(each) if each else []) for each in lists.to_list()], dtype=pl.String)
