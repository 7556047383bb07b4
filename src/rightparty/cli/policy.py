# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy`: the law packs and house rules, read and tried before anything is sent by them."""

import typer

from rightparty.cli.policy_check import check

group = typer.Typer(help="Read and try the law packs and house rules.", no_args_is_help=True)
group.command()(check)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="policy")
