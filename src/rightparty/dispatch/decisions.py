# SPDX-License-Identifier: Apache-2.0
"""From judged facts to what is released, withheld or deferred, with the text and record of each (right_words, once).

Pure: the gate gathers before and commits after. Loops here run over one batch that is being released, not a portfolio.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

import polars as pl

from rightparty.dispatch.texts_of_batch import Lender, texts_of_batch
from rightparty.dispatch.wording import RenderedText, Wordings
from rightparty.evidence.chain import canonical_json
from rightparty.evidence.columns import LeafColumns, canonical_rows
from rightparty.kernel.frames import instant_literal
from rightparty.kernel.reasons import mask_of, reasons_in
from rightparty.policy.facts import FACTS

EXPIRED: Final = mask_of(["right_time.plan_expired"])
RENDER_FAILED: Final = mask_of(["right_words.render_failed"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A batch, split; all three have the judged columns."""

    #: after rendering also [code, subject, body, text_digest]
    released: pl.DataFrame
    withheld: pl.DataFrame
    deferred: pl.DataFrame


def decide(judged: pl.DataFrame, *, oldest_plan: datetime) -> Decided:
    """Split a judged batch: each person's first permitted reminder is released, his others wait for the next batch.

    Shape: judged [id, planned_at, person_id, reasons_mask, …] in the order of the queue.
    """
    stale = pl.col("planned_at") < instant_literal(oldest_plan)
    mask = pl.col("reasons_mask") | pl.when(stale).then(EXPIRED).otherwise(0)
    known = judged.with_columns(reasons_mask=mask, permitted=mask == 0)
    if known["permitted"].all(ignore_nulls=False) and known["person_id"].is_unique().all():
        none = known.clear()
        return Decided(released=known, withheld=none, deferred=none)
    turn = known["permitted"].cast(pl.Int32)
    ranked = known.with_columns(turn=turn).with_columns(pl.col("turn").cum_sum().over("person_id"))
    return Decided(
        released=ranked.filter(pl.col("permitted") & (pl.col("turn") == 1)).drop("turn"),
        withheld=ranked.filter(~pl.col("permitted")).drop("turn"),
        deferred=ranked.filter(pl.col("permitted") & (pl.col("turn") > 1)).drop("turn"),
    )


def render_released(decided: Decided, wordings: Wordings, *, codes: Sequence[str], lender: Lender) -> Decided:
    """Make the texts from the committed ledger's figures; what cannot be made is withheld with a reason.

    Args:
        decided: a split batch.
        wordings: the approved texts.
        codes: a fresh reference code for each released row.
        lender: what of a text is the installation's own.
    """
    texts = texts_of_batch(decided.released, wordings, codes=codes, lender=lender)
    made = decided.released.with_columns(
        code=pl.Series(list(codes), dtype=pl.String),
        subject=_told(texts, "subject"),
        body=_told(texts, "body"),
        text_digest=pl.Series([text and text_digest(text) for text in texts], dtype=pl.String),
        # the planner's is that of all markets; what was said is what counts
        template_version=pl.coalesce(_told(texts, "version"), "template_version"),
    )
    if not made["body"].null_count():
        return Decided(released=made, withheld=decided.withheld, deferred=decided.deferred)
    failed = (
        made.filter(pl.col("body").is_null())
        .drop("code", "subject", "body", "text_digest")
        .with_columns(reasons_mask=pl.lit(RENDER_FAILED, dtype=pl.Int64), permitted=pl.lit(value=False))
    )
    return Decided(
        released=made.filter(pl.col("body").is_not_null()),
        withheld=pl.concat([decided.withheld, failed]),
        deferred=decided.deferred,
    )


def _told(texts: Sequence[RenderedText | None], part: str) -> pl.Series:
    told = attrgetter(part)
    return pl.Series([text and told(text) for text in texts], dtype=pl.String)


def text_digest(text: RenderedText) -> str:
    """Return the digest of a text as it was released."""
    return hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest()


def leaves_of_released(released: pl.DataFrame, *, rules: str, at: datetime) -> LeafColumns:
    """Return the record of each release: facts and digest of the rules in the clear, the rest committed to."""
    private = ("account_id", "party_id", "address", "subject", "body", "code")
    return _leaves(released, "reminder.released", private, rules, at)


def leaves_of_withheld(withheld: pl.DataFrame, *, rules: str, at: datetime) -> LeafColumns:
    """Return the record of each refusal, with its reasons."""
    return _leaves(withheld, "reminder.withheld", ("account_id", "party_id", "address"), rules, at)


def _leaves(frame: pl.DataFrame, kind: str, private: tuple[str, ...], rules: str, at: datetime) -> LeafColumns:
    """Spell {facts, permitted, reasons, rules, words} of each row, and name what is committed to."""
    if frame.is_empty():
        return LeafColumns(kind=kind, recorded_at=at, facts=[], private={name: [] for name in ("reminder", *private)})
    facts = canonical_rows(frame.select(_spelled(name) for name in FACTS))
    words = canonical_rows(frame.select("template", "language", "disclosure", "template_version"))
    masks = frame["reasons_mask"].unique().to_list()
    told = [
        canonical_json({"permitted": mask == 0, "reasons": [each.code for each in reasons_in(mask)], "rules": rules})
        for mask in masks
    ]
    why = frame["reasons_mask"].replace_strict(masks, [each[1:-1] for each in told], return_dtype=pl.String)
    hidden = frame.select(pl.col("id").alias("reminder"), *private).fill_null("")
    return LeafColumns(
        kind=kind,
        recorded_at=at,
        facts=('{"facts":' + facts + "," + why + ',"words":' + words + "}").to_list(),
        private={name: hidden[name].to_list() for name in hidden.columns},
    )


def _spelled(name: str) -> pl.Expr:
    """Fractions, dates and instants become strings: a record has one spelling."""
    kind = FACTS[name]
    if kind == pl.Float64 or kind == pl.Date or kind == pl.Datetime:
        return pl.col(name).cast(pl.String)
    return pl.col(name)
