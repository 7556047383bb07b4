# SPDX-License-Identifier: Apache-2.0
"""`rightparty serve`: the recipient's pages, the console and the simulated handsets."""

import os
import sys
from typing import Annotated, Final, NoReturn

import typer

from rightparty.cli.output import progress_console
from rightparty.cli.store import ensure_store

THREADS: Final = 4
"""Requests answered at once: enough for two cores and one SQLite file; four times as many may wait."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the web until interrupted."""
    ensure_store()
    run_server(host=host, port=port)


def run_server(*, host: str, port: int) -> NoReturn:
    """Become the web server; one worker process, since the embedded store has one writer.

    The server starts in a process of its own: its workers are forks, and the columnar engine's threads do not survive
    a fork.
    """
    progress_console.print(f"serving on http://{host}:{port}/  (stop: Ctrl-C)", highlight=False)
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1",
        "--blocking-threads", str(THREADS), "--backpressure", str(4 * THREADS), "--no-ws", "--log-level", "warning",
        "rightparty.site.wsgi:application",
    ]  # fmt: skip
    os.execv(sys.executable, command)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)
