# SPDX-License-Identifier: Apache-2.0
"""Why a whole delivery is refused.

IntakeError
  DeliveryError        the files cannot be taken as they are; the store is as it was
  RevertError          the load cannot be undone
  DecisionError        the quarantined load cannot be decided so
"""


class IntakeError(Exception):
    """Something was refused as a whole; `remedy` says what to do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class DeliveryError(IntakeError):
    """The files cannot be taken as they are."""


class RevertError(IntakeError):
    """The load cannot be undone."""


class DecisionError(IntakeError):
    """The quarantined load cannot be decided so."""
