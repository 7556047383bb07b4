# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy`: law packs, house rules and strategies, read, tried and changed by two people (right_time)."""

import typer

from rightparty.cli import policy_drafts, policy_files, policy_trial
from rightparty.cli.policy_check import check
from rightparty.cli.policy_judge import judge

group = typer.Typer(help="Read, try and change law packs, house rules and strategies.", no_args_is_help=True)
group.command()(check)
group.command()(judge)
policy_files.add_to(group)
policy_trial.add_to(group)
policy_drafts.add_to(group)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="policy")
