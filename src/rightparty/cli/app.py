# SPDX-License-Identifier: Apache-2.0
"""The `rightparty` command: one file per command group, joined here."""

from typing import Any

import typer
from typer.core import TyperGroup

from rightparty.cli import (
    alarms,
    attribution,
    audit,
    batches,
    calls,
    demo,
    dispatch,
    evidence,
    explain,
    facts,
    link,
    load,
    lookups,
    plan,
    policy,
    receive_mail,
    sample,
    serve,
    store,
    verify,
    wording,
    work,
)
from rightparty.cli.output import refuse
from rightparty.parties.attribution.parameters import ParametersError
from rightparty.planning.strategy import StrategyError
from rightparty.policy.errors import PackError


class Commands(TyperGroup):
    """The commands, refused where the installation's own rules or parameters are broken: nothing can be judged then."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (ParametersError, PackError, StrategyError) as fault:
            raise refuse(str(fault), fault.remedy) from fault


app = typer.Typer(
    cls=Commands,
    name="rightparty",
    help="Payment reminders that reach the right person, for a debt really owed, once, and provably.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (
    store, sample, load, facts, batches, audit, attribution, link, lookups, verify, plan, policy, dispatch, calls, work,
    receive_mail, alarms, explain, evidence, wording, serve, demo,
):  # fmt: skip
    group.add_commands(app)
