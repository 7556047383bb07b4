# SPDX-License-Identifier: Apache-2.0
"""Reads a delivery's files in bounded blocks of text cells with their real line numbers, or refuses the file whole.

A file that is not UTF-8, is cut off or lacks a required column is never read in part: what it would say is not what
the lender wrote.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.intake.contract import CONTRACT, Kind, Table
from rightparty.intake.errors import DeliveryError
from rightparty.intake.row_errors import Fault

BLOCK_BYTES: Final = 32 * 2**20
"""How much of a CSV file is in memory as text at a time."""

LINE_BYTES_LIMIT: Final = 128 * 2**20
"""Longest line that is still read (and rejected as a row); beyond it the file is no table."""

BLOCK_ROWS: Final = 500_000
"""Rows of a Parquet file that are in memory as text at a time."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_QUOTED: Final = '(^|,)"(?:[^"]|"")*"'
_FAULTS: Final = {"line": pl.Int64(), "column": pl.String(), "fault": pl.String(), "row": pl.String()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The files of a folder, by table of the contract."""

    files: dict[str, Path]
    #: names of files that are not in the contract
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of a file: `line` and every column of the file as text; and lines that could not be split."""

    rows: pl.DataFrame
    #: [line, column, fault, row]
    faults: pl.DataFrame


def find_files(directory: Path) -> Delivery:
    """Return the folder's files by table.

    Raises:
        DeliveryError: no folder, nothing of the contract in it, a table twice, or a file that holds a sample's truth.
    """
    if not directory.is_dir():
        raise DeliveryError(f"{directory} is not a folder", remedy="Name the folder that holds the lender's files.")
    files: dict[str, Path] = {}
    ignored: list[str] = []
    for path in sorted(directory.iterdir()):
        if path.name.casefold().startswith("truth"):
            raise DeliveryError(
                f"{path.name} holds a sample's truth, which the pipeline must never read",
                remedy="Move it out of the folder; only summaries and benchmarks may read it.",
            )
        if path.stem not in CONTRACT or path.suffix not in {".csv", ".parquet"}:
            ignored.append(path.name)
            continue
        if path.stem in files:
            raise DeliveryError(
                f"{path.name} and {files[path.stem].name} hold the same table", remedy="Deliver each table once."
            )
        files[path.stem] = path
    if not files:
        raise DeliveryError(
            f"{directory} holds no file of the contract",
            remedy=f"Name the files {', '.join(CONTRACT)} with the ending .csv or .parquet.",
        )
    return Delivery(files={name: files[name] for name in CONTRACT if name in files}, ignored=tuple(ignored))


def digest_of(delivery: Delivery) -> str:
    """Return the SHA-256 over names and contents: the identity under which a repeat has no effect."""
    whole = hashlib.sha256()
    for path in delivery.files.values():
        with path.open("rb") as file:
            whole.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def read_blocks(path: Path, table: Table) -> Iterator[Block]:
    """Return the file's rows, block by block.

    Raises:
        DeliveryError: wrong encoding, cut off, missing or doubled column; names file, line and remedy.
    """
    return _parquet_blocks(path, table) if path.suffix == ".parquet" else _csv_blocks(path, table)


def _csv_blocks(path: Path, table: Table) -> Iterator[Block]:
    line = 2
    rest = b""
    with path.open("rb") as file:
        header = _header_of(file.readline(LINE_BYTES_LIMIT), path, table)
        offset = file.tell()
        yield _split(b"", header, path, line)
        while data := file.read(BLOCK_BYTES):
            rest += data
            end = rest.rfind(b"\n") + 1
            if end == 0:
                _refuse_endless_line(rest, path, line)
                continue
            block, rest = rest[:end], rest[end:]
            _require_utf8(block, path=path, line=line, offset=offset)
            yield _split(block, header, path, line)
            line += block.count(b"\n")
            offset += end
    if rest:
        raise DeliveryError(
            f"{path.name}, line {line}: the file ends in the middle of a line",
            remedy="Export or copy the file again. If it is whole, end its last line with a line break.",
        )


def _refuse_endless_line(rest: bytes, path: Path, line: int) -> None:
    if len(rest) > LINE_BYTES_LIMIT:
        raise DeliveryError(
            f"{path.name}, line {line}: the line is longer than {LINE_BYTES_LIMIT:,} bytes",
            remedy="Export the file again as CSV, one row a line.",
        )


def _header_of(first: bytes, path: Path, table: Table) -> list[str]:
    if not first.strip():
        raise DeliveryError(f"{path.name}, line 1: the file is empty", remedy="Export it again, with its header.")
    if not first.endswith(b"\n") and first[:2] not in _UTF16_MARKS:
        raise DeliveryError(
            f"{path.name}, line 1: the file ends in the middle of its header", remedy="Export or copy the file again."
        )
    _require_utf8(first, path=path, line=1, offset=0)
    text = first.removeprefix(_UTF8_MARK).decode()
    names = [name.strip() for name in next(csv.reader([text]))]
    _check_names(names, path, table)
    return names


def _check_names(names: list[str], path: Path, table: Table) -> None:
    for name in table.required:
        if name not in names:
            raise DeliveryError(
                f"{path.name}: the required column {name} is missing",
                remedy=f"Add the column {name}; separate columns by commas and name them in the first line.",
            )
    doubled = {name for name in names if names.count(name) > 1}
    if doubled or "" in names or "line" in names:
        culprit = min(doubled) if doubled else "line" if "line" in names else "(a column without name)"
        raise DeliveryError(
            f"{path.name}, line 1: the column {culprit} stands in the header twice or cannot be taken",
            remedy="Give each column a name of its own, other than `line`.",
        )


def _require_utf8(block: bytes, *, path: Path, line: int, offset: int) -> None:
    """Refuse bytes that are not UTF-8 text; `offset` is where the block starts in the file."""
    if block[:2] in _UTF16_MARKS or b"\0" in block:
        at = max(block.find(b"\0"), 0)
        raise DeliveryError(
            f"{path.name}, line {line + block[:at].count(b'\n')}, byte {offset + at}: not UTF-8 text, it looks like"
            " UTF-16 or binary",
            remedy=f"Export as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 {path.name}",
        )
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        raise DeliveryError(
            f"{path.name}, line {line + block[:at].count(b'\n')}, byte {offset + at}: not UTF-8 text",
            remedy=f"Export as UTF-8, or convert it: iconv -f {_likely_encoding(block)} -t UTF-8 {path.name}",
        ) from None


def _likely_encoding(block: bytes) -> str:
    for name, iconv_name in (("gb18030", "GB18030"), ("big5", "BIG5")):
        try:
            block.decode(name)
        except UnicodeDecodeError:
            continue
        return iconv_name
    return "WINDOWS-1250"


def _split(block: bytes, header: list[str], path: Path, line: int) -> Block:
    """Return the block's rows; a line with more or fewer cells than the header is a fault of its own."""
    schema = dict.fromkeys(header, pl.String())
    if not block:
        return Block(rows=pl.DataFrame(schema={"line": pl.Int64(), **schema}), faults=pl.DataFrame(schema=_FAULTS))
    lines = pl.read_csv(
        block, has_header=False, separator="\0", quote_char=None, infer_schema=False, schema={"text": pl.String()}
    ).with_row_index("line", offset=line)
    text = pl.col("text")
    if b'"' in block:
        open_quotes = lines.filter(text.str.count_matches('"', literal=True) % 2 == 1)
        if open_quotes.height:
            raise DeliveryError(
                f"{path.name}, line {open_quotes['line'][0]}: a quoted cell is not closed on its line",
                remedy="The file is cut off, or a cell holds a line break: export it whole, no line breaks in cells.",
            )
        text = text.str.replace_all(_QUOTED, "$1")
    width = text.str.count_matches(",", literal=True) + 1
    lines = lines.filter(pl.col("text").str.strip_chars() != "").with_columns(width.alias("width"))
    wrong = lines.filter(pl.col("width") != len(header))
    if wrong.height or lines.height != block.count(b"\n"):
        lines = lines.filter(pl.col("width") == len(header))
        block = ("\n".join(lines["text"].to_list()) + "\n").encode() if lines.height else b""
    rows = (
        pl.read_csv(block, has_header=False, infer_schema=False, schema=schema, truncate_ragged_lines=True)
        if block
        else pl.DataFrame(schema=schema)
    )
    if rows.height != lines.height:
        raise DeliveryError(
            f"{path.name}, after line {line}: quotes stand where CSV does not allow them",
            remedy="Put quotes around whole cells only, and double the quotes inside them.",
        )
    return Block(
        rows=rows.with_columns(lines["line"].cast(pl.Int64).alias("line")),
        faults=wrong.select(
            pl.col("line").cast(pl.Int64),
            pl.lit("").alias("column"),
            pl.lit(Fault.WRONG_WIDTH.value).alias("fault"),
            pl.col("text").alias("row"),
        ),
    )


def _parquet_blocks(path: Path, table: Table) -> Iterator[Block]:
    try:
        scan = pl.scan_parquet(path, glob=False)
        schema = scan.collect_schema()
        rows = int(scan.select(pl.len()).collect().item())
        _check_names(schema.names(), path, table)
        _refuse_float_money(schema, path, table)
        columns = [_as_text(name, dtype) for name, dtype in schema.items()]
        for start in range(0, max(rows, 1), BLOCK_ROWS):
            block = scan.slice(start, BLOCK_ROWS).select(columns).collect()
            numbered = block.with_row_index("line", offset=start + 1).with_columns(pl.col("line").cast(pl.Int64))
            yield Block(rows=numbered, faults=pl.DataFrame(schema=_FAULTS))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DeliveryError(
            f"{path.name}: not a whole Parquet file", remedy="The file is cut off or damaged: export or copy it again."
        ) from error


def _refuse_float_money(schema: pl.Schema, path: Path, table: Table) -> None:
    for column in table.columns:
        if column.kind is Kind.MONEY and column.name in schema and schema[column.name].is_float():
            raise DeliveryError(
                f"{path.name}: the column {column.name} holds money as binary floating point",
                remedy="Export it as decimal or as text: a float cannot hold every amount exactly.",
            )


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + ("%:z" if dtype.time_zone else ""))
    if dtype.is_nested():
        return pl.struct(column).struct.json_encode().alias(name)
    return column.cast(pl.String)
