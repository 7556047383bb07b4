# SPDX-License-Identifier: Apache-2.0
"""The `rightparty` command: one file per command group, joined here."""

import typer

from rightparty.cli import (
    alarms,
    attribution,
    audit,
    batches,
    demo,
    dispatch,
    evidence,
    explain,
    link,
    load,
    lookups,
    plan,
    sample,
    serve,
    store,
    verify,
)

app = typer.Typer(
    name="rightparty",
    help="Payment reminders that reach the right person, for a debt really owed, once, and provably.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (
    store, sample, load, batches, audit, attribution, link, lookups, verify, plan, dispatch, alarms, explain, evidence,
    serve, demo,
):  # fmt: skip
    group.add_commands(app)
