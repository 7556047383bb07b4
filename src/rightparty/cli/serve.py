# SPDX-License-Identifier: Apache-2.0
"""`rightparty serve`: the recipient's pages, the console and the simulated handsets."""

from typing import Annotated

import typer
from granian.constants import Interfaces
from granian.server import Server

from rightparty.cli.output import progress_console
from rightparty.cli.store import ensure_store


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the web until interrupted."""
    ensure_store()
    run_server(host=host, port=port)


def run_server(*, host: str, port: int) -> None:
    """Serve until interrupted; one process, since the embedded store has one writer."""
    progress_console.print(f"serving on http://{host}:{port}/  (stop: Ctrl-C)", highlight=False)
    Server(
        "rightparty.site.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, log_access=False
    ).serve()


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)
