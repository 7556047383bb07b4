# SPDX-License-Identifier: Apache-2.0
"""The limits that quarantine a load: shipped, and the lender's own over them."""

import tomllib
from importlib import resources
from pathlib import Path

from rightparty.parties.screening import LimitsError, ScreeningLimits, limits_of


def read_limits(own: Path | None = None) -> ScreeningLimits:
    """Return the shipped limits with the numbers of an own file laid over them.

    Raises:
        LimitsError: the own file is no TOML, names an unknown limit or one that is not above zero.
        OSError: the own file cannot be read.
    """
    given = tomllib.loads(resources.files(__package__).joinpath("limits.toml").read_text("utf-8"))
    if own is not None:
        try:
            mine = tomllib.loads(own.read_text("utf-8"))
        except tomllib.TOMLDecodeError as fault:
            raise LimitsError(f"{own.name}: {fault}.") from fault
        shares = mine.get("shares", {})
        given |= mine | {"shares": given["shares"] | shares if isinstance(shares, dict) else shares}
    return limits_of(given)
