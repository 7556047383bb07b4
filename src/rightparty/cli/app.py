# SPDX-License-Identifier: Apache-2.0
"""The `rightparty` command: one file per command group, joined here."""

import typer

from rightparty.cli import (
    attribution,
    audit,
    demo,
    dispatch,
    evidence,
    explain,
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
for group in (store, sample, load, audit, attribution, lookups, verify, plan, dispatch, explain, evidence, serve, demo):
    group.add_commands(app)
