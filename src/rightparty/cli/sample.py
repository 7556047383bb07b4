# SPDX-License-Identifier: Apache-2.0
"""`rightparty sample`: writes the sample lender's files, and their truth apart from them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rightparty.cli.output import Json, Out, answer, progress_console
from rightparty.simulation.operations.write_sample import write_sample_lender

SAMPLE_SEED = 20261123
SAMPLE_AS_OF = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 10:00 in Shanghai; the sample's dates are laid around it."""


def sample(
    directory: Annotated[Path, typer.Argument(help="Folder to write the deliveries into.")],
    truth: Annotated[Path, typer.Option(help="Folder for the truth; never inside a delivery.")],
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = SAMPLE_SEED,
    cards: Annotated[Path | None, typer.Option(help="UCI_Credit_Card.csv.gz, for all 30,000 accounts.")] = None,
    berka: Annotated[Path | None, typer.Option(help="Folder of the Berka tables, for the 682 Czech loans.")] = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Write the sample lender: real money, generated people, known truth."""
    counts = write_sample_lender(
        directory, seed=seed, as_of=SAMPLE_AS_OF, cards=cards, berka=berka, truth_directory=truth
    )
    answer(counts, as_json=as_json, out=out)
    progress_console.print(f"written: {directory} (truth: {truth})", highlight=False)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(sample)
