# SPDX-License-Identifier: Apache-2.0
"""Everything planning and gate know of the persons and accounts they decide on, as of one instant."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Frames read in one go; the gate reads them under its locks, planning from the store as it stands."""

    at: datetime
    #: lending.queries.balances_as_of
    balances: pl.DataFrame
    #: [account_id, party_id, role]
    roles: pl.DataFrame
    #: parties.queries.attribution_as_of: one row per (party_id, channel, value)
    attribution: pl.DataFrame
    #: parties.queries.people_as_of
    people: pl.DataFrame
    #: [party_id, channel (of points), address] in doubt: parties.linked.queries.doubts_as_of_now
    doubts: pl.DataFrame
    #: parties.wishes.WISHES: agreed and requested hours and days, call-backs
    wishes: pl.DataFrame
    #: parties.wishes.read_promises: [person_id, account_id, promised_on]
    promises: pl.DataFrame
    #: [address, channel (of messages), opted_out, consent_revoked, consent_given]
    opt_outs: pl.DataFrame
    #: [account_id, party_id, holds_mask]
    holds: pl.DataFrame
    #: [account_id, party_id, ended_at] of complaint holds that have ended
    complaints: pl.DataFrame
    #: parties.queries.point_loads; None where every load is trusted, so that nothing is to be looked up
    point_loads: pl.DataFrame | None
    #: planning.batches.BATCHES
    batches: pl.DataFrame
    #: contacts of the last days, per person and account
    history: pl.DataFrame
