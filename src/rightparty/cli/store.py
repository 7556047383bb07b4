# SPDX-License-Identifier: Apache-2.0
"""`rightparty migrate` and `rightparty user`: the store's tables and the people who may log in."""

import secrets
from typing import Annotated

import typer
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rightparty.cli.output import progress_console, refuse


def ensure_store() -> None:
    """Make the embedded store on first use; refuse to touch a server's tables unasked.

    Raises:
        UsageError: the tables of a PostgreSQL store are not there or not current.
    """
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if connection.vendor != "sqlite":
        raise refuse("the store's tables are missing or old", "run: rightparty migrate")
    call_command("migrate", verbosity=0)


def migrate() -> None:
    """Make or update the tables of the store."""
    call_command("migrate", verbosity=0)
    progress_console.print("the store is current")


def user(
    name: Annotated[str, typer.Argument(help="Log-in name.")],
    password: Annotated[str, typer.Option(help="Password; one is made up and printed if left out.")] = "",
    decides_loads: Annotated[
        bool, typer.Option("--decides-loads", help="May admit or refuse quarantined loads.")
    ] = False,
    decides_batches: Annotated[
        bool, typer.Option("--decides-batches", help="May agree that a batch of contact data goes on.")
    ] = False,
    resumes_dispatch: Annotated[bool, typer.Option("--resumes-dispatch", help="May lift a halt of dispatch.")] = False,
) -> None:
    """Make a console user, or give an existing one a new password."""
    ensure_store()
    chosen = make_user(
        name, password, decides_loads=decides_loads, decides_batches=decides_batches, resumes_dispatch=resumes_dispatch
    )
    progress_console.print(f"console user {name}, password {chosen}", highlight=False)


def make_user(
    name: str,
    password: str = "",
    *,
    decides_loads: bool = False,
    decides_batches: bool = False,
    resumes_dispatch: bool = False,
) -> str:
    """Make or update a console user and return the password."""
    chosen = password or secrets.token_urlsafe(9)
    account, _made = get_user_model().objects.get_or_create(username=name)
    account.set_password(chosen)
    account.is_staff = True
    account.save()
    rights = {"decide_load": decides_loads, "decide_batch": decides_batches, "resume_dispatch": resumes_dispatch}
    for right, may in rights.items():
        if may:
            account.user_permissions.add(Permission.objects.get(codename=right))
    return chosen


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(migrate)
    app.command()(user)
