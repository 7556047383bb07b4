# SPDX-License-Identifier: Apache-2.0
"""Reads a file of facts line by line: JSON lines or CSV, in the form of `intake.facts`. Pure.

CSV has a column `type` and the fields of the data beside it; an empty cell is a field that is left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rightparty.intake.contract import Column, Table
from rightparty.intake.errors import DeliveryError
from rightparty.intake.facts import TYPES
from rightparty.intake.reading import read_blocks
from rightparty.intake.row_errors import REMEDIES, Fault

LINE_LIMIT: Final = 64 * 1024
"""Most bytes of one line of JSON."""

_FIELDS: Final = sorted({field for body in TYPES.values() for field in body.model_fields})
_TABLE: Final = Table(
    name="facts", key=("type",), columns=(Column(name="type", required=True), *(Column(name=f) for f in _FIELDS))
)
_NUMBER_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a fact as it came, or, where it could not be read at all, what is wrong."""

    number: int
    fact: object = None
    text: str = ""
    fault: str = ""
    remedy: str = ""


def read_lines(path: Path) -> Iterator[Line]:
    """Return the file's lines with their real numbers; empty ones are left out.

    Raises:
        DeliveryError: no .jsonl or .csv, not there, or not to be read as such; says what to do.
    """
    if not path.is_file():
        raise DeliveryError(f"{path} is not a file", remedy="Name a file of facts, .jsonl or .csv.")
    if path.suffix == ".jsonl":
        return _json_lines(path)
    if path.suffix == ".csv":
        return _csv_lines(path)
    raise DeliveryError(f"{path.name} is neither .jsonl nor .csv", remedy="Give it the ending that says what it is.")


def _json_lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(LINE_LIMIT + 1), b""), start=1):
            if len(raw) > LINE_LIMIT:
                raise DeliveryError(
                    f"{path.name}, line {number}: longer than 64 KiB", remedy="Write one fact a line, as JSON."
                )
            if not raw.strip():
                continue
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            try:
                yield Line(number=number, text=text, fact=json.loads(raw))
            except (ValueError, RecursionError):
                yield Line(number=number, text=text, fault="not JSON", remedy="Write one JSON object, in UTF-8.")


def _csv_lines(path: Path) -> Iterator[Line]:
    for block in read_blocks(path, _TABLE):
        for fault in block.faults.to_dicts():
            remedy = REMEDIES[Fault(fault["fault"])]
            yield Line(number=fault["line"], text=str(fault["row"]), fault=str(fault["fault"]), remedy=remedy)
        for row in block.rows.iter_rows(named=True):
            number = int(row.pop("line"))
            cells = {name: cell.strip() for name, cell in row.items() if cell is not None and cell.strip()}
            data = {name: _whole(cell) if name == "amount_minor" else cell for name, cell in cells.items()}
            fact = {"type": data.pop("type", None), "data": data}
            yield Line(number=number, fact=fact, text=json.dumps(cells, ensure_ascii=False))


def _whole(cell: str) -> Any:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= _NUMBER_DIGITS else cell
