# SPDX-License-Identifier: Apache-2.0
"""The linkage model: plain numbers that can be written down, versioned and read back. Serves right_party.

For each graded level, how often it is seen between two records of one human (`same`), of two people of one household
(`household`) and of two strangers (`other`). Personal fields are seen in a household as among strangers. Where a name
is weighed by how common it is, its own frequency stands for `other`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Final

from rightparty.parties.linkage.comparisons import COMPARISONS, Comparison

type Rates = tuple[float, ...]

CLASSES: Final = ("same", "household", "other")


class LinkageModelError(ValueError):
    """A linkage model is incomplete or out of range; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRates:
    """How often each level of one comparison is seen, per class; each sums to one."""

    same: Rates
    household: Rates
    other: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageModel:
    """What decides about pairs; `version` is what a decision names."""

    version: str
    #: other records of the same human, and of his household, that a record has in the file on average
    same_per_record: float
    household_per_record: float
    fields: Mapping[str, FieldRates]
    #: from this chance of one human on, a pair is `same`
    same_from: float = 0.99
    #: from this chance of one human on, a person looks at the pair
    review_from: float = 0.2
    #: from this chance of one household on, a pair is `household`
    household_from: float = 0.5
    #: a pair below both is not even listed
    kept_from: float = 0.001
    kept_household_from: float = 0.1
    source: str = ""

    def as_json(self) -> str:
        """Return the model as a file that `read_model` reads back."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def read_model(text: str) -> LinkageModel:
    """Return the model of a file.

    Raises:
        LinkageModelError: a field, a level or a number is missing, unknown or out of range.
    """
    try:
        given = json.loads(text)
        fields = {
            name: FieldRates(**{kind: tuple(map(float, rates[kind])) for kind in CLASSES})
            for name, rates in given.pop("fields").items()
        }
        model = LinkageModel(fields=fields, **given)
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise LinkageModelError(f"The linkage model cannot be read: {fault}.") from fault
    for comparison in COMPARISONS:
        _check(comparison, model)
    return model


def _check(comparison: Comparison, model: LinkageModel) -> None:
    rates = model.fields.get(comparison.name)
    if rates is None:
        raise LinkageModelError(f"The linkage model has no field {comparison.name!r}.")
    for kind in CLASSES:
        row = getattr(rates, kind)
        if len(row) != len(comparison.levels) or min(row) <= 0 or abs(sum(row) - 1) > 0.01:
            raise LinkageModelError(
                f"Field {comparison.name!r}, {kind}: {len(comparison.levels)} rates above zero, of sum one, are needed."
            )


def shipped_model() -> LinkageModel:
    """Return the model that ships."""
    text = (files("rightparty.parties.linkage") / "shipped_model.json").read_text(encoding="utf-8")
    return read_model(text)
