# SPDX-License-Identifier: Apache-2.0
"""The fit finds rates that are known because the pairs are drawn from them (right_party)."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rightparty.parties.linkage.comparisons import COMPARISONS
from rightparty.parties.linkage.fit import TWINS, fit_rates
from rightparty.parties.linkage.model import FieldRates, LinkageModel, shipped_model
from rightparty.parties.linkage.patterns import NAMED, patterns_of

SAME, HOUSEHOLD, OTHER = 3_000, 4_000, 20_000


def true_model() -> LinkageModel:
    """A portfolio unlike the shipped guess: more slips in names, fewer numbers, more moves."""
    shipped = shipped_model()
    fields = dict(shipped.fields)
    fields["given_name"] = replace(
        fields["given_name"], same=(0.70, 0.02, 0.01, 0.02, 0.01, 0.04, 0.10, 0.05, 0.02, 0.03)
    )
    fields["address"] = replace(fields["address"], same=(0.40, 0.03, 0.06, 0.03, 0.02, 0.01, 0.15, 0.30))
    fields["phone"] = FieldRates(same=(0.5, 0.1, 0.4), household=(0.3, 0.2, 0.5), other=(0.002, 0.002, 0.996))
    return replace(shipped, fields=fields)


def drawn(model: LinkageModel, counts: tuple[int, int, int], dice: np.random.Generator) -> pl.DataFrame:
    columns: dict[str, object] = {}
    for comparison in COMPARISONS:
        rates = model.fields[comparison.name]
        parts = [
            dice.choice(len(row), count, p=np.array(row) / sum(row))
            for row, count in zip((rates.same, rates.household, rates.other), counts, strict=True)
        ]
        columns[comparison.name] = np.concatenate(parts).astype(np.int8)
    pairs = pl.DataFrame(columns)
    return pairs.with_columns(**{f"{c.name}_bits": pl.lit(None, pl.Float64) for c in NAMED})


def test_the_rates_of_three_classes_are_found_without_labels() -> None:
    model, dice = true_model(), np.random.default_rng(3)
    candidates, _ = patterns_of(drawn(model, (SAME, HOUSEHOLD, OTHER), dice))
    random, _ = patterns_of(drawn(model, (SAME * 5, HOUSEHOLD * 5, OTHER * 5), dice))
    records = 10_000.0
    fitted = fit_rates(candidates, random, shipped_model(), all_pairs=float(OTHER), records=records)

    assert fitted.same_per_record * records == pytest.approx(SAME, rel=0.05)
    assert fitted.household_per_record * records == pytest.approx(HOUSEHOLD, rel=0.05)
    for name, kind in (("given_name", "same"), ("phone", "same"), ("phone", "household"), ("address", "same")):
        found, true = (np.array(getattr(m.fields[name], kind)) for m in (fitted, model))
        assert np.abs(found - true / true.sum()).max() < 0.03, (name, kind)


def test_what_strangers_share_is_counted_and_relatives_share_no_birthday_but_as_twins() -> None:
    model, dice = true_model(), np.random.default_rng(4)
    candidates, _ = patterns_of(drawn(model, (100, 100, 100_000), dice))
    random, _ = patterns_of(drawn(model, (100, 100, 100_000), dice))
    fitted = fit_rates(candidates, random, shipped_model(), all_pairs=100_000.0, records=1_000.0)
    assert fitted.fields["given_name"].household == fitted.fields["given_name"].other
    assert fitted.fields["birth_date"].household[0] == pytest.approx(TWINS, rel=0.05)
    assert fitted.fields["phone"].other[0] == pytest.approx(0.002, rel=0.3)
