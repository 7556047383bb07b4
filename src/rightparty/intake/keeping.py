# SPDX-License-Identifier: Apache-2.0
"""The files of a quarantined load, kept apart until somebody decides. Named by their digest, readable by us alone."""

import shutil
from pathlib import Path

from rightparty.intake.errors import DecisionError
from rightparty.intake.reading import Delivery, digest_of, find_files


def keep_files(delivery: Delivery, *, digest: str, folder: Path) -> Path:
    """Copy a delivery's files into the folder; done before the decision is recorded, so that none lacks its files."""
    place = folder / digest[:32]
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in delivery.files.values():
        shutil.copyfile(path, place / path.name)
    return place


def kept_files(*, digest: str, folder: Path) -> Path:
    """Return the folder of a kept delivery whose files are still what was screened.

    Raises:
        DecisionError: the files are gone or were changed.
    """
    place = folder / digest[:32]
    if not place.is_dir() or digest_of(find_files(place)) != digest:
        raise DecisionError(
            "the kept files are gone or are not what was screened", remedy="Refuse the load and deliver it again."
        )
    return place


def drop_files(*, digest: str, folder: Path) -> None:
    """Delete a kept delivery: refused or taken, it is not needed any more."""
    shutil.rmtree(folder / digest[:32], ignore_errors=True)
