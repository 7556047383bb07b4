# SPDX-License-Identifier: Apache-2.0
"""`rightparty receive-mail`: bounces and complaints that came as mails, from standard input, a file or a Maildir."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from rightparty.cli.output import At, Json, Out, answer, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.inbound.mail_report import LONGEST, ReportKind
from rightparty.inbound.operations.receive_mail import MailTaken, receive_mail

Where = Annotated[str, typer.Argument(help="A file with one mail, a Maildir folder, or - for standard input.")]


def receive(where: Where = "-", at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Take in bounces and complaints; what concerns no message of ours changes nothing.

    Of a Maildir the mails in `new` are read. Those that report something of ours move to `cur`, marked as seen;
    the rest stays where it is, for a person may have written it.
    """
    ensure_store()
    folder = Path(where)
    mails = _from_stdin() if where == "-" else _from_maildir(folder) if folder.is_dir() else _from_file(folder)
    instant, counted = instant_of(at), Counter[str]()
    for raw, file in mails:
        taken = receive_mail(raw, at=instant)
        counted[_told(taken)] += 1
        if file is not None and taken.reminder_id is not None:
            file.rename(file.parent.parent / "cur" / f"{file.name.partition(':')[0]}:2,S")
    frame = pl.DataFrame({"mail": list(counted), "mails": list(counted.values())}, schema_overrides={"mail": pl.String})
    answer(dict(counted), as_json=as_json, out=out, tables=[table_of("Mails", frame)])


def _told(taken: MailTaken) -> str:
    if taken.kind is ReportKind.OTHER:
        return "no report"
    if taken.reminder_id is None:
        return "of no message of ours"
    return taken.kind.value if taken.changed or taken.kind is ReportKind.PENDING else "known already"


def _from_stdin() -> Iterator[tuple[bytes, None]]:
    yield sys.stdin.buffer.read(LONGEST), None


def _from_file(file: Path) -> Iterator[tuple[bytes, None]]:
    try:
        with file.open("rb") as source:
            raw = source.read(LONGEST)
    except OSError as error:
        raise refuse(f"{file}: {error.strerror}", "Name a file, a Maildir folder, or - for standard input.") from error
    yield raw, None


def _from_maildir(folder: Path) -> Iterator[tuple[bytes, Path]]:
    new, current = folder / "new", folder / "cur"
    if not (new.is_dir() and current.is_dir()):
        raise refuse(f"{folder} is no Maildir", "It must hold the folders new and cur.")
    for file in sorted(new.iterdir()):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as source:
                yield source.read(LONGEST), file


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("receive-mail")(receive)
