# SPDX-License-Identifier: Apache-2.0
"""Who writes next on the embedded store (right_debt)."""

from typing import Final

from django.db import connection

GIVES_WAY: Final = "RIGHTPARTY_GIVES_WAY"
"""Key in a connection's settings: its process lets everybody who waits write first."""


def give_way() -> None:
    """Let whoever waits write first, from now on, in all of this process: for one that writes without a pause.

    PostgreSQL has no such line; there this changes nothing.
    """
    connection.settings_dict[GIVES_WAY] = True
