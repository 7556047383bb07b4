# SPDX-License-Identifier: Apache-2.0
"""Turns graded pairs into chances, reasons and verdicts. Serves right_party.

The chance comes from the model and from competition. What a number alone must not decide is said by rules: a pair that
contradicts itself, or agrees only in what a namesake or a relative shares too, is looked at by a person.
"""

from typing import Final

import numpy as np
import polars as pl

from rightparty.parties.linkage.comparisons import COMPARISONS
from rightparty.parties.linkage.frames import PAIRS
from rightparty.parties.linkage.model import LinkageModel
from rightparty.parties.linkage.patterns import each_its_own, log_priors, log_rates, patterns_of
from rightparty.parties.linkage.rivals import compete

CONTRADICTIONS: Final = ("contradiction.national_id", "contradiction.generation", "contradiction.twins")
"""Reasons with which two records are never joined without a person, not even through a third."""

ONLY: Final = ("only.name_and_birth_date", "only.shared_evidence")
"""Reasons that say what is missing for `same`."""

_FEW: Final = 100_000
"""So many pairs are weighed one by one; of more, those that agree in the same way together."""

_PLACES: Final = {c.name: {level.code: place for place, level in enumerate(c.levels)} for c in COMPARISONS}


def place(code: str) -> int:
    """Return the number of a level, by its code."""
    return next(places[code] for places in _PLACES.values() if code in places)


def chances(
    graded: pl.DataFrame,
    *,
    model: LinkageModel,
    priors: np.ndarray,
    left_unique: bool = False,
    right_unique: bool = False,
) -> pl.DataFrame:
    """Return the chance of each class for graded pairs.

    Shape: what `with_name_bits` returns; `priors` are the logarithms of the classes' shares of all pairs -> the same
    with `p_same`, `p_household`, `p_other` (sum one) and `weight_bits`.
    """
    patterns, numbered = each_its_own(graded) if graded.height <= _FEW else patterns_of(graded)
    joint = log_rates(patterns, model) + priors
    others = np.logaddexp(joint[:, 1], joint[:, 2])
    evidence = (joint[:, 0] - others - (priors[0] - np.logaddexp(priors[1], priors[2]))) / np.log(2)
    judged = patterns.frame.select("pattern").with_columns(
        odds=pl.Series(np.exp(np.minimum(joint[:, 0] - others, 300.0))),
        weight_bits=pl.Series(evidence),
        of_household=pl.Series(np.exp(joint[:, 1] - others)),
    )
    pairs = numbered.join(judged, on="pattern", how="left", maintain_order="left")
    rivalry = compete(
        pairs.select("left", "right", "odds", "weight_bits"), left_unique=left_unique, right_unique=right_unique
    )
    p_same = pl.col("odds") / (1 + pl.col("odds") + pl.col("rivalry"))
    return (
        pairs.with_columns(rivalry=rivalry["rivalry"])
        .with_columns(p_same=p_same)
        .with_columns(p_household=(1 - pl.col("p_same")) * pl.col("of_household"))
        .with_columns(p_other=(1 - pl.col("p_same") - pl.col("p_household")).clip(0.0))
        .drop("pattern", "odds", "of_household", "rivalry")
    )


def judged_pairs(
    graded: pl.DataFrame, frame: pl.DataFrame, *, model: LinkageModel, priors: np.ndarray | None = None
) -> pl.DataFrame:
    """Return PAIRS of graded pairs; those of which nothing speaks for one human or one household are left out.

    Shape: what `with_name_bits` returns, the prepared people it was graded on.
    """
    shares = log_priors(model, frame.height) if priors is None else priors
    return verdicts(chances(graded, model=model, priors=shares), frame, model=model)


def verdicts(judged: pl.DataFrame, frame: pl.DataFrame, *, model: LinkageModel) -> pl.DataFrame:
    """Return PAIRS of what `chances` returns; those of which nothing speaks for one human or household are left out."""
    found = judged.filter((pl.col("p_same") >= model.kept_from) | (pl.col("p_household") >= model.kept_household_from))
    ruled = found.with_columns(generation=_generations(found, frame)).with_columns(
        contradiction=_contradiction(), only=_only()
    )
    ids = frame["party_id"]
    return ruled.with_columns(
        left_id=ids.gather(ruled["left"]), right_id=ids.gather(ruled["right"]), reasons=_reasons(),
        verdict=_verdict(model),
    ).select(pl.col(name).cast(kind) for name, kind in PAIRS.items()).sort("left_id", "right_id")  # fmt: skip


def _generations(pairs: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """Tell where one is called junior and the other senior, or the third: father and son of one name."""
    left, right = frame["generation"].gather(pairs["left"]), frame["generation"].gather(pairs["right"])
    return (left != right).fill_null(value=False).alias("generation")


def _is(*codes: str) -> pl.Expr:
    name = next(c.name for c in COMPARISONS if codes[0] in _PLACES[c.name])
    return pl.col(name).is_in([place(code) for code in codes])


_SAME_BIRTH: Final = ("birth_date.same", "birth_date.same_filler")
_KNOWN_ID: Final = ("national_id.same", "national_id.masked_fits", "national_id.slip")
_HOME: Final = ("address.same", "address.same_house", "address.slip", "address.partly_known")


def _contradiction() -> pl.Expr:
    surname = pl.col("surname").is_between(0, place("surname.slip"))
    other_name = pl.col("given_name").is_in([place("name.different"), place("name.near")])
    twins = _is(*_SAME_BIRTH) & surname & other_name & ~_is("national_id.same")
    return (
        pl.when(_is("national_id.different")).then(pl.lit(CONTRADICTIONS[0]))
        .when("generation").then(pl.lit(CONTRADICTIONS[1]))
        .when(twins).then(pl.lit(CONTRADICTIONS[2]))
    )  # fmt: skip


def _only() -> pl.Expr:
    born = pl.col("birth_date").is_between(0, place("birth_date.two_parts"))
    reached = _is("phone.same") | _is("email.same") | _is(*_HOME)
    return (
        pl.when(_is(*_KNOWN_ID)).then(None)
        .when(born & ~reached).then(pl.lit(ONLY[0]))
        .when(~born).then(pl.lit(ONLY[1]))
    )  # fmt: skip


def _reasons() -> pl.Expr:
    codes = [
        pl.lit(pl.Series([level.code for level in c.levels])).gather(pl.when(pl.col(c.name) >= 0).then(c.name))
        for c in COMPARISONS
    ]
    return pl.concat_list(*codes, "contradiction", "only").list.drop_nulls()


def _verdict(model: LinkageModel) -> pl.Expr:
    p = pl.col("p_same")
    free = pl.col("contradiction").is_null() & pl.col("only").is_null()
    return (
        pl.when((p >= model.same_from) & free).then(pl.lit("same"))
        .when(p >= model.review_from).then(pl.lit("review"))
        .when(pl.col("p_household") >= model.household_from).then(pl.lit("household"))
        .otherwise(pl.lit("different"))
    )  # fmt: skip
