# SPDX-License-Identifier: Apache-2.0
"""The linkage model: plain numbers that can be written down, versioned and read back. Serves right_party."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageModel:
    """What decides about pairs; `version` is what a decision names."""

    version: str
    #: from this chance of one human on, a pair is `same`
    same_from: float = 0.99
    #: from this chance of one human on, a person looks at the pair
    review_from: float = 0.05
    #: from this chance of one household on, a pair is `household`
    household_from: float = 0.5


def shipped_model() -> LinkageModel:
    """Return the model that ships."""
    return LinkageModel(version="shipped-1")
