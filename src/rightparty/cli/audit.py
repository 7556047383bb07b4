# SPDX-License-Identifier: Apache-2.0
"""`rightparty audit`: what is wrong with the contact data."""

import typer

from rightparty.cli.output import At, Json, Out, answer, instant_of, table_of
from rightparty.cli.store import ensure_store
from rightparty.lending.queries import account_links
from rightparty.parties.queries import run_audit


def audit(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """List findings in the contact data, with counts, masked examples, likely cause and remedy."""
    ensure_store()
    findings = run_audit(at=instant_of(at), links=account_links(party_ids=None))
    answer(findings, as_json=as_json, out=out, tables=[table_of("Findings in the contact data", findings)])


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(audit)
