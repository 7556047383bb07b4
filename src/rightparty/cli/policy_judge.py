# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy judge`: judge a portfolio in files by every rule, here or on a Spark cluster."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rightparty.cli.output import At, instant_of, progress_console, refuse
from rightparty.cli.policy_files import packs_or_refuse
from rightparty.cli.store import ensure_store
from rightparty.policy.over_files import ACCOUNTS_AT_ONCE, FactsFileError, judge_files


def judge(
    accounts: Annotated[str, typer.Argument(help="Parquet with the accounts and their facts: a file or a folder.")],
    contacts: Annotated[str, typer.Argument(help="Parquet with the contacts made: a file or a folder.")],
    out: Annotated[str, typer.Argument(help="Folder for the verdicts; must not exist.")],
    at: At = None,
    spark: Annotated[
        str | None, typer.Option(help="Address of a Spark master; then the paths are what its workers read and write.")
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Accounts judged at once; bounds the memory.")] = ACCOUNTS_AT_ONCE,
) -> None:
    """Judge every account of a portfolio in files by the rules in use, and write verdicts with reasons."""
    ensure_store()
    instant, packs = instant_of(at), packs_or_refuse()
    try:
        if spark is None:
            judged = judge_files(Path(accounts), Path(contacts), Path(out), at=instant, packs=packs, at_once=at_once)
            progress_console.print(f"{judged:,} accounts judged", highlight=False)
        else:
            _on_spark(spark, accounts, contacts, out, at=instant, packs=packs, at_once=at_once)
    except FactsFileError as error:
        raise refuse(str(error)) from error
    progress_console.print(f"written: {out}", highlight=False)


def _on_spark(master: str, *paths: str, **given: Any) -> None:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 -- an optional extra
    except ImportError as error:
        raise refuse("Spark is not installed", "pip install 'rightparty[spark]'") from error
    from rightparty.policy.on_spark import judge_on_spark  # noqa: PLC0415 -- see above

    # workers of this machine run this Python, where the package is; on others their own setting names theirs
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.master(master).appName("rightparty policy judge").getOrCreate()
    try:
        judge_on_spark(session, *paths, **given)
    finally:
        session.stop()
