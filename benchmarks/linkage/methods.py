# SPDX-License-Identifier: Apache-2.0
"""The methods compared: ours, Splink with a model as its tutorial builds it, and recordlinkage's ECM.

dedupe is left out: with the dependencies that are picked today it ends in an error of BTrees (`byValue`) in
`prepare_training`, and with an older BTrees three runs on FEBRL 4 did not end within 220 seconds.
"""

import logging
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.linkage.data import FIELDS, LinkageData
from rightparty.parties.linkage.engines import grade
from rightparty.parties.linkage.fit import fit_rates
from rightparty.parties.linkage.judge import chances
from rightparty.parties.linkage.keys import with_keys
from rightparty.parties.linkage.model import shipped_model
from rightparty.parties.linkage.patterns import patterns_of, with_name_bits
from rightparty.parties.linkage.prepare import count_names, prepare, with_frequencies

RANDOM_PAIRS: Final = 200_000
_RULES: Final = (
    ("given_name", "surname"), ("birth_text",), ("national_id",), ("phone",), ("surname", "street_number"),
    ("given_name", "street"), ("surname", "postcode", "street"), ("street_number", "street"),
)  # fmt: skip


def ours(data: LinkageData) -> pl.DataFrame:
    """Prepare, fit without labels and score, as `link` and `fit_linkage` do. -> [left_id, right_id, p]."""
    frame = prepare(data.people, data.points)
    count, left = frame.height, data.left
    if left is not None:
        frame = frame.with_columns(side=(pl.col("row") >= left).cast(pl.Int8))
    frame = with_keys(with_frequencies(frame, count_names(frame)))
    graded = with_name_bits(grade(frame), frame)
    random = with_name_bits(grade(frame, pairs=_random_pairs(count, left)), frame)
    all_pairs = count * (count - 1) / 2 if left is None else left * (count - left)
    records = count / 2 if left is None else count - left
    patterns, _ = patterns_of(graded)
    model = fit_rates(patterns, patterns_of(random)[0], shipped_model(), all_pairs=all_pairs, records=records)
    shares = np.array([model.same_per_record * records, model.household_per_record * records]) / all_pairs
    priors = np.log(np.append(shares, 1 - shares.sum()))
    found = chances(graded, model=model, priors=priors, left_unique=data.unique[0], right_unique=data.unique[1])
    ids = frame["party_id"]
    return _ordered(ids.gather(found["left"]), ids.gather(found["right"]), found["p_same"])


def _random_pairs(count: int, left: int | None) -> pl.DataFrame:
    dice = np.random.default_rng(1)
    if left is not None:
        return pl.DataFrame(
            {"left": dice.integers(0, left, RANDOM_PAIRS), "right": dice.integers(left, count, RANDOM_PAIRS)}
        )
    drawn = dice.integers(0, count, (2, RANDOM_PAIRS))
    pairs = pl.DataFrame({"left": drawn.min(axis=0), "right": drawn.max(axis=0)})
    return pairs.filter(pl.col("left") != pl.col("right"))


def _ordered(left: Any, right: Any, p: Any) -> pl.DataFrame:
    pairs = pl.DataFrame({"a": left, "b": right, "p": p})
    return pairs.select(left_id=pl.min_horizontal("a", "b"), right_id=pl.max_horizontal("a", "b"), p="p")


def splink_tutorial(data: LinkageData) -> pl.DataFrame:
    """Score with Splink's two-class model: the comparisons of its library, EM on two blocking rules."""
    linker, used = _linker(data)
    logging.getLogger("splink").setLevel(logging.ERROR)
    from splink import block_on

    training = linker.training
    rules = [block_on("given_name", "surname", "birth_text")] if "birth_text" in used else []
    rules += [block_on("national_id")] if "national_id" in used else []
    rules = rules or [block_on("given_name", "surname", "street_number", "street")]
    training.estimate_probability_two_random_records_match(rules, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in _training_rules(used):
        training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = pl.DataFrame(linker.inference.predict(warning_mode="never").as_duckdbpyrelation().to_arrow_table())
    return _ordered(found["party_id_l"], found["party_id_r"], found["match_probability"])


def _training_rules(used: list[str]) -> list[tuple[str, ...]]:
    if "birth_text" in used:
        return [("birth_text",), ("given_name", "surname")]
    return [("given_name", "surname"), ("street_number", "street")]


def _linker(data: LinkageData) -> tuple[Any, list[str]]:
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink import comparison_library as cl

    fields = _peer_fields(data)
    used = [name for name in FIELDS if fields[name].null_count() < fields.height]
    library = {
        "given_name": cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        "middle_name": cl.ExactMatch("middle_name"),
        "surname": cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        "birth_text": cl.DamerauLevenshteinAtThresholds("birth_text", [1, 2]),
        "national_id": cl.DamerauLevenshteinAtThresholds("national_id", [1, 2]),
        "street_number": cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        "street": cl.JaroWinklerAtThresholds("street", [0.9]).configure(term_frequency_adjustments=True),
        "postcode": cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        "phone": cl.ExactMatch("phone"),
    }
    varied = [name for name in used if fields[name].n_unique() > 2]
    settings = SettingsCreator(
        link_type="dedupe_only" if data.left is None else "link_only", unique_id_column_name="party_id",
        comparisons=[library[name] for name in varied],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in _RULES if set(rule) <= set(used)],
    )  # fmt: skip
    api = DuckDBAPI()
    files = [fields] if data.left is None else [fields[: data.left], fields[data.left :]]
    return Linker([api.register(file.to_arrow()) for file in files], settings), used


def _peer_fields(data: LinkageData) -> pl.DataFrame:
    people = data.people
    if "given_of_peers" in people.columns:
        people = people.with_columns(given_name="given_of_peers", surname="surname_of_peers")
    lower = pl.col(pl.String).exclude("party_id").str.to_lowercase()
    return people.select("party_id", *FIELDS).with_columns(lower).with_columns(pl.col(pl.String).replace("", None))


def recordlinkage_ecm(data: LinkageData) -> pl.DataFrame:
    """Score with recordlinkage's ECM on the pairs that Splink's blocking rules give."""
    import pandas as pd
    import recordlinkage

    linker, used = _linker(data)
    logging.getLogger("splink").setLevel(logging.ERROR)
    blocked = pl.DataFrame(linker.inference.compute_blocked_pairs_for_predict().as_duckdbpyrelation().to_arrow_table())
    plain = pl.col("join_key_l", "join_key_r").str.replace(r"^.*-__-", "")
    pairs = blocked.select(plain).unique()
    fields = _peer_fields(data)
    table = pd.DataFrame(fields.to_dict(as_series=False)).set_index("party_id")
    candidates = pd.MultiIndex.from_arrays([pairs["join_key_l"].to_list(), pairs["join_key_r"].to_list()])
    compare = recordlinkage.Compare()
    for name in used:
        if name in ("given_name", "surname", "street"):
            compare.string(name, name, method="jarowinkler", threshold=0.88)
        elif name in ("birth_text", "national_id", "postcode"):
            compare.string(name, name, method="damerau_levenshtein", threshold=0.85 if name == "birth_text" else 0.7)
        else:
            compare.exact(name, name)
    vectors = compare.compute(candidates, table)
    ecm = recordlinkage.ECMClassifier(binarize=0.8)
    ecm.fit(vectors)
    chance = ecm.prob(vectors)
    return _ordered(pairs["join_key_l"], pairs["join_key_r"], pl.Series(chance.to_list()))
